// SPDX-License-Identifier: Apache-2.0
#include "websocketsession.h"

#include "websocket/handshake.h"

namespace tagwire::ws {

WebSocketSession::WebSocketSession(quint64 id, std::unique_ptr<Stream> stream, Upgrade upgrade, const Limits &limits,
                                   const Clock &clock, SessionHost &host, SessionCounters &counters)
    : OutboundSession(id, std::move(stream), std::move(upgrade), limits, clock, host, counters),
      m_reader(limits.messageBytes, limits.takesBinary ? FrameReader::Binary::Taken : FrameReader::Binary::Refused,
               limits.fragments),
      m_messageRate(limits.messagesPerSecond),
      m_controlRate(limits.controlFramesPerSecond),
      m_lastPing(clock.elapsed()),
      m_lastPong(clock.elapsed()),
      m_silentSince(clock.elapsed()) {}

void WebSocketSession::take(const QByteArray &bytes) {
  const quint64 before = m_reader.messages();
  const bool wasAtRest = m_reader.isAtRest();
  const QList<FrameReader::Received> all = m_reader.feed(bytes);
  if (wasAtRest || m_reader.messages() != before) m_messageBegan = m_clock.elapsed();
  for (const FrameReader::Received &received : all) {
    if (isOver()) return;
    if (received.kind == FrameReader::Kind::Text || received.kind == FrameReader::Kind::Binary) {
      takeMessage(received);
    } else {
      takeControl(received);
    }
  }
  if (!isOver() && m_reader.failure()) {
    close(m_reader.failure()->code, QString::fromLatin1(m_reader.failure()->reason));
  }
}

void WebSocketSession::takeMessage(const FrameReader::Received &received) {
  m_counters.receivedMessages.add();
  const MessageRate::Verdict verdict = m_messageRate.judge(m_clock.elapsed());
  if (verdict == MessageRate::Verdict::Admitted) {
    const bool isText = received.kind == FrameReader::Kind::Text;
    return isText ? m_host.textArrived(*this, received.payload) : m_host.binaryArrived(*this, received.payload);
  }
  m_counters.refusedMessages.add();
  ++m_refusedMessages;
  if (verdict == MessageRate::Verdict::GoesOn) return close(1008, QStringLiteral("too many messages"));
  m_host.textRefused(*this);
}

void WebSocketSession::takeControl(const FrameReader::Received &received) {
  if (received.kind == FrameReader::Kind::Close) {
    // The same code back (RFC 6455, 5.5.1); 1005 and 1006 never stand in a frame.
    close(received.code == 0 ? 1000 : received.code, QString());
    addToEnding(QStringLiteral(" closed by the client ") + QString::fromUtf8(received.payload));
    return;
  }
  if (!m_controlRate.admit(m_clock.elapsed())) return close(1008, QStringLiteral("too many control frames"));
  if (received.kind == FrameReader::Kind::Pong) {
    m_lastPong = m_silentSince = m_clock.elapsed();
    m_pongAt = m_clock.now();
  } else {
    queue(pongFrame(received.payload));
  }
}

void WebSocketSession::send(const Frame &frame) { queue(frame.bytes()); }

void WebSocketSession::tick() {
  OutboundSession::tick();
  if (isOver()) return;
  const auto now = m_clock.elapsed();
  // Of a congested client nothing is read, neither its PONGs nor the rest of a message: the write time-out judges it.
  if (isCongested()) m_silentSince = m_messageBegan = now;
  if (!m_reader.isAtRest() && now - m_messageBegan >= m_limits.messageTimeout) {
    return close(1008, QStringLiteral("a message was not whole in time"));
  }
  if (now - m_silentSince >= m_limits.pongTimeout) return close(1008, QStringLiteral("no PONG in time"));
  if (now - m_lastPing < m_limits.pingInterval) return;
  m_lastPing = now;
  // Behind a full queue a PING proves nothing; the write time-out judges this client.
  if (!isCongested()) queue(pingFrame());
}

QByteArray WebSocketSession::farewell(quint16 code, const QString &reason) const { return closeFrame(code, reason); }

}  // namespace tagwire::ws
