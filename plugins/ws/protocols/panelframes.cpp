// SPDX-License-Identifier: Apache-2.0
#include "panelframes.h"

#include "jsontext.h"

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

Frame alarmFrame(const AlarmTransition &alarm, Time time) {
  JsonText json;
  json.beginObject();
  json.put("type", "alarm");
  json.put("alarmId", alarm.alarmId);
  json.put("severity", toText(alarm.severity));
  json.put("message", alarm.message);
  json.key("timestamp");
  json.time(time);
  json.put("ruleId", alarm.ruleId);
  json.endObject();
  return Frame::text(json.view());
}

void putCommandStatus(JsonText &json, const CommandStatus &status, Time time) {
  json.put("commandId", status.commandId);
  json.put("status", toText(status.state));
  json.key("actualValue");
  json.value(status.state == CommandState::Succeeded ? status.actualValue : Value());
  if (!status.error.isEmpty()) json.put("error", status.error);
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
