// SPDX-License-Identifier: Apache-2.0
#include "alarmplayback.h"

#include <algorithm>

#include "plugin.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

Result<std::optional<Time>> messageTime(const QJsonObject &message, const char *key) {
  const QJsonValue value = message.value(QLatin1String(key));
  if (value.isUndefined() || value.isNull()) return std::optional<Time>();
  const auto time = historyTime(value.toString(), key);
  if (!time) return failure(time.error());
  return std::optional(*time);
}

}  // namespace

Result<AlarmPlayback::Wish> AlarmPlayback::Wish::fromJson(const QJsonObject &message, Time now) {
  const auto from = messageTime(message, "from");
  if (!from) return failure(from.error());
  if (!*from) return failure(QStringLiteral("from is missing (allowed: a time such as 2026-01-31T22:00:00Z)"));
  const auto to = messageTime(message, "to");
  if (!to) return failure(to.error());
  Wish wish{**from, to->value_or(now), 1};
  if (wish.from >= wish.to) return failure(QStringLiteral("from must be before to"));
  const QJsonValue speed = message.value(QLatin1String("speed"));
  if (speed.isUndefined() || speed.isNull()) return wish;
  wish.speed = speed.toDouble();
  if (speed.isDouble() && wish.speed >= slowest && wish.speed <= fastest) return wish;
  return failure(QStringLiteral("speed is wrong (allowed: %1 to %2)").arg(slowest).arg(fastest));
}

AlarmPlayback::AlarmPlayback(PluginContext &context, const Wish &wish, Session &session, int queue,
                             std::function<bool(const Event &)> admits)
    : m_context(context),
      m_session(session),
      m_admits(std::move(admits)),
      m_speed(wish.speed),
      m_mostPerTurn(std::clamp(queue / 2, 1, 64)),
      m_shownTime(wish.from),
      m_shownDue(context.clock().elapsed()),
      m_self(std::make_shared<AlarmPlayback *>(this)) {
  m_query.from = wish.from;
  m_query.to = wish.to;
  m_query.limit = pageSize;
  m_timer.setSingleShot(true);
  m_timer.setTimerType(Qt::PreciseTimer);
  QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { goOn(); });
}

void AlarmPlayback::ask() {
  if (m_isAsking || m_hasAll || m_waiting.size() >= pageSize) return;
  m_isAsking = true;
  askHistory(m_context, m_query, m_cursor, [self = std::weak_ptr(m_self)](const auto &page) {
    if (const auto playback = self.lock()) (*playback)->took(page);
  });
}

void AlarmPlayback::took(const tl::expected<AlarmHistoryPage, Refusal> &page) {
  m_isAsking = false;
  if (m_isOver) return;
  if (!page) return end(false, page.error().text);
  m_waiting += page->events;
  m_cursor = page->next;
  m_hasAll = page->isLast;
  goOn();
}

std::chrono::nanoseconds AlarmPlayback::dueOf(const Event &event) const {
  const std::chrono::duration<double, std::nano> apart = event.time - m_shownTime;
  // A clock that was set back made an event earlier than the one before it.
  const double wait = std::clamp(apart.count() / m_speed, 0.0, double(std::chrono::nanoseconds(longestWait).count()));
  return m_shownDue + std::chrono::nanoseconds(static_cast<qint64>(wait));
}

void AlarmPlayback::goOn() {
  if (m_isOver) return;
  for (int sent = 0; !m_waiting.isEmpty();) {
    if (m_session.isCongested()) return;  // drained() goes on
    if (!m_admits(m_waiting.first())) {
      m_waiting.removeFirst();
      continue;
    }
    const auto due = dueOf(m_waiting.first());
    const auto elapsed = m_context.clock().elapsed();
    if (due > elapsed) {
      wait(due - elapsed);
      break;
    }
    if (sent++ == m_mostPerTurn) return wait(std::chrono::nanoseconds(0));
    const Event event = m_waiting.takeFirst();
    m_shownTime = event.time;
    m_shownDue = due;
    show(event);
    if (m_isOver) return;
  }
  if (m_waiting.isEmpty() && m_hasAll) return end(false, {});
  ask();
}

void AlarmPlayback::show(const Event &event) {
  JsonText json;
  json.beginObject();
  json.put("type", "alarm_playback");
  json.key("event");
  json.beginObject();
  putAlarmEvent(json, event);
  json.endObject();
  json.endObject();
  ++m_shown;
  m_session.send(Frame::text(json.view()));
}

void AlarmPlayback::wait(std::chrono::nanoseconds time) {
  m_timer.start(std::chrono::ceil<std::chrono::milliseconds>(time));
}

void AlarmPlayback::stop() {
  if (!m_isOver) end(true, {});
}

void AlarmPlayback::end(bool isStopped, const QString &error) {
  m_isOver = true;
  m_timer.stop();
  m_waiting.clear();
  JsonText json;
  json.beginObject();
  json.put("type", "playback_end");
  json.put("events", m_shown);
  if (isStopped) json.put("stopped", true);
  if (!error.isEmpty()) json.put("error", error);
  json.endObject();
  m_session.send(Frame::text(json.view()));
}

}  // namespace tagwire::ws
