// SPDX-License-Identifier: Apache-2.0
#include "rest/osalarm.h"

#include <QSet>

#include "protocols/wirejson.h"

namespace tagwire::ws {

QStringList OsAlarm::statuses() {
  return {QStringLiteral("active"), QStringLiteral("cleared_unacked"), QStringLiteral("cleared_acked")};
}

QList<OsAlarm> OsAlarm::standing(const QList<AlarmStatus> &alarms, const Caller &caller) {
  QList<OsAlarm> list;
  for (const AlarmStatus &each : alarms) {
    const AlarmTransition &alarm = each.transition;
    if (isInhibited(alarm.condition) || !caller.may(right::readAlarms, alarm.area)) continue;
    if (alarm.state == AlarmState::Ok && !isUnacknowledged(alarm.condition)) continue;
    list.append({statuses().at(alarm.state == AlarmState::Ok ? 1 : 0), alarm, each.since});
  }
  return list;
}

/// Acknowledged before it was over, then its end says so; or after it, then that record is newer and came before.
QList<OsAlarm> OsAlarm::cleared(const QList<Event> &events, const Caller &caller) {
  QList<OsAlarm> list;
  QSet<qint64> acknowledged;
  for (const Event &event : events) {
    if (const auto *change = std::get_if<AlarmConditionChange>(&event.body)) {
      const bool isDone = change->state == AlarmState::Ok && change->condition == AlarmCondition::Normal;
      if (isDone && change->cause == QLatin1String("ack")) acknowledged.insert(change->alarmId);
    }
    const auto *alarm = std::get_if<AlarmTransition>(&event.body);
    if (!alarm || alarm->state != AlarmState::Ok || !caller.may(right::readAlarms, alarm->area)) continue;
    if (alarm->condition != AlarmCondition::Normal && !acknowledged.contains(alarm->alarmId)) continue;
    list.append({statuses().at(2), *alarm, event.time});
  }
  return list;
}

QJsonObject OsAlarm::json() const {
  return {{QStringLiteral("alarmId"), alarm.alarmId},
          {QStringLiteral("ruleId"), alarm.ruleId},
          {QStringLiteral("ruleName"), alarm.ruleName},
          {QStringLiteral("severity"), toText(alarm.severity)},
          {QStringLiteral("message"), alarm.message},
          {QStringLiteral("status"), status},
          {QStringLiteral("state"), toText(alarm.state)},
          {QStringLiteral("condition"), toText(alarm.condition)},
          {QStringLiteral("area"), alarm.area},
          {QStringLiteral("endpointId"), alarm.pointNumber},
          {QStringLiteral("value"), toJson(Value(alarm.value))},
          {QStringLiteral("timestamp"), toIso(time)}};
}

}  // namespace tagwire::ws
