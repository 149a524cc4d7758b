// SPDX-License-Identifier: Apache-2.0
#include "eventsession.h"

#include "protocols/panelframes.h"

namespace tagwire::ws {

using namespace std::chrono_literals;

namespace {

constexpr auto commentInterval = 15s;
/// What a client may send behind its request: nothing is due there.
constexpr qsizetype mostTaken = 16 * 1024;

QByteArray eventText(const QByteArray &position, const QByteArray &payload) {
  QByteArray text;
  text.reserve(position.size() + payload.size() + 16);
  if (!position.isEmpty()) text.append("id: ").append(position).append('\n');
  return text.append("data: ").append(payload).append("\n\n");
}

}  // namespace

EventSession::EventSession(quint64 id, std::unique_ptr<Stream> stream, Upgrade upgrade, const Limits &limits,
                           const Clock &clock, SessionHost &host, SessionCounters &counters)
    : OutboundSession(id, std::move(stream), std::move(upgrade), limits, clock, host, counters),
      m_lastComment(clock.elapsed()) {}

void EventSession::take(const QByteArray &bytes) {
  m_taken += bytes.size();
  if (m_taken > mostTaken) close(1008, QStringLiteral("an event stream takes no messages"));
}

void EventSession::send(const Frame &frame) {
  if (isOver()) return;
  // Behind what waits already: the end of this turn is not the end of what the client is to get.
  if (isCongested()) return queue(eventText(m_told, frame.payload()));
  m_turn.append(frame);
  m_turnSize += frame.bytes().size();
  if (m_turnSize >= bytesPerWrite) return flush();
  requestFlush();
}

void EventSession::queueTurn() {
  m_turnSize = 0;
  const QList<Frame> turn = std::exchange(m_turn, {});
  for (qsizetype i = 0; i < turn.size(); ++i) {
    if (i + 1 == turn.size()) m_told = m_reached;
    queue(eventText(m_told, turn[i].payload()));
  }
}

void EventSession::flush() {
  queueTurn();
  OutboundSession::flush();
}

void EventSession::tick() {
  OutboundSession::tick();
  const auto now = m_clock.elapsed();
  if (isOver() || now - m_lastComment < commentInterval) return;
  m_lastComment = now;
  if (isCongested()) return;
  queueTurn();
  m_told = m_reached;
  queue(m_told.isEmpty() ? QByteArray(": alive\n\n") : ": alive\nid: " + m_told + "\n\n");
}

void EventSession::close(quint16 code, const QString &reason) {
  queueTurn();
  OutboundSession::close(code, reason);
}

/// At a stop the client simply comes back, and one that is too slow would not read it.
QByteArray EventSession::farewell(quint16 code, const QString &reason) const {
  if (code == 1001 || code == 1013) return {};
  return eventText({}, panelError(reason).payload());
}

}  // namespace tagwire::ws
