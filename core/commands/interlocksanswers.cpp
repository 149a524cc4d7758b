// SPDX-License-Identifier: Apache-2.0
// What interlocks say when they are asked, the alarms of trips, and the reset of a trip.
#include <algorithm>
#include <cmath>

#include "commandlimits.h"
#include "interlocks.h"

namespace tagwire {

namespace {

/// How long every condition has to be met before the alarm of a trip is told as over.
constexpr std::chrono::seconds returnsAfter{1};

}  // namespace

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
  if (!m_latches.find(id)) return failure(QStringLiteral("%1 is not tripped").arg(entry->rule.text()));
  Standing how = Standing::Met;
  if (const InterlockCondition *condition = unmet(*entry, how)) {
    return failure(QStringLiteral("%1 can't be reset: %2").arg(entry->rule.text(), m_inputs.text(*condition)));
  }
  m_latches.remove(id);
  m_forces.end(id);
  arm(m_latches.nextTry());
  count();
  endAlarm(*entry, by);
  const QString what = QStringLiteral(" was reset by %1").arg(by.name) +
                       (by.comment.isEmpty() ? QString() : QStringLiteral(": ") + by.comment);
  tell(*entry, "interlock_reset", what, Severity::Info);
  judge(*entry);
  return {};
}

void Interlocks::recall(const QString &dataDir) {
  const auto opened = m_latches.open(dataDir, interlockLog());
  for (const auto &[id, latch] : std::map(m_latches.all())) {
    const Entry *entry = find(id);
    if (!entry || entry->rule.mode != InterlockMode::Trip) m_latches.remove(id);
  }
  QList<int> latched;
  for (Entry &entry : m_entries) {
    if (entry.rule.mode != InterlockMode::Trip) continue;
    if (!opened) m_latches.add(entry.rule.id, QStringLiteral("what was tripped before the start is not known"));
    if (!m_latches.find(entry.rule.id)) continue;
    m_forces.begin(entry.rule.id, entry.rule.points, m_clock.elapsed());
    latched << entry.rule.id;
  }
  count();
  if (!opened) qCCritical(interlockLog).noquote() << opened.error() << "- every trip counts as tripped";
  if (latched.isEmpty()) return;
  const QString wrong = opened ? QString() : opened.error();
  QMetaObject::invokeMethod(
      this, [this, latched, wrong] { tellRecalled(latched, wrong); }, Qt::QueuedConnection);
}

/// What watches alarms learns from the event only that one stands.
void Interlocks::tellRecalled(const QList<int> &latched, const QString &wrong) {
  if (!m_isRunning) return;
  if (!wrong.isEmpty()) {
    raise(SystemEvent{QStringLiteral("interlock_state_lost"), wrong + QLatin1String(" - every trip counts as tripped"),
                      Severity::Critical});
  }
  for (const int id : latched) {
    const InterlockLatch *latch = m_latches.find(id);
    if (!latch) continue;
    Entry &entry = *find(id);
    const QString text = QStringLiteral("%1 is tripped since %2: %3");
    showAlarm(
        entry,
        alarmOf(entry, latch->alarmId, AlarmState::Alarm, text.arg(entry.rule.text(), toIso(latch->at), latch->cause)),
        latch->at);
  }
}

QList<AlarmStatus> Interlocks::alarms() const {
  QList<AlarmStatus> all;
  for (const Entry &entry : m_entries) {
    if (m_latches.find(entry.rule.id) && entry.alarm.transition.alarmId != 0) all << entry.alarm;
  }
  return all;
}

/// Of R5-6. What it is OK after, is for the caller to say.
AlarmTransition Interlocks::alarmOf(const Entry &entry, qint64 alarmId, AlarmState state,
                                    const QString &message) const {
  Standing how = Standing::Met;
  const InterlockCondition *unmetOne = unmet(entry, how);
  const InterlockCondition &condition = unmetOne ? *unmetOne : entry.rule.conditions.front();
  const bool isAlarm = state == AlarmState::Alarm;
  AlarmTransition alarm;
  alarm.alarmId = alarmId;
  alarm.ruleId = -entry.rule.id;
  alarm.ruleName = entry.rule.name;
  alarm.state = state;
  alarm.previous = isAlarm ? AlarmState::Ok : AlarmState::Alarm;
  alarm.condition = isAlarm ? AlarmCondition::UnacknowledgedActive : AlarmCondition::RtnUnacknowledged;
  alarm.severity = entry.rule.severity;
  alarm.comparison = QStringLiteral("interlock");
  // An alarm's state is no point: then it is of what the interlock guards.
  alarm.point = condition.point != PointId::None ? condition.point : entry.rule.points.first().id;
  if (const auto point = m_points.point(alarm.point)) alarm.pointNumber = point->number.value_or(0);
  alarm.value = toNumber(m_points.last(alarm.point).value).value_or(std::nan(""));
  alarm.valueText = m_inputs.found(condition);
  alarm.message = message;
  return alarm;
}

void Interlocks::showAlarm(Entry &entry, const AlarmTransition &alarm, std::optional<Time> since) {
  entry.metSince.reset();
  entry.alarm = AlarmStatus{since.value_or(m_clock.now()), alarm};
  raise(alarm);
}

/// A trip's alarm is active while the trip can't be reset. A condition that flickers is told once a second at most.
void Interlocks::followAlarm(Entry &entry, const InterlockCondition *notMet) {
  const InterlockLatch *latch = m_latches.find(entry.rule.id);
  const AlarmTransition &shown = entry.alarm.transition;
  if (!latch || shown.alarmId != latch->alarmId) return;  // not told yet
  const bool isActive = shown.state == AlarmState::Alarm;
  if (notMet) {
    entry.metSince.reset();
    if (isActive) return;
    const QString text = QStringLiteral("%1 is tripped, and again: %2").arg(entry.rule.text(), m_inputs.text(*notMet));
    return showAlarm(entry, alarmOf(entry, latch->alarmId, AlarmState::Alarm, text));
  }
  if (!isActive) return;
  const Elapsed now = m_clock.elapsed();
  if (!entry.metSince) entry.metSince = now;
  if (now - *entry.metSince < returnsAfter) return arm(*entry.metSince + returnsAfter);
  const QString text = QStringLiteral("%1: every condition is met again; the trip is still to be reset");
  showAlarm(entry, alarmOf(entry, latch->alarmId, AlarmState::Ok, text.arg(entry.rule.text())));
}

/// The trip was reset: OK, and nothing to acknowledge.
void Interlocks::endAlarm(Entry &entry, const Operator &by) {
  const AlarmTransition shown = std::exchange(entry.alarm, {}).transition;
  entry.metSince.reset();
  if (shown.alarmId == 0) return;  // not told yet
  const QString text = QStringLiteral("%1 was reset by %2").arg(entry.rule.text(), by.name);
  if (shown.state == AlarmState::Alarm) raise(alarmOf(entry, shown.alarmId, AlarmState::Ok, text));
  AlarmConditionChange change;
  change.alarmId = shown.alarmId;
  change.ruleId = shown.ruleId;
  change.ruleName = shown.ruleName;
  change.severity = shown.severity;
  change.previous = AlarmCondition::RtnUnacknowledged;
  change.cause = QStringLiteral("reset");
  change.by = by.name;
  change.comment = by.comment;
  raise(change);
}

}  // namespace tagwire
