// SPDX-License-Identifier: Apache-2.0
#include "mbap.h"

#include <QtEndian>

namespace tagwire::modbus {
namespace {

constexpr qsizetype prefixBytes = 6;  // transaction, protocol, length

}  // namespace

QByteArray encodeMbap(const Frame &frame) {
  QByteArray bytes(prefixBytes + 1, '\0');
  bytes.reserve(prefixBytes + 1 + frame.pdu.size());
  qToBigEndian(frame.transaction, bytes.data());
  qToBigEndian(static_cast<quint16>(frame.pdu.size() + 1), bytes.data() + 4);
  bytes[6] = static_cast<char>(frame.unit);
  return bytes += frame.pdu;
}

std::optional<Frame> MbapDecoder::next() {
  if (!m_error.isEmpty() || m_bytes.size() < prefixBytes) return std::nullopt;
  const quint16 protocol = bigEndianAt(m_bytes, 2);
  const quint16 length = bigEndianAt(m_bytes, 4);
  if (protocol != 0) return fail(QStringLiteral("protocol id %1 in the header (due: 0)").arg(protocol));
  if (length < 2 || length > 254) {
    return fail(QStringLiteral("length %1 in the header (allowed: 2 to 254)").arg(length));
  }
  if (m_bytes.size() < prefixBytes + length) return std::nullopt;
  Frame frame{bigEndianAt(m_bytes, 0), static_cast<quint8>(m_bytes[6]), m_bytes.mid(7, length - 1)};
  m_bytes.remove(0, prefixBytes + length);
  return frame;
}

}  // namespace tagwire::modbus
