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
  json.key("ts");
  json.time(time, 6, "+00:00");
  json.put("datapoint_id", alarm.pointNumber);
  json.put("rule_id", alarm.ruleId);
  json.put("rule_name", alarm.ruleName);
  json.put("state", toText(alarm.state));
  json.put("severity", toText(alarm.severity));
  json.put("comparison", alarm.comparison);
  json.put("value", alarm.value);
  putOptional(json, "warning_threshold", alarm.warningThreshold);
  putOptional(json, "alarm_threshold", alarm.alarmThreshold);
  if (alarm.comparison.endsWith(QLatin1String("_range"))) {
    putOptional(json, "alarm_threshold_low", alarm.alarmThresholdLow);
    putOptional(json, "alarm_threshold_high", alarm.alarmThresholdHigh);
    putOptional(json, "warning_threshold_low", alarm.warningThresholdLow);
    putOptional(json, "warning_threshold_high", alarm.warningThresholdHigh);
  }
  json.put("message", alarm.message);
  json.put("alarm_id", alarm.alarmId);
  if (!alarm.area.isEmpty()) json.put("area", alarm.area);
}

QString topicOf(const AlarmTransition &alarm) {
  const QString root = QStringLiteral("alarms/") + (alarm.area.isEmpty() ? QString() : alarm.area + u'/');
  return root + QString::number(alarm.ruleId);
}

QString excerpt(const QString &text, int longest) {
  return text.size() <= longest ? text : text.left(longest) + QStringLiteral("…");
}

}  // namespace tagwire::ws
