// SPDX-License-Identifier: Apache-2.0
#include "timerqueue.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace tagwire {

using namespace std::chrono_literals;

namespace {

/// Steps of powers of two: each time on a wide grid is one on every narrower grid too, so timers meet.
std::chrono::nanoseconds gridOf(std::chrono::nanoseconds interval, Qt::TimerType type) {
  constexpr auto widest = std::bit_floor(static_cast<quint64>(std::chrono::nanoseconds(1s).count()));
  if (type == Qt::PreciseTimer) return 0ns;
  if (type == Qt::VeryCoarseTimer) return std::chrono::nanoseconds(widest);
  return std::chrono::nanoseconds(std::min(widest, std::bit_floor(static_cast<quint64>(interval.count()) / 20)));
}

TimerQueue::Instant onGrid(TimerQueue::Instant exact, std::chrono::nanoseconds grid) {
  if (grid == 0ns) return exact;
  const auto over = exact.time_since_epoch() % grid;
  return over == 0ns ? exact : exact + (grid - over);
}

int toInt(qint64 milliseconds) {
  return static_cast<int>(std::clamp<qint64>(milliseconds, 0, std::numeric_limits<int>::max()));
}

}  // namespace

void TimerQueue::add(int id, qint64 interval, Qt::TimerType type, QObject *object, Instant now) {
  constexpr qint64 longest = std::chrono::milliseconds(24h * 36'500).count();
  remove(id);
  Timer &timer = m_timers[id];
  timer.serial = ++m_lastSerial;
  timer.interval = std::chrono::milliseconds(std::clamp<qint64>(interval, 0, longest));
  timer.type = type;
  timer.object = object;
  setTime(timer, now + timer.interval);
  m_order.insert(placeOf(id, timer));
}

bool TimerQueue::remove(int id) {
  const auto found = m_timers.find(id);
  if (found == m_timers.end()) return false;
  m_order.erase(placeOf(id, found->second));
  m_timers.erase(found);
  return true;
}

bool TimerQueue::removeAllOf(const QObject *object) {
  const size_t before = m_timers.size();
  std::erase_if(m_timers, [&](const auto &each) {
    if (each.second.object != object) return false;
    m_order.erase(placeOf(each.first, each.second));
    return true;
  });
  return m_timers.size() < before;
}

QList<TimerQueue::TimerInfo> TimerQueue::timersOf(const QObject *object) const {
  QList<TimerInfo> found;
  for (const auto &[id, timer] : m_timers) {
    if (timer.object == object) found.append({id, toInt(timer.interval.count()), timer.type});
  }
  return found;
}

int TimerQueue::remaining(int id, Instant now) const {
  const auto found = m_timers.find(id);
  if (found == m_timers.end()) return -1;
  return toInt(std::chrono::ceil<std::chrono::milliseconds>(found->second.fires - now).count());
}

std::optional<TimerQueue::Instant> TimerQueue::next() const {
  if (m_order.empty()) return std::nullopt;
  return std::get<0>(*m_order.begin());
}

std::vector<TimerQueue::Due> TimerQueue::due(Instant now) const {
  std::vector<Due> found;
  for (const auto &[fires, exact, id] : m_order) {
    if (fires > now) break;
    found.push_back({id, m_timers.at(id).serial});
  }
  return found;
}

QObject *TimerQueue::begin(const Due &due, Instant now) {
  const auto found = m_timers.find(due.id);
  if (found == m_timers.end()) return nullptr;
  Timer &timer = found->second;
  // A nested loop may have told it meanwhile.
  if (timer.serial != due.serial || timer.isRunning || timer.fires > now) return nullptr;
  m_order.erase(placeOf(due.id, timer));
  timer.isRunning = true;
  const Instant next = timer.exact + timer.interval;
  setTime(timer, next < now ? now + timer.interval : next);  // those missed are not made up for
  return timer.object;
}

void TimerQueue::end(const Due &due) {
  const auto found = m_timers.find(due.id);
  if (found == m_timers.end() || found->second.serial != due.serial) return;
  found->second.isRunning = false;
  m_order.insert(placeOf(due.id, found->second));
}

void TimerQueue::setTime(Timer &timer, Instant exact) {
  timer.exact = exact;
  timer.fires = onGrid(exact, gridOf(timer.interval, timer.type));
}

}  // namespace tagwire
