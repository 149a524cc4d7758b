// SPDX-License-Identifier: Apache-2.0
// The framing of Modbus TCP (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3): transaction, protocol (0)
// and length as big-endian 16-bit words, the unit id, then the PDU.
#pragma once

#include <QByteArray>
#include <QString>

#include <optional>

namespace tagwire::modbus {

struct MbapFrame {
  quint16 transaction = 0;
  quint8 unit = 0;
  QByteArray pdu;  ///< function code and what belongs to it, 1 to 253 bytes
};

QByteArray encodeFrame(const MbapFrame &frame);

/// Frames out of a stream of bytes, however they are cut. After an error nothing more comes: where the next frame
/// begins is then unknown, so the connection has to go. Plain value; keeps less than one frame of 260 bytes.
class MbapDecoder {
 public:
  void add(const QByteArray &bytes) { m_bytes += bytes; }
  /// The next whole frame; none when bytes are still missing or the stream is broken.
  std::optional<MbapFrame> next();
  /// What is wrong with the stream; empty while all is well.
  const QString &error() const { return m_error; }
  /// Bytes that no frame was made of so far.
  qsizetype pending() const { return m_bytes.size(); }

 private:
  QByteArray m_bytes;
  QString m_error;
};

}  // namespace tagwire::modbus
