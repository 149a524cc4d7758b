// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "websocket/outboundsession.h"

namespace tagwire::ws {

/// One stream of Server-Sent Events (R5-13): the frames of a WebSocket in `data:`. An event carries the position up to
/// which nothing is missing before it, so that whoever comes back with it misses nothing; the last one of a turn has
/// the turn's own. Thread-bound; owned by the gateway.
class EventSession : public OutboundSession {
  Q_OBJECT
 public:
  EventSession(quint64 id, std::unique_ptr<Stream> stream, Upgrade upgrade, const Limits &limits, const Clock &clock,
               SessionHost &host, SessionCounters &counters);

  /// A comment every 15 s too.
  void tick() override;
  void flush() override;
  void send(const Frame &frame) override;
  void reached(const QByteArray &position) override { m_reached = position; }
  void close(quint16 code, const QString &reason) override;

 private:
  void take(const QByteArray &bytes) override;
  QByteArray farewell(quint16 code, const QString &reason) const override;
  void queueTurn();

  QList<Frame> m_turn;  ///< while not congested: which one is the last is known at the turn's end
  qsizetype m_turnSize = 0;
  qsizetype m_taken = 0;
  QByteArray m_reached;
  QByteArray m_told;  ///< the position that the client has
  std::chrono::nanoseconds m_lastComment;
};

}  // namespace tagwire::ws
