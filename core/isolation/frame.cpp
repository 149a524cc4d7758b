// SPDX-License-Identifier: Apache-2.0
#include "frame.h"

#include <QCborArray>
#include <QCborStreamReader>
#include <QCborStreamWriter>
#include <QtEndian>

namespace tagwire::isolation {

namespace {
constexpr qsizetype lengthBytes = 4;
constexpr qsizetype longestType = 32;
}  // namespace

QByteArray framed(QByteArray payload) {
  qToBigEndian(static_cast<quint32>(payload.size() - lengthBytes), payload.data());
  return payload;
}

QByteArray frameOf(const char *type, const QCborValue &body) {
  QByteArray bytes(lengthBytes, '\0');
  bytes += QCborArray{QLatin1String(type), body}.toCborValue().toCbor();
  return framed(std::move(bytes));
}

Result<Message> messageFrom(const QByteArray &payload) {
  QCborParserError error;
  const QCborValue value = QCborValue::fromCbor(payload, &error);
  if (error.error != QCborError::NoError) return failure(QStringLiteral("no CBOR: %1").arg(error.errorString()));
  if (error.offset != payload.size()) return failure(QStringLiteral("more than one CBOR value in a frame"));
  const QCborArray parts = value.toArray();
  if (parts.isEmpty() || !parts.at(0).isString()) return failure(QStringLiteral("no [type, body]"));
  return Message{parts.at(0).toString(), parts.at(1)};
}

QByteArray typeOfPayload(const QByteArray &payload) {
  QCborStreamReader reader(payload);
  if (!reader.isArray() || !reader.enterContainer() || !reader.isString()) return {};
  if (!reader.isLengthKnown() || reader.length() > static_cast<quint64>(longestType)) return {};
  const auto text = reader.readString();
  return text.status == QCborStreamReader::Ok ? text.data.toLatin1() : QByteArray();
}

Result<std::optional<QByteArray>> FrameReader::next() {
  const qsizetype held = m_bytes.size() - m_from;
  if (held < lengthBytes) return std::optional<QByteArray>();
  const qint64 length = qFromBigEndian<quint32>(m_bytes.constData() + m_from);
  if (length > m_largest) {
    return failure(QStringLiteral("a frame of %1 bytes (allowed: %2)").arg(length).arg(m_largest));
  }
  if (held - lengthBytes < length) return std::optional<QByteArray>();
  const QByteArray payload = m_bytes.mid(m_from + lengthBytes, static_cast<qsizetype>(length));
  m_from += lengthBytes + static_cast<qsizetype>(length);
  // What is behind us goes when it is more than what is before us: each byte is moved once at most.
  if (m_from >= m_bytes.size() - m_from) {
    m_bytes.remove(0, m_from);
    m_from = 0;
  }
  return std::optional<QByteArray>(payload);
}

void FrameReader::clear() {
  m_bytes.clear();
  m_from = 0;
}

}  // namespace tagwire::isolation
