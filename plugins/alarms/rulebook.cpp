// SPDX-License-Identifier: Apache-2.0
#include "rulebook.h"

namespace tagwire::alarms {

RuleBook::RuleBook(QList<Rule> rules, qint64 firstOccurrence)
    : m_rules(std::move(rules)), m_entries(static_cast<size_t>(m_rules.size())), m_nextOccurrence(firstOccurrence) {}

void RuleBook::bind(qsizetype index, PointId point, int pointNumber) {
  Entry &entry = m_entries[static_cast<size_t>(index)];
  if (entry.point != point) {
    m_byPoint[entry.point].removeOne(index);
    if (point != PointId::None) m_byPoint[point].append(index);
  }
  entry.point = point;
  entry.pointNumber = pointNumber;
}

void RuleBook::take(const Sample &sample, const Moment &moment, Outcome &outcome) {
  const auto found = m_byPoint.constFind(sample.point);
  if (found == m_byPoint.cend()) return;
  for (const qsizetype index : *found) {
    Entry &entry = m_entries[static_cast<size_t>(index)];
    const AlarmState previous = entry.state.shown;
    takeSample(m_rules.at(index), entry.state, 0, sample, moment);
    if (!sample.quality.isBad() && !entry.state.notUsable) entry.complained = false;
    if (entry.state.notUsable) {
      ++outcome.ignored;
      if (!entry.complained) outcome.notNumeric << m_rules.at(index).id;
      entry.complained = true;
    }
    settle(index, previous, moment, outcome);
  }
}

void RuleBook::takeTime(const Moment &moment, Outcome &outcome) {
  while (!m_due.empty() && m_due.begin()->first <= moment.elapsed) {
    const qsizetype index = m_due.begin()->second;
    Entry &entry = m_entries[static_cast<size_t>(index)];
    setDue(index, std::nullopt);
    const AlarmState previous = entry.state.shown;
    tagwire::alarms::takeTime(m_rules.at(index), entry.state, moment);
    settle(index, previous, moment, outcome);
  }
}

void RuleBook::takeAll(const Moment &moment, Outcome &outcome) {
  for (qsizetype index = 0; index < m_rules.size(); ++index) {
    Entry &entry = m_entries[static_cast<size_t>(index)];
    const AlarmState previous = entry.state.shown;
    tagwire::alarms::takeTime(m_rules.at(index), entry.state, moment);
    settle(index, previous, moment, outcome);
  }
}

std::optional<std::chrono::nanoseconds> RuleBook::nextDue() const {
  if (m_due.empty()) return std::nullopt;
  return m_due.begin()->first;
}

QList<AlarmStatus> RuleBook::active() const {
  QList<AlarmStatus> all;
  for (const Entry &entry : m_entries) {
    if (entry.state.shown != AlarmState::Ok) all << entry.last;
  }
  return all;
}

void RuleBook::settle(qsizetype index, AlarmState previous, const Moment &moment, Outcome &outcome) {
  Entry &entry = m_entries[static_cast<size_t>(index)];
  setDue(index, tagwire::alarms::nextDue(m_rules.at(index), entry.state, moment));
  const AlarmState now = entry.state.shown;
  if (now == previous) return;
  if (previous == AlarmState::Ok) {
    entry.occurrence = m_nextOccurrence++;
    ++m_activeCount;
  } else if (now == AlarmState::Ok) {
    --m_activeCount;
  }
  entry.last = AlarmStatus{.since = moment.time, .transition = transition(index, previous)};
  outcome.transitions << entry.last.transition;
}

void RuleBook::setDue(qsizetype index, std::optional<std::chrono::nanoseconds> due) {
  Entry &entry = m_entries[static_cast<size_t>(index)];
  if (entry.due == due) return;
  if (entry.due) m_due.erase({*entry.due, index});
  if (due) m_due.insert({*due, index});
  entry.due = due;
}

AlarmTransition RuleBook::transition(qsizetype index, AlarmState previous) const {
  const Rule &rule = m_rules.at(index);
  const Entry &entry = m_entries[static_cast<size_t>(index)];
  const AlarmState now = entry.state.shown;
  AlarmTransition transition;
  transition.alarmId = entry.occurrence;
  transition.ruleId = rule.id;
  transition.ruleName = rule.name;
  transition.area = rule.area;
  transition.state = now;
  transition.previous = previous;
  transition.severity = rule.severity;
  transition.comparison = rule.comparison.word();
  transition.point = entry.point;
  transition.pointNumber = entry.pointNumber;
  transition.value = entry.state.value;
  transition.warningThreshold = rule.warningThreshold;
  transition.alarmThreshold = rule.alarmThreshold;
  transition.warningThresholdLow = rule.warningThresholdLow;
  transition.warningThresholdHigh = rule.warningThresholdHigh;
  transition.alarmThresholdLow = rule.alarmThresholdLow;
  transition.alarmThresholdHigh = rule.alarmThresholdHigh;
  transition.message = QStringLiteral("Rule %1 -> %2").arg(rule.name, toText(now));
  return transition;
}

}  // namespace tagwire::alarms
