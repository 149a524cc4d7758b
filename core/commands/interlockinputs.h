// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QSet>

#include "../pointtable.h"
#include "interlockrule.h"

namespace tagwire {

/// How a condition stands.
enum class Standing : quint8 {
  Met,
  NotMet,  ///< for sure: a good value says so
  Unknown  ///< the input is not good, too old or missing; counts as not met
};

/// What the conditions of interlocks look at: the last samples of points with their age, whether the instances that own
/// them run, and states of alarms. Plain class, host thread; owned by Interlocks.
class InterlockInputs {
 public:
  InterlockInputs(const PointTable &points, const Clock &clock) : m_points(points), m_clock(clock) {}

  /// Forgets what is to be judged; what is known of alarms stays for those that are added again.
  void clear();
  /// The condition is to be judged from now on.
  void add(const InterlockCondition &condition);
  bool isEmpty() const { return m_inputs.isEmpty() && m_alarms.isEmpty(); }
  /// Points that some condition looks at.
  QList<PointId> points() const { return m_inputs.keys(); }
  /// Alarm rules of an instance that some condition looks at.
  QList<int> rulesOf(const QString &instance) const;
  bool isAlarmKnown(const QString &instance, int rule) const { return m_alarms.value({instance, rule}).has_value(); }

  /// A sample of one of points() came.
  void take(const Sample &sample);
  /// Points of an instance that is not up, and its alarms, are not known.
  void setUp(const QString &instance, bool isUp);
  bool isUp(const QString &instance) const { return !m_down.contains(instance); }
  /// None: not known.
  void setAlarm(const QString &instance, int rule, std::optional<AlarmState> state);

  /// `wasOutside`: it was not met by the last good value, so its deadband counts.
  Standing standing(const InterlockCondition &condition, bool wasOutside) const;
  /// The same for a sample of a batch that is not the last of its point. Only for conditions on a single point.
  Standing standing(const InterlockCondition &condition, bool wasOutside, const Sample &sample) const;
  /// What it finds, for people: "95.2", "bad:timeout", "95.2 of 12 s ago", "2 tags", "ALARM".
  QString found(const InterlockCondition &condition) const;
  QString found(const InterlockCondition &condition, const Sample &sample) const;
  /// "plc1/boiler/temp is 95.2 (allowed: 0 to 90)"
  QString text(const InterlockCondition &condition) const;
  QString text(const InterlockCondition &condition, const Sample &sample) const;
  /// When its value gets too old, on Clock::elapsed; none: never, or it is.
  std::optional<std::chrono::nanoseconds> expiry(const InterlockCondition &condition) const;

 private:
  struct Input {
    QString owner;
    std::chrono::nanoseconds born{0};  ///< when the value was new, on Clock::elapsed
  };
  using AlarmId = QPair<QString, int>;

  bool isTooOld(const InterlockCondition &condition) const;
  bool isTrusted(PointId point) const;
  Standing occupancyStanding(const InterlockCondition &condition) const;
  std::chrono::nanoseconds ageOf(PointId point) const { return m_clock.elapsed() - m_inputs.value(point).born; }
  QString whyUnknown(const InterlockCondition &condition) const;
  QString tags(const InterlockCondition &condition) const;

  const PointTable &m_points;
  const Clock &m_clock;
  QHash<PointId, Input> m_inputs;
  QHash<AlarmId, std::optional<AlarmState>> m_alarms;
  QHash<AlarmId, std::optional<AlarmState>> m_alarmsBefore;  ///< before clear()
  QSet<QString> m_down;
};

}  // namespace tagwire
