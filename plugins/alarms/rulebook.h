// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <set>
#include <vector>

#include "rulestate.h"
#include "sample.h"
#include "services/alarmdesk.h"

namespace tagwire::alarms {

/// All rules of an instance with their states: which rules look at a point, which wait for a delay or a schedule, which
/// are active. No clock, timer or signal; one thread; owned by Alarms.
class RuleBook {
 public:
  /// What a sample or the passing of time led to.
  struct Outcome {
    QList<AlarmTransition> transitions;
    /// Rules that got something which is no number for the first time since they last got one.
    QList<int> notNumeric;
    qint64 ignored = 0;  ///< samples without a number
  };

  /// `firstOccurrence` is the number of the first alarm; see alarmId.
  RuleBook(QList<Rule> rules, qint64 firstOccurrence);

  const QList<Rule> &rules() const { return m_rules; }
  /// Binds rule `index` to its point, once that is known.
  void bind(qsizetype index, PointId point, int pointNumber);

  void take(const Sample &sample, const Moment &moment, Outcome &outcome);
  /// Runs every rule that is due at `moment`.
  void takeTime(const Moment &moment, Outcome &outcome);
  /// Every rule anew, due or not: at start, and when delays of before mean nothing.
  void takeAll(const Moment &moment, Outcome &outcome);
  /// When takeTime() is due next, on Moment::elapsed.
  std::optional<std::chrono::nanoseconds> nextDue() const;

  /// Rules in WARNING or ALARM, in the order of the manifest.
  QList<AlarmStatus> active() const;
  qsizetype activeCount() const { return m_activeCount; }

 private:
  struct Entry {
    RuleState state;
    PointId point = PointId::None;
    int pointNumber = 0;
    qint64 occurrence = 0;
    bool complained = false;
    AlarmStatus last;  ///< while active
    std::optional<std::chrono::nanoseconds> due;
  };

  void settle(qsizetype index, AlarmState previous, const Moment &moment, Outcome &outcome);
  void setDue(qsizetype index, std::optional<std::chrono::nanoseconds> due);
  AlarmTransition transition(qsizetype index, AlarmState previous) const;

  const QList<Rule> m_rules;
  std::vector<Entry> m_entries;
  QHash<PointId, QList<qsizetype>> m_byPoint;
  std::set<std::pair<std::chrono::nanoseconds, qsizetype>> m_due;
  qint64 m_nextOccurrence;
  qsizetype m_activeCount = 0;
};

}  // namespace tagwire::alarms
