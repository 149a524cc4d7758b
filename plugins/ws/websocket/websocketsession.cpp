// SPDX-License-Identifier: Apache-2.0
#include "websocketsession.h"

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
      m_reader(limits.messageBytes),
      m_messageRate(limits.messagesPerSecond),
      m_lastPing(clock.elapsed()),
      m_lastPong(clock.elapsed()),
      m_since(clock.now()) {}

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
  if (!m_isCongested) return;
  writeOn();
  if (m_stream->bytesToWrite() > 0) return;
  m_isCongested = false;
  m_host.sessionDrained(*this);
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
  ++m_refusedMessages;
  if (verdict == MessageRate::Verdict::GoesOn) return close(1008, QStringLiteral("too many messages"));
  m_host.textRefused(*this);
}

void WebSocketSession::takeControl(const FrameReader::Received &received) {
  if (received.kind == FrameReader::Kind::Close) {
    // The same code back (RFC 6455, 5.5.1); 1005 and 1006 never stand in a frame.
    close(received.code == 0 ? 1000 : received.code, QString());
    m_ending += QStringLiteral(" closed by the client ") + QString::fromUtf8(received.payload);
    return;
  }
  if (!m_controlRate.admit(m_clock.elapsed())) return close(1008, QStringLiteral("too many control frames"));
  if (received.kind == FrameReader::Kind::Pong) {
    m_lastPong = m_clock.elapsed();
    m_pongAt = m_clock.now();
  } else {
    queue(pongFrame(received.payload));
  }
}

void WebSocketSession::send(const Frame &frame) {
  if (!m_isOver) queue(frame.bytes());
}

void WebSocketSession::queue(const QByteArray &bytes) {
  m_waiting.append(bytes);
  m_waitingSize += bytes.size();
  if (!m_isCongested) {
    if (m_waitingSize >= bytesPerWrite) return flush();
    if (!std::exchange(m_isFlushDue, true)) m_host.flushDue(*this);
    return;
  }
  if (m_waiting.size() <= m_limits.queueMessages && (m_waitingSize <= mostWaiting || m_waiting.size() == 1)) return;
  m_counters.slowClients.add();
  close(1013, QStringLiteral("too slow: the queue is full"));
}

void WebSocketSession::flush() {
  m_isFlushDue = false;
  if (m_isOver || m_isCongested) return;
  writeOn();
  if (m_stream->bytesToWrite() == 0) return;
  m_isCongested = true;
  m_progress = 0;
  m_progressSince = m_clock.elapsed();
}

/// The oldest frames, about as much as one write should be.
QByteArray WebSocketSession::takePiece() {
  qsizetype count = 0;
  qsizetype size = 0;
  while (count < m_waiting.size() && size < bytesPerWrite) size += m_waiting[count++].size();
  m_waitingSize -= size;
  if (count == m_waiting.size()) return m_host.join(std::exchange(m_waiting, {}));
  const QList<QByteArray> frames = m_waiting.first(count);
  m_waiting.remove(0, count);
  return m_host.join(frames);
}

void WebSocketSession::writeOn() {
  while (m_stream->bytesToWrite() == 0 && !m_waiting.isEmpty()) {
    const QByteArray piece = takePiece();
    m_counters.sentBytes.add(static_cast<double>(piece.size()));
    m_stream->write(piece);
  }
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
    if (!m_isCongested) queue(pingFrame());
  }
}

void WebSocketSession::close(quint16 code, const QString &reason) {
  if (m_isOver) return;
  // A slow client gets no more; anybody else what was sent before the close.
  const bool getsAll = code != 1013 && m_waitingSize <= bytesPerWrite;
  const QByteArray before = getsAll ? m_host.join(std::exchange(m_waiting, {})) : QByteArray();
  m_stream->write(before + closeFrame(code, reason));
  end(reason.isEmpty() ? QString::number(code) : QStringLiteral("%1 %2").arg(code).arg(reason));
}

void WebSocketSession::end(const QString &why) {
  if (m_isOver) return;
  m_isOver = true;
  m_ending = why;
  m_counters.droppedMessages.add(static_cast<double>(m_waiting.size()));
  m_waiting.clear();
  m_stream->setUser(nullptr);
  // Its caller may be this session's protocol or stream, further up the stack.
  QMetaObject::invokeMethod(
      this, [this] { m_host.sessionOver(*this); }, Qt::QueuedConnection);
}

}  // namespace tagwire::ws
