// SPDX-License-Identifier: Apache-2.0
// What interlocks say when they are asked, and the reset of a trip.
#include <algorithm>
#include <cmath>

#include "commandlimits.h"
#include "interlocks.h"

namespace tagwire {

bool Interlocks::isSafe(PointId id, const Value &value) const {
  const auto point = m_points.point(id);
  return point && tagwire::isSafe(*point, value);
}

QList<Obstacle> Interlocks::obstacles(PointId point, const Value &value) const {
  QList<Obstacle> all;
  if (isSafe(point, value)) return all;
  for (const size_t index : m_byGuarded.value(point)) {
    const Entry &entry = m_entries[index];
    if (entry.rule.mode == InterlockMode::Advisory) continue;
    QString text;
    Standing how = Standing::Met;
    if (const InterlockLatch *latch = m_latches.find(entry.rule.id)) {
      text = QStringLiteral("%1 tripped and was not reset: %2").arg(entry.rule.text(), latch->cause);
    } else if (const InterlockCondition *condition = unmet(entry, how)) {
      text = QStringLiteral("%1: %2").arg(entry.rule.text(), m_inputs.text(*condition));
    }
    if (!text.isEmpty()) all.append({CommandState::Blocked, text, entry.rule.id});
  }
  return all;
}

std::optional<Obstacle> Interlocks::obstacle(PointId point, const Value &value) const {
  if (!m_byGuarded.contains(point)) return std::nullopt;
  const auto all = obstacles(point, value);
  return all.isEmpty() ? std::nullopt : std::optional(all.first());
}

QStringList Interlocks::warnings(PointId point, const Value &value) const {
  QStringList all;
  if (isSafe(point, value)) return all;
  for (const size_t index : m_byGuarded.value(point)) {
    const Entry &entry = m_entries[index];
    if (entry.rule.mode != InterlockMode::Advisory) continue;
    Standing how = Standing::Met;
    if (const InterlockCondition *condition = unmet(entry, how)) {
      all << QStringLiteral("%1: %2").arg(entry.rule.text(), m_inputs.text(*condition));
    }
  }
  return all;
}

InterlockStatus Interlocks::statusOf(const Entry &entry) const {
  InterlockStatus status;
  status.id = entry.rule.id;
  status.name = entry.rule.name;
  status.mode = entry.rule.mode;
  status.severity = entry.rule.severity;
  for (const GuardedPoint &each : entry.rule.points) status.points << each.id;
  for (size_t i = 0; i < entry.rule.conditions.size(); ++i) {
    const InterlockCondition &condition = entry.rule.conditions[i];
    const bool isMet = standing(entry, i) == Standing::Met;
    status.conditions << ConditionStatus{toText(condition), isMet, m_inputs.found(condition), condition.point};
    status.isViolated = status.isViolated || !isMet;
  }
  if (const InterlockLatch *latch = m_latches.find(entry.rule.id)) {
    status.isTripped = true;
    status.trippedAt = latch->at;
    status.cause = latch->cause;
    // A trip that a power cut could undo is not over and done with.
    status.isForced = m_forces.areDone(entry.rule.id) && m_latches.isKept();
  }
  return status;
}

QList<InterlockStatus> Interlocks::all() const {
  QList<InterlockStatus> all;
  for (const Entry &entry : m_entries) all << statusOf(entry);
  return all;
}

Result<void> Interlocks::reset(int id, const Operator &by) {
  Entry *entry = find(id);
  if (!entry) return failure(QStringLiteral("no interlock %1").arg(id));
  if (entry->rule.mode != InterlockMode::Trip) {
    return failure(QStringLiteral("%1 is %2: it never latches (allowed: a trip)")
                       .arg(entry->rule.text(), toText(entry->rule.mode)));
  }
  const InterlockLatch *found = m_latches.find(id);
  if (!found) return failure(QStringLiteral("%1 is not tripped").arg(entry->rule.text()));
  Standing how = Standing::Met;
  if (const InterlockCondition *condition = unmet(*entry, how)) {
    return failure(QStringLiteral("%1 can't be reset: %2").arg(entry->rule.text(), m_inputs.text(*condition)));
  }
  const InterlockLatch latch = *found;
  m_latches.remove(id);
  m_forces.end(id);
  arm(m_latches.nextTry());
  count();
  const QString what = QStringLiteral(" was reset by %1").arg(by.name) +
                       (by.comment.isEmpty() ? QString() : QStringLiteral(": ") + by.comment);
  tell(*entry, "interlock_reset", what, Severity::Info);
  raiseAlarm(*entry, latch, AlarmState::Ok, entry->rule.text() + what);
  judge(*entry);
  return {};
}

/// The alarm of R5-6: ALARM as long as the trip is latched.
void Interlocks::raiseAlarm(const Entry &entry, const InterlockLatch &latch, AlarmState state, const QString &message) {
  Standing how = Standing::Met;
  const InterlockCondition *unmetOne = unmet(entry, how);
  const InterlockCondition &condition = unmetOne ? *unmetOne : entry.rule.conditions.front();
  const bool isAlarm = state == AlarmState::Alarm;
  AlarmTransition alarm;
  alarm.alarmId = latch.alarmId;
  alarm.ruleId = -entry.rule.id;
  alarm.ruleName = entry.rule.name;
  alarm.state = state;
  alarm.previous = isAlarm ? AlarmState::Ok : AlarmState::Alarm;
  alarm.condition = isAlarm ? AlarmCondition::UnacknowledgedActive : AlarmCondition::Normal;
  alarm.severity = entry.rule.severity;
  alarm.comparison = QStringLiteral("interlock");
  // An alarm's state is no point: then it is of what the interlock guards.
  alarm.point = condition.point != PointId::None ? condition.point : entry.rule.points.first().id;
  if (const auto point = m_points.point(alarm.point)) alarm.pointNumber = point->number.value_or(0);
  alarm.value = toNumber(m_points.last(alarm.point).value).value_or(std::nan(""));
  alarm.valueText = m_inputs.found(condition);
  alarm.message = message;
  raise(alarm);
}

}  // namespace tagwire
