// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QIODevice>

#include "mbap.h"
#include "modbusserver.h"
#include "sharedlinedecoder.h"

namespace tagwire::modbus {

/// One client, or one serial line: bytes in, answers out, one request after the other. While a client's request waits
/// for its answer or his answers pile up, nothing more is read of him. Thread-bound; owned by the ModbusServer.
class ServerLink : public QObject {
 public:
  /// Of a client's bytes that are not read yet, and of answers that he does not take.
  static constexpr qint64 mostBuffered = 65'536;

  ServerLink(ModbusServer &server, std::unique_ptr<QIODevice> device, const Endpoint &endpoint, const QString &peer);

  const QString &peer() const { return m_peer; }
  /// Half a frame, or answers that nobody takes, for this long.
  bool isStuck(std::chrono::milliseconds limit) const;
  std::chrono::milliseconds silentFor() const { return std::chrono::milliseconds(m_heard.elapsed()); }
  /// Serves what has come, as far as that goes now.
  void work();
  /// Nothing is read or answered any more.
  void end();

 private:
  bool isHeldUp() const;
  bool workOne();
  void armSilence();
  void fellSilent();
  void serve(const Frame &frame);
  void send(const Frame &request, const QByteArray &pdu);

  ModbusServer &m_server;
  std::unique_ptr<QIODevice> m_device;
  bool m_isLine;
  QString m_peer;
  MbapDecoder m_tcp;
  SharedLineDecoder m_line;
  FrameDecoder &m_decoder;
  QTimer m_silence;
  std::chrono::milliseconds m_gap{0};    ///< silence on the line that ends a frame
  std::chrono::milliseconds m_slack{0};  ///< what adapters and networks may add to it
  bool m_isWorking = false;
  bool m_isWaiting = false;
  bool m_isOver = false;
  quint64 m_turn = 0;  ///< of the request that waits for its answer
  QElapsedTimer m_heard;
  QElapsedTimer m_frameBegan;
  QElapsedTimer m_taken;
};

}  // namespace tagwire::modbus
