// SPDX-License-Identifier: Apache-2.0
#include "panelframes.h"

#include "jsontext.h"
#include "wirejson.h"

namespace tagwire::ws {

QByteArray telemetryText(const Sample &sample, const PointTable &points) {
  const auto point = points.point(sample.point);
  JsonText json;
  json.beginObject();
  json.put("type", "telemetry");
  json.put("endpointId", point && point->number ? *point->number : 0);
  json.key("value");
  json.value(sample.value);
  json.key("timestamp");
  if (sample.time == Time()) {
    json.null();  // no value so far
  } else {
    json.time(sample.time);
  }
  json.key("quality");
  json.quality(sample.quality);
  json.endObject();
  return json.bytes();
}

Frame telemetryFrame(const Sample &sample, const PointTable &points) {
  return Frame::text(telemetryText(sample, points));
}

std::optional<Frame> alarmFrame(const Event &event) {
  const auto frame = [&](qint64 alarmId, Severity severity, const QString &message, int ruleId) {
    JsonText json;
    json.beginObject();
    json.put("type", "alarm");
    json.put("alarmId", alarmId);
    json.put("severity", toText(severity));
    json.put("message", message);
    json.key("timestamp");
    json.time(event.time);
    json.put("ruleId", ruleId);
    json.endObject();
    return Frame::text(json.view());
  };
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) {
    if (!isRise(*alarm) || isInhibited(alarm->condition)) return std::nullopt;
    return frame(alarm->alarmId, alarm->severity, alarm->message, alarm->ruleId);
  }
  const auto *change = std::get_if<AlarmConditionChange>(&event.body);
  if (!change || !isBack(*change)) return std::nullopt;
  const QString message = QStringLiteral("Rule %1 -> %2").arg(change->ruleName, toText(change->state));
  return frame(change->alarmId, change->severity, message, change->ruleId);
}

void putCommandStatus(JsonText &json, const CommandStatus &status, Time time) {
  json.put("commandId", status.commandId);
  json.put("status", toText(status.state));
  json.key("actualValue");
  json.value(status.state == CommandState::Succeeded ? status.actualValue : Value());
  const bool isBad = isFinal(status.state) && status.state != CommandState::Succeeded;
  // What is said while all is well is no error: "waits for a second person".
  if (!status.error.isEmpty()) json.put(isBad ? "error" : "message", status.error);
  if (status.state == CommandState::Blocked) {
    json.key("interlockId");
    if (status.interlock == 0) json.null();
    if (status.interlock != 0) json.integer(status.interlock);
  }
  if (isFinal(status.state)) {
    json.key("completedAt");
    json.time(time);
  }
}

Frame commandStatusFrame(const CommandStatus &status, Time time) {
  JsonText json;
  json.beginObject();
  json.put("type", "command_status");
  putCommandStatus(json, status, time);
  json.endObject();
  return Frame::text(json.view());
}

Frame panelError(const QString &message) {
  JsonText json;
  json.beginObject();
  json.put("type", "error");
  json.put("message", message);
  json.endObject();
  return Frame::text(json.view());
}

Frame panelError(int endpointId, const char *message) {
  JsonText json;
  json.beginObject();
  json.put("type", "error");
  json.put("endpointId", endpointId);
  json.put("message", message);
  json.endObject();
  return Frame::text(json.view());
}

}  // namespace tagwire::ws
