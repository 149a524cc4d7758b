// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QString>
#include <QtEndian>

#include <optional>

namespace tagwire::modbus {

inline int byteAt(const QByteArray &bytes, qsizetype at) { return static_cast<quint8>(bytes[at]); }
inline quint16 bigEndianAt(const QByteArray &bytes, qsizetype at) {
  return qFromBigEndian<quint16>(bytes.constData() + at);
}

/// One request or answer, without what its transport adds.
struct Frame {
  quint16 transaction = 0;  ///< Modbus TCP only
  quint8 unit = 0;
  QByteArray pdu;  ///< function code and what belongs to it, 1 to 253 bytes
};

/// Frames out of a stream of bytes, however they are cut: a pure state machine without I/O or clock. After an error
/// nothing more comes until clear(). Keeps no more than was added and less than one frame of what is left over.
class FrameDecoder {
 public:
  virtual ~FrameDecoder() = default;

  void add(const QByteArray &bytes) { m_bytes += bytes; }
  /// The next whole frame; none when bytes are still missing or the stream is broken.
  virtual std::optional<Frame> next() = 0;
  /// What is wrong with the stream; empty while all is well.
  const QString &error() const { return m_error; }
  /// Bytes that no frame was made of so far.
  qsizetype pending() const { return m_bytes.size(); }
  /// Forgets bytes and error.
  void clear() {
    m_bytes.clear();
    m_error.clear();
  }

 protected:
  std::nullopt_t fail(const QString &error) {
    m_bytes.clear();
    m_error = error;
    return std::nullopt;
  }

  QByteArray m_bytes;
  QString m_error;
};

}  // namespace tagwire::modbus
