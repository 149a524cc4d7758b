// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "websocket/framereader.h"
#include "websocket/outboundsession.h"
#include "websocket/rates.h"

namespace tagwire::ws {

/// One WebSocket on its stream. Thread-bound; owned by the gateway.
class WebSocketSession : public OutboundSession {
  Q_OBJECT
 public:
  WebSocketSession(quint64 id, std::unique_ptr<Stream> stream, Upgrade upgrade, const Limits &limits,
                   const Clock &clock, SessionHost &host, SessionCounters &counters);

  /// PING too.
  void tick() override;
  std::optional<Time> pongAt() const override { return m_pongAt; }
  quint64 refusedMessages() const override { return m_refusedMessages; }
  void send(const Frame &frame) override;
  std::chrono::nanoseconds answeredAt() const override { return m_lastPong; }

 private:
  void take(const QByteArray &bytes) override;
  QByteArray farewell(quint16 code, const QString &reason) const override;
  void takeMessage(const FrameReader::Received &received);
  void takeControl(const FrameReader::Received &received);

  FrameReader m_reader;
  MessageRate m_messageRate;
  ControlRate m_controlRate;
  std::chrono::nanoseconds m_messageBegan{0};  ///< of the one under way
  std::chrono::nanoseconds m_lastPing;
  std::chrono::nanoseconds m_lastPong;
  std::chrono::nanoseconds m_silentSince;
  std::optional<Time> m_pongAt;
  quint64 m_refusedMessages = 0;
};

}  // namespace tagwire::ws
