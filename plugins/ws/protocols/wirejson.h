// SPDX-License-Identifier: Apache-2.0
// Groups of fields that more than one wire contract has.
#pragma once

#include <QJsonObject>

#include <optional>

#include "event.h"
#include "jsontext.h"
#include "result.h"
#include "services/alarmdesk.h"
#include "services/gisdata.h"

namespace tagwire::ws {

/// ID, Type, TS, X, Y, Z, Bat, CNF, GWID, Sequence and zone_id of R1-11, and Acc, into an open object; what is not
/// known is left out. `name` is the tag's id as a JSON string. TS is UTC with "Z", so that no reader has to know our
/// time zone.
void putFix(JsonText &json, const QByteArray &name, const Sample &sample);

/// The fields of R3-4 but `type`, alarm_id, area, condition and what else there is to say, into an open object. `time`
/// becomes `ts`.
void putAlarm(JsonText &json, const AlarmTransition &alarm, Time time);
/// The fields of alarm_condition (R3-20) but `type`.
void putCondition(JsonText &json, const AlarmConditionChange &change, Time time);
/// putAlarm() of an alarm as it stands, and who acknowledged, shelved, suppressed it.
void putStanding(JsonText &json, const AlarmStatus &alarm);
/// `type` ("alarm_state", "alarm_condition") and the fields of an event about alarms; nothing for others.
void putAlarmEvent(JsonText &json, const Event &event);

/// The area of an event about alarms; nothing for others.
std::optional<QString> areaOf(const Event &event);

/// Nobody is to be told of it: shelved, suppressed by design or out of service.
constexpr bool isInhibited(AlarmCondition condition) { return condition >= AlarmCondition::Shelved; }
/// Somebody still has to acknowledge it.
constexpr bool isUnacknowledged(AlarmCondition condition) {
  return condition == AlarmCondition::UnacknowledgedActive || condition == AlarmCondition::RtnUnacknowledged ||
         condition == AlarmCondition::Latched;
}
/// It was inhibited and is told of again, still active.
constexpr bool isBack(const AlarmConditionChange &change) {
  return change.state != AlarmState::Ok && isInhibited(change.previous) && !isInhibited(change.condition);
}

/// True for a transition to a worse state.
constexpr bool isRise(const AlarmTransition &alarm) { return alarm.state > alarm.previous; }

/// "alarms/<area>/<rule id>", without an area "alarms/<rule id>".
QString topicOf(const QString &area, int ruleId);

/// Absent and null are the same: nothing was said.
inline bool isAbsent(const QJsonValue &value) { return value.isUndefined() || value.isNull(); }

/// At most `longest` characters of what a client sent, for an error text.
QString excerpt(const QString &text, int longest = 50);

}  // namespace tagwire::ws
