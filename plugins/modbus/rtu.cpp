// SPDX-License-Identifier: Apache-2.0
#include "rtu.h"

#include <array>

namespace tagwire::modbus {
namespace {

constexpr qsizetype shortestBytes = 4;  // unit, function, CRC

constexpr std::array<quint16, 256> crcTable = [] {
  std::array<quint16, 256> table{};
  for (quint16 i = 0; i < 256; ++i) {
    quint16 crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = static_cast<quint16>((crc & 1) != 0 ? (crc >> 1) ^ 0xA001 : crc >> 1);
    table[i] = crc;
  }
  return table;
}();

/// Bytes of a frame; 0 when more has to come before that is known, -1 when its function has no known length.
constexpr int notYet = 0;
constexpr int unknown = -1;

/// `fixed` bytes and as many as byte `at` says.
int counted(const QByteArray &bytes, int at, int fixed) {
  return bytes.size() > at ? fixed + byteAt(bytes, at) : notYet;
}

/// Read device identification (MODBUS Application Protocol V1.1b3, 6.21): a list of objects, each with its length.
int identificationBytes(const QByteArray &bytes) {
  constexpr int objectsAt = 8;
  if (bytes.size() > 2 && byteAt(bytes, 2) != 14) return unknown;
  if (bytes.size() < objectsAt) return notYet;
  qsizetype end = objectsAt;
  for (int i = 0; i < byteAt(bytes, objectsAt - 1); ++i) {
    if (bytes.size() < end + 2) return notYet;
    end += 2 + byteAt(bytes, end + 1);
    if (end > maxRtuBytes) return static_cast<int>(end);
  }
  return static_cast<int>(end) + 2;
}

int answerBytes(const QByteArray &bytes) {
  const int function = byteAt(bytes, 1);
  if ((function & 0x80) != 0) return 5;
  switch (function) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 23:
      return counted(bytes, 2, 5);
    case 5:
    case 6:
    case 15:
    case 16:
      return 8;
    case 22:
      return 10;
    case 43:
      return identificationBytes(bytes);
    default:
      return unknown;
  }
}

int requestBytes(const QByteArray &bytes) {
  switch (byteAt(bytes, 1)) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
      return 8;
    case 15:
    case 16:
      return counted(bytes, 6, 9);
    case 22:
      return 10;
    case 23:
      return counted(bytes, 10, 13);
    case 43:
      return 7;
    default:
      return unknown;
  }
}

bool hasRightCrc(const QByteArray &bytes, qsizetype count) {
  const int told = byteAt(bytes, count - 2) | (byteAt(bytes, count - 1) << 8);
  return crc16(bytes.constData(), count - 2) == told;
}

Frame frameOf(const QByteArray &bytes, qsizetype count) {
  return {0, static_cast<quint8>(bytes[0]), bytes.mid(1, count - 3)};
}

}  // namespace

quint16 crc16(const char *bytes, qsizetype count) {
  quint16 crc = 0xFFFF;
  for (qsizetype i = 0; i < count; ++i) {
    crc = static_cast<quint16>((crc >> 8) ^ crcTable[(crc ^ static_cast<quint8>(bytes[i])) & 0xFF]);
  }
  return crc;
}

QByteArray encodeRtu(const Frame &frame) {
  QByteArray bytes(1, static_cast<char>(frame.unit));
  bytes += frame.pdu;
  const quint16 crc = crc16(bytes.constData(), bytes.size());
  return bytes.append(static_cast<char>(crc & 0xFF)).append(static_cast<char>(crc >> 8));
}

std::optional<Frame> RtuDecoder::next() {
  if (!m_error.isEmpty() || m_bytes.size() < 2) return std::nullopt;
  const int due = m_reads == Reads::Answers ? answerBytes(m_bytes) : requestBytes(m_bytes);
  if (due > maxRtuBytes) return fail(QStringLiteral("a frame of %1 bytes (allowed: up to 256)").arg(due));
  if (due == unknown && m_reads == Reads::Answers) {
    return fail(QStringLiteral("function %1 in an answer, which nobody asked for").arg(byteAt(m_bytes, 1)));
  }
  if (due == unknown && m_bytes.size() > maxRtuBytes) return fail(QStringLiteral("no frame in 256 bytes"));
  if (due <= 0 || m_bytes.size() < due) return std::nullopt;
  if (!hasRightCrc(m_bytes, due)) return fail(QStringLiteral("wrong CRC"));
  const Frame frame = frameOf(m_bytes, due);
  m_bytes.remove(0, due);
  return frame;
}

std::optional<Frame> RtuDecoder::atSilence() {
  std::optional<Frame> frame;
  const bool fits = m_bytes.size() >= shortestBytes && m_bytes.size() <= maxRtuBytes;
  if (m_error.isEmpty() && fits && hasRightCrc(m_bytes, m_bytes.size())) frame = frameOf(m_bytes, m_bytes.size());
  clear();
  return frame;
}

}  // namespace tagwire::modbus
