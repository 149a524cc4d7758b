// SPDX-License-Identifier: Apache-2.0
#include "mbap.h"

#include <QtEndian>

namespace tagwire::modbus {
namespace {

constexpr qsizetype prefixBytes = 6;  // transaction, protocol, length

quint16 wordAt(const QByteArray &bytes, qsizetype at) { return qFromBigEndian<quint16>(bytes.constData() + at); }

}  // namespace

QByteArray encodeFrame(const MbapFrame &frame) {
  QByteArray bytes(prefixBytes + 1, '\0');
  qToBigEndian(frame.transaction, bytes.data());
  qToBigEndian(static_cast<quint16>(frame.pdu.size() + 1), bytes.data() + 4);
  bytes[6] = static_cast<char>(frame.unit);
  return bytes + frame.pdu;
}

std::optional<MbapFrame> MbapDecoder::next() {
  if (!m_error.isEmpty() || m_bytes.size() < prefixBytes) return std::nullopt;
  const quint16 protocol = wordAt(m_bytes, 2);
  const quint16 length = wordAt(m_bytes, 4);
  if (protocol != 0) {
    m_error = QStringLiteral("protocol id %1 in the header (due: 0)").arg(protocol);
  } else if (length < 2 || length > 254) {
    m_error = QStringLiteral("length %1 in the header (allowed: 2 to 254)").arg(length);
  }
  if (!m_error.isEmpty()) {
    m_bytes.clear();
    return std::nullopt;
  }
  if (m_bytes.size() < prefixBytes + length) return std::nullopt;
  MbapFrame frame{wordAt(m_bytes, 0), static_cast<quint8>(m_bytes[6]), m_bytes.mid(7, length - 1)};
  m_bytes.remove(0, prefixBytes + length);
  return frame;
}

}  // namespace tagwire::modbus
