// SPDX-License-Identifier: Apache-2.0
#include "alarmbook.h"

#include <cmath>

#include "alarmdesks.h"
#include "plugin.h"

namespace tagwire::ws {

namespace {

int ruleOf(const Event &event) {
  const auto *alarm = std::get_if<AlarmTransition>(&event.body);
  return alarm ? alarm->ruleId : std::get<AlarmConditionChange>(event.body).ruleId;
}

void apply(const AlarmTransition &alarm, Time time, AlarmStatus &status) {
  if (status.transition.alarmId != alarm.alarmId) {
    status.isAcknowledged = false;
    status.acknowledgedAt.reset();
    status.acknowledgedBy.clear();
  }
  status.since = time;
  status.transition = alarm;
}

void apply(const AlarmConditionChange &change, Time time, AlarmStatus &status) {
  AlarmTransition &alarm = status.transition;
  alarm.ruleId = change.ruleId;
  alarm.ruleName = change.ruleName;
  alarm.area = change.area;
  alarm.severity = change.severity;
  alarm.condition = change.condition;
  if (!change.comment.isEmpty()) status.comment = change.comment;
  if (change.cause == QLatin1String("ack")) {
    status.isAcknowledged = true;
    status.acknowledgedAt = time;
    status.acknowledgedBy = change.by;
  }
  const auto keep = [&](AlarmCondition condition, QString &by) {
    if (change.condition != condition) by.clear();
    if (change.condition == condition && change.previous != condition) by = change.by;
  };
  keep(AlarmCondition::Shelved, status.shelvedBy);
  keep(AlarmCondition::SuppressedByDesign, status.suppressedBy);
  keep(AlarmCondition::OutOfService, status.outOfServiceBy);
  status.shelvedUntil = change.condition == AlarmCondition::Shelved ? change.until : std::nullopt;
}

void apply(const Event &event, AlarmStatus &status) {
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) return apply(*alarm, event.time, status);
  const auto &change = std::get<AlarmConditionChange>(event.body);
  // Of a rule that was in order: the change is all that is known of it.
  if (status.since == Time()) {
    status.since = event.time;
    status.transition.alarmId = change.alarmId;
    status.transition.state = change.state;
    status.transition.value = std::nan("");
  }
  apply(change, event.time, status);
}

}  // namespace

AlarmBook::AlarmBook(PluginContext &context) : m_context(context), m_self(std::make_shared<AlarmBook *>(this)) {}

void AlarmBook::ask(Taker taker) {
  m_takers.append(std::move(taker));
  if (m_takers.size() > 1) return;
  askAlarms(m_context, [book = std::weak_ptr(m_self)](const Result<Active> &answer) {
    if (const auto self = book.lock()) (*self)->answered(answer);
  });
}

void AlarmBook::note(const Event &event) {
  const bool isOurs =
      std::holds_alternative<AlarmTransition>(event.body) || std::holds_alternative<AlarmConditionChange>(event.body);
  if (isOurs && !m_takers.isEmpty()) m_meanwhile.append(event);
}

void AlarmBook::answered(const Result<Active> &answer) {
  // No desk is no fault: a site may do without alarms.
  Active active = answer ? *answer : Active();
  QHash<int, qsizetype> places;
  if (!m_meanwhile.isEmpty()) {
    for (qsizetype i = 0; i < active.size(); ++i) places.insert(active[i].transition.ruleId, i);
  }
  for (const Event &event : std::as_const(m_meanwhile)) {
    const int rule = ruleOf(event);
    if (!places.contains(rule)) {
      places.insert(rule, active.size());
      active.append(AlarmStatus());
    }
    apply(event, active[places.value(rule)]);
  }
  if (!m_meanwhile.isEmpty()) {
    active.removeIf([](const AlarmStatus &each) {
      return each.transition.state == AlarmState::Ok && each.transition.condition == AlarmCondition::Normal;
    });
  }
  m_meanwhile.clear();
  // A taker may ask again.
  const QList<Taker> takers = std::exchange(m_takers, {});
  for (const Taker &taker : takers) taker(active);
}

}  // namespace tagwire::ws
