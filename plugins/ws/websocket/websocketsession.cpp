// SPDX-License-Identifier: Apache-2.0
#include "websocketsession.h"

#include "listenaddress.h"
#include "websocket/handshake.h"

namespace tagwire::ws {

WebSocketSession::WebSocketSession(quint64 id, std::unique_ptr<Stream> stream, Upgrade upgrade, const Limits &limits,
                                   const Clock &clock, SessionHost &host, SessionCounters &counters)
    : m_id(id),
      m_stream(std::move(stream)),
      m_upgrade(std::move(upgrade)),
      m_limits(limits),
      m_clock(clock),
      m_host(host),
      m_counters(counters),
      m_peer(addressText(m_stream->peerAddress(), m_stream->peerPort())),
      m_reader(limits.messageBytes),
      m_messageRate(limits.messagesPerSecond),
      m_lastPing(clock.elapsed()),
      m_lastPong(clock.elapsed()) {}

WebSocketSession::~WebSocketSession() {
  if (m_stream) m_stream->setUser(nullptr);
}

void WebSocketSession::begin(const QByteArray &rest) {
  if (m_isOver) return;
  m_stream->setUser(this);
  m_stream->setReading(true);
  if (!rest.isEmpty()) take(rest);
}

void WebSocketSession::streamReadable() { take(m_stream->read()); }

void WebSocketSession::streamTook(qint64 bytes) {
  m_progress += bytes;
  if (m_isCongested) writeOn();
}

void WebSocketSession::streamEnded() { end(QStringLiteral("the client left")); }

void WebSocketSession::take(const QByteArray &bytes) {
  for (const FrameReader::Received &received : m_reader.feed(bytes)) {
    if (m_isOver) return;
    if (received.kind == FrameReader::Kind::Text) {
      takeText(received.payload);
    } else {
      takeControl(received);
    }
  }
  if (!m_isOver && m_reader.failure()) {
    close(m_reader.failure()->code, QString::fromLatin1(m_reader.failure()->reason));
  }
}

void WebSocketSession::takeText(const QByteArray &text) {
  m_counters.receivedMessages.add();
  const MessageRate::Verdict verdict = m_messageRate.judge(m_clock.elapsed());
  if (verdict == MessageRate::Verdict::Admitted) return m_host.textArrived(*this, text);
  m_counters.refusedMessages.add();
  if (verdict == MessageRate::Verdict::GoesOn) return close(1008, QStringLiteral("too many messages"));
  m_host.textRefused(*this);
}

void WebSocketSession::takeControl(const FrameReader::Received &received) {
  if (received.kind == FrameReader::Kind::Close) {
    // The same code back (RFC 6455, 5.5.1); 1005 and 1006 never stand in a frame.
    return close(received.code == 0 ? 1000 : received.code, QString());
  }
  if (!m_controlRate.admit(m_clock.elapsed())) return close(1008, QStringLiteral("too many control frames"));
  if (received.kind == FrameReader::Kind::Pong) {
    m_lastPong = m_clock.elapsed();
  } else {
    gather(pongFrame(received.payload));
  }
}

void WebSocketSession::send(const Frame &frame) {
  if (!m_isOver) gather(frame.bytes());
}

void WebSocketSession::gather(const QByteArray &bytes) {
  if (m_isCongested) return wait(bytes);
  m_gathered += bytes;
  if (m_gathered.size() >= bytesPerWrite) return flush();
  if (!std::exchange(m_isFlushDue, true)) m_host.flushDue(*this);
}

void WebSocketSession::wait(const QByteArray &bytes) {
  m_waiting.push_back(bytes);
  m_waitingSize += bytes.size();
  if (m_waiting.size() <= m_limits.queueMessages && (m_waitingSize <= waitingBytes || m_waiting.size() == 1)) return;
  m_counters.slowClients.add();
  close(1013, QStringLiteral("too slow: the queue is full"));
}

void WebSocketSession::flush() {
  m_isFlushDue = false;
  if (m_isOver || m_gathered.isEmpty()) return;
  m_counters.sentBytes.add(static_cast<double>(m_gathered.size()));
  m_stream->write(std::exchange(m_gathered, {}));
  if (m_isCongested || m_stream->bytesToWrite() == 0) return;
  m_isCongested = true;
  m_progress = 0;
  m_progressSince = m_clock.elapsed();
}

/// When the peer took all that the stream held: on with what waits, and then the protocol may send again.
void WebSocketSession::writeOn() {
  while (m_stream->bytesToWrite() == 0 && !m_waiting.isEmpty()) {
    QByteArray next;
    while (!m_waiting.isEmpty() && next.size() < bytesPerWrite) {
      m_waitingSize -= m_waiting.front().size();
      next += m_waiting.takeFirst();
    }
    m_counters.sentBytes.add(static_cast<double>(next.size()));
    m_stream->write(next);
  }
  if (m_stream->bytesToWrite() > 0) return;
  m_isCongested = false;
  m_host.sessionDrained(*this);
}

void WebSocketSession::tick() {
  if (m_isOver) return;
  const auto now = m_clock.elapsed();
  if (m_isCongested && now - m_progressSince >= m_limits.writeTimeout) {
    if (m_progress < leastProgress) {
      m_counters.slowClients.add();
      return close(1013, QStringLiteral("too slow: nothing was read in time"));
    }
    m_progress = 0;
    m_progressSince = now;
  }
  if (now - m_lastPong >= m_limits.pongTimeout) return close(1008, QStringLiteral("no PONG in time"));
  if (now - m_lastPing >= m_limits.pingInterval) {
    m_lastPing = now;
    // Behind a full queue a PING proves nothing; the write time-out judges this client.
    if (!m_isCongested) gather(pingFrame());
  }
}

void WebSocketSession::close(quint16 code, const QString &reason) {
  if (m_isOver) return;
  // A slow client gets no more; anybody else what was sent before the close.
  if (code != 1013 && m_waitingSize <= bytesPerWrite) {
    for (const QByteArray &bytes : std::exchange(m_waiting, {})) m_gathered += bytes;
  }
  m_gathered += closeFrame(code, reason);
  end(reason.isEmpty() ? QString::number(code) : QStringLiteral("%1 %2").arg(code).arg(reason));
}

void WebSocketSession::end(const QString &why) {
  if (m_isOver) return;
  m_isOver = true;
  m_ending = why;
  m_counters.droppedMessages.add(static_cast<double>(m_waiting.size()));
  m_waiting.clear();
  m_stream->setUser(nullptr);
  if (!m_gathered.isEmpty()) m_stream->write(std::exchange(m_gathered, {}));
  // Its caller may be this session's protocol or stream, further up the stack.
  QMetaObject::invokeMethod(
      this, [this] { m_host.sessionOver(*this); }, Qt::QueuedConnection);
}

}  // namespace tagwire::ws
