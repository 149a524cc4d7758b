// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QCborValue>
#include <QString>

#include <optional>

#include "../export.h"
#include "../result.h"

namespace tagwire::isolation {

/// Rises with every change that an older side would not understand.
constexpr int protocolVersion = 1;
/// Of one frame, bytes. A configuration may be large; what a plugin says in one frame need not be.
constexpr qint64 largestToPlugin = 256 * 1024 * 1024;
constexpr qint64 largestFromPlugin = 4 * 1024 * 1024;
/// What a plugin may say in one frame.
constexpr qsizetype mostSamples = 10'000;
constexpr qsizetype mostPoints = 10'000;

/// One message: a CBOR array of its type and its body, behind four bytes of length (big-endian).
struct Message {
  QString type;
  QCborValue body;
};

TAGWIRE_EXPORT QByteArray frameOf(const char *type, const QCborValue &body = {});
/// Puts the length before what was written behind four bytes left free.
TAGWIRE_EXPORT QByteArray framed(QByteArray payloadBehindFourBytes);
TAGWIRE_EXPORT Result<Message> messageFrom(const QByteArray &payload);
/// The type alone, without reading the body. Empty when there is none.
TAGWIRE_EXPORT QByteArray typeOfPayload(const QByteArray &payload);

/// Cuts a stream of bytes into frames. Plain value; it never holds more than one frame and what was appended last.
class TAGWIRE_EXPORT FrameReader {
 public:
  explicit FrameReader(qint64 largest) : m_largest(largest) {}

  void append(const char *bytes, qsizetype count) { m_bytes.append(bytes, count); }
  /// The next frame's payload; nothing while it is not whole. An error is for good: what follows can't be told apart.
  Result<std::optional<QByteArray>> next();
  void clear();

 private:
  qint64 m_largest;
  QByteArray m_bytes;
  qsizetype m_from = 0;
};

}  // namespace tagwire::isolation
