// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QAbstractEventDispatcher>

#include <chrono>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "export.h"

namespace tagwire {

/// The timers of one event loop by the time at which they fire. None fires early. A coarse one fires at most 5 % of its
/// interval late, a very coarse one half a second, so that those due at about the same time share one wake-up. Plain
/// class without a clock; `now` is steady. Used by EpollDispatcher.
class TAGWIRE_EXPORT TimerQueue {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using TimerInfo = QAbstractEventDispatcher::TimerInfo;
  /// A timer that is due. The serial tells it from a later one with the same id.
  struct Due {
    int id = 0;
    quint64 serial = 0;
  };

  /// `interval` in ms; one below 0 counts as 0. A timer with the same id is replaced.
  void add(int id, qint64 interval, Qt::TimerType type, QObject *object, Instant now);
  bool remove(int id);
  bool removeAllOf(const QObject *object);
  QList<TimerInfo> timersOf(const QObject *object) const;
  /// Whole ms, rounded up; 0 when it is overdue, -1 when there is none.
  int remaining(int id, Instant now) const;

  /// When the first one fires, whose slot is not running.
  std::optional<Instant> next() const;
  /// What is due, the earliest first.
  std::vector<Due> due(Instant now) const;
  /// Marks it as running and sets when it fires next. The object to tell; null when it is gone or not due any more.
  QObject *begin(const Due &due, Instant now);
  void end(const Due &due);

 private:
  struct Timer {
    quint64 serial = 0;
    std::chrono::milliseconds interval{0};
    Qt::TimerType type = Qt::CoarseTimer;
    QObject *object = nullptr;
    Instant exact;  ///< start + n × interval
    Instant fires;  ///< the same, coarse
    bool isRunning = false;
  };
  using Place = std::tuple<Instant, Instant, int>;  ///< fires, exact, id

  static Place placeOf(int id, const Timer &timer) { return {timer.fires, timer.exact, id}; }
  static void setTime(Timer &timer, Instant exact);

  std::unordered_map<int, Timer> m_timers;
  std::set<Place> m_order;  ///< of those that are not running: in a nested loop a timer does not fire again
  quint64 m_lastSerial = 0;
};

}  // namespace tagwire
