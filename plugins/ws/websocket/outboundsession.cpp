// SPDX-License-Identifier: Apache-2.0
#include "outboundsession.h"

namespace tagwire::ws {

/// A client chooses the code of its own close, which is answered with the same: of these only some have a name.
void CloseCounter::add(quint16 code) {
  const bool isNamed = code < 1016 || code == 4401 || code == 4403 || code == 4408 || code == 4409;
  Metrics::Labels labels = m_labels;
  labels["code"] = isNamed ? std::to_string(code) : "other";
  m_metrics.counter("tagwire_ws_closed_total", "Sessions that we ended, by the code of our close", labels).add();
}

OutboundSession::OutboundSession(quint64 id, std::unique_ptr<Stream> stream, Upgrade upgrade, const Limits &limits,
                                 const Clock &clock, SessionHost &host, SessionCounters &counters)
    : m_limits(limits),
      m_clock(clock),
      m_host(host),
      m_counters(counters),
      m_id(id),
      m_since(clock.now()),
      m_stream(std::move(stream)),
      m_upgrade(std::move(upgrade)) {}

OutboundSession::~OutboundSession() {
  if (m_stream) m_stream->setUser(nullptr);
}

void OutboundSession::begin(const QByteArray &rest) {
  if (m_isOver) return;
  m_stream->setUser(this);
  m_stream->setReading(true);
  if (!rest.isEmpty()) take(rest);
}

/// Who asks faster than it takes the answers has to wait.
void OutboundSession::streamReadable() {
  if (!m_isCongested) return take(m_stream->read());
  m_isHeldBack = true;
  m_stream->setReading(false);
}

void OutboundSession::streamTook(qint64 bytes) {
  m_progress += bytes;
  if (!m_isCongested) return;
  writeOn();
  if (m_stream->bytesToWrite() > 0) return;
  m_isCongested = false;
  if (std::exchange(m_isHeldBack, false)) {
    m_stream->setReading(true);
    streamReadable();  // first what it has to say: what is due to it may congest it again at once
  }
  if (!m_isOver) m_host.sessionDrained(*this);
}

void OutboundSession::streamEnded() { end(QStringLiteral("the client left")); }

void OutboundSession::requestFlush() {
  if (!std::exchange(m_isFlushDue, true)) m_host.flushDue(*this);
}

void OutboundSession::queue(const QByteArray &bytes) {
  if (m_isOver) return;
  m_waiting.append(bytes);
  m_waitingSize += bytes.size();
  if (!m_isCongested) return m_waitingSize >= bytesPerWrite ? flush() : requestFlush();
  const bool isOverfull = m_waiting.size() > m_limits.queueMessages;
  const bool isTooMuch = m_waitingSize > mostWaiting && m_waiting.size() > 1;
  if (isOverfull && !m_overfullSince) m_overfullSince = m_clock.elapsed();
  if (!isTooMuch && (!isOverfull || m_limits.mayOverfillForATime)) return;
  m_counters.slowClients.add();
  close(1013, QStringLiteral("too slow: the queue is full"));
}

void OutboundSession::flush() {
  m_isFlushDue = false;
  if (m_isOver || m_isCongested) return;
  writeOn();
  if (m_stream->bytesToWrite() == 0) return;
  m_isCongested = true;
  m_progress = 0;
  m_progressSince = m_clock.elapsed();
}

/// The oldest frames, about as much as one write should be.
QByteArray OutboundSession::takePiece() {
  qsizetype count = 0;
  qsizetype size = 0;
  while (count < m_waiting.size() && size < bytesPerWrite) size += m_waiting[count++].size();
  m_waitingSize -= size;
  m_counters.sentMessages.add(static_cast<double>(count));
  if (m_waiting.size() - count <= m_limits.queueMessages) m_overfullSince.reset();
  if (count == m_waiting.size() && m_waiting.capacity() <= keptCapacity) {
    const QByteArray piece = m_host.join(m_waiting);
    m_waiting.clear();  // but not its room: the next turn is likely to bring as many
    return piece;
  }
  if (count == m_waiting.size()) return m_host.join(std::exchange(m_waiting, {}));
  const QList<QByteArray> frames = m_waiting.first(count);
  m_waiting.remove(0, count);
  return m_host.join(frames);
}

void OutboundSession::writeOn() {
  while (m_stream->bytesToWrite() == 0 && !m_waiting.isEmpty()) {
    const QByteArray piece = takePiece();
    m_counters.sentBytes.add(static_cast<double>(piece.size()));
    m_stream->write(piece);
  }
}

void OutboundSession::tick() {
  if (m_isOver || !m_isCongested) return;
  const auto now = m_clock.elapsed();
  if (m_overfullSince && now - *m_overfullSince >= m_limits.writeTimeout) {
    m_counters.slowClients.add();
    return close(1013, QStringLiteral("too slow: the queue is full"));
  }
  if (now - m_progressSince < m_limits.writeTimeout) return;
  if (m_progress < leastProgress) {
    m_counters.slowClients.add();
    return close(1013, QStringLiteral("too slow: nothing was read in time"));
  }
  m_progress = 0;
  m_progressSince = now;
}

void OutboundSession::close(quint16 code, const QString &reason) {
  if (m_isOver) return;
  // A slow client gets no more; anybody else what was sent before the close.
  m_counters.closed.add(code);
  const bool getsAll = code != 1013 && m_waitingSize <= bytesPerWrite;
  const QByteArray before = getsAll ? m_host.join(std::exchange(m_waiting, {})) : QByteArray();
  m_stream->write(before + farewell(code, reason));
  end(reason.isEmpty() ? QString::number(code) : QStringLiteral("%1 %2").arg(code).arg(reason));
}

void OutboundSession::end(const QString &why) {
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
