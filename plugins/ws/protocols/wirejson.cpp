// SPDX-License-Identifier: Apache-2.0
#include "wirejson.h"

#include <cmath>

#include "pointnames.h"

namespace tagwire::ws {

namespace {

void putOptional(JsonText &json, const char *name, const std::optional<double> &number) {
  json.key(name);
  if (number) {
    json.number(*number);
  } else {
    json.null();
  }
}

void putWireText(JsonText &json, const char *name, const QString &text) {
  if (!text.isEmpty()) json.put(name, text);
}

void putWireTime(JsonText &json, const char *name, Time time) {
  json.key(name);
  json.time(time, 6, "+00:00");
}

void putFixDetails(JsonText &json, const Fix &fix) {
  if (fix.battery >= 0) json.put("Bat", fix.battery);
  if (std::isfinite(fix.confidence)) json.put("CNF", fix.confidence);
  if (std::isfinite(fix.accuracy)) json.put("Acc", fix.accuracy);
  if (!fix.gateway.isEmpty()) json.put("GWID", fix.gateway);
  if (fix.sequence >= 0) json.put("Sequence", fix.sequence);
  if (fix.zone != 0) json.put("zone_id", fix.zone);
}

}  // namespace

void putFix(JsonText &json, const QByteArray &name, const Sample &sample) {
  const Position *position = std::get_if<Position>(&sample.value);
  const Fix *fix = fixOf(sample);
  json.key("ID");
  json.raw(name);
  if (fix && !fix->type.isEmpty()) json.put("Type", fix->type);
  json.key("TS");
  json.time(sample.time);
  const double unknown = std::nan("");
  json.put("X", position ? position->x : unknown);
  json.put("Y", position ? position->y : unknown);
  json.put("Z", position ? position->z : unknown);
  if (fix) putFixDetails(json, *fix);
}

void putAlarm(JsonText &json, const AlarmTransition &alarm, Time time) {
  putWireTime(json, "ts", time);
  json.put("datapoint_id", alarm.pointNumber);
  json.put("rule_id", alarm.ruleId);
  json.put("rule_name", alarm.ruleName);
  json.put("state", toText(alarm.state));
  json.put("severity", toText(alarm.severity));
  json.put("comparison", alarm.comparison);
  json.put("value", alarm.value);
  putOptional(json, "warning_threshold", alarm.warningThreshold);
  putOptional(json, "alarm_threshold", alarm.alarmThreshold);
  const bool hasSides = alarm.alarmThresholdLow || alarm.alarmThresholdHigh || alarm.warningThresholdLow ||
                        alarm.warningThresholdHigh || alarm.comparison.endsWith(QLatin1String("_range"));
  if (hasSides) {
    putOptional(json, "alarm_threshold_low", alarm.alarmThresholdLow);
    putOptional(json, "alarm_threshold_high", alarm.alarmThresholdHigh);
    putOptional(json, "warning_threshold_low", alarm.warningThresholdLow);
    putOptional(json, "warning_threshold_high", alarm.warningThresholdHigh);
  }
  json.put("message", alarm.message);
  json.put("alarm_id", alarm.alarmId);
  putWireText(json, "area", alarm.area);
  json.put("condition", toText(alarm.condition));
  putWireText(json, "level", alarm.level);
  putWireText(json, "value_text", alarm.valueText);
  if (alarm.isFirstOut) json.put("first_out", true);
  if (alarm.isChattering) json.put("chattering", true);
  if (!alarm.isStored) json.put("stored", false);
}

void putCondition(JsonText &json, const AlarmConditionChange &change, Time time) {
  putWireTime(json, "ts", time);
  json.put("rule_id", change.ruleId);
  json.put("rule_name", change.ruleName);
  json.put("condition", toText(change.condition));
  json.put("previous_condition", toText(change.previous));
  json.put("state", toText(change.state));
  json.put("severity", toText(change.severity));
  json.put("cause", change.cause);
  json.put("by", change.by);
  putWireText(json, "comment", change.comment);
  if (change.until) putWireTime(json, "until", *change.until);
  if (change.alarmId != 0) json.put("alarm_id", change.alarmId);
  putWireText(json, "area", change.area);
  if (!change.isStored) json.put("stored", false);
}

void putStanding(JsonText &json, const AlarmStatus &alarm) {
  putAlarm(json, alarm.transition, alarm.since);
  json.put("acknowledged", alarm.isAcknowledged);
  putWireText(json, "acknowledged_by", alarm.acknowledgedBy);
  if (alarm.acknowledgedAt) putWireTime(json, "acknowledged_at", *alarm.acknowledgedAt);
  putWireText(json, "comment", alarm.comment);
  if (alarm.shelvedUntil) putWireTime(json, "shelved_until", *alarm.shelvedUntil);
  putWireText(json, "shelved_by", alarm.shelvedBy);
  putWireText(json, "suppressed_by", alarm.suppressedBy);
  putWireText(json, "out_of_service_by", alarm.outOfServiceBy);
}

void putAlarmEvent(JsonText &json, const Event &event) {
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) {
    json.put("type", "alarm_state");
    putAlarm(json, *alarm, event.time);
  } else if (const auto *change = std::get_if<AlarmConditionChange>(&event.body)) {
    json.put("type", "alarm_condition");
    putCondition(json, *change, event.time);
  }
}

std::optional<QString> areaOf(const Event &event) {
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) return alarm->area;
  if (const auto *change = std::get_if<AlarmConditionChange>(&event.body)) return change->area;
  return std::nullopt;
}

QString topicOf(const QString &area, int ruleId) {
  const QString root = QStringLiteral("alarms/") + (area.isEmpty() ? QString() : area + u'/');
  return root + QString::number(ruleId);
}

QString excerpt(const QString &text, int longest) {
  return text.size() <= longest ? text : text.left(longest) + QStringLiteral("…");
}

}  // namespace tagwire::ws
