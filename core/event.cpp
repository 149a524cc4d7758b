// SPDX-License-Identifier: Apache-2.0
#include "event.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QUuid>

#include "command.h"
#include "pointtable.h"

namespace tagwire {

namespace {

void put(QJsonObject &json, const char *key, const std::optional<double> &number) {
  if (number) json.insert(QLatin1String(key), *number);
}

void put(QJsonObject &json, const char *key, const QString &text) {
  if (!text.isEmpty()) json.insert(QLatin1String(key), text);
}

void putPoint(QJsonObject &json, PointId id, const PointTable &points) {
  if (const auto point = points.point(id)) json.insert(QStringLiteral("point"), point->fullName);
}

void describe(QJsonObject &json, const AlarmTransition &alarm, const PointTable &points) {
  json.insert(QStringLiteral("alarm_id"), alarm.alarmId);
  json.insert(QStringLiteral("rule_id"), alarm.ruleId);
  json.insert(QStringLiteral("rule_name"), alarm.ruleName);
  put(json, "area", alarm.area);
  json.insert(QStringLiteral("state"), toText(alarm.state));
  json.insert(QStringLiteral("previous"), toText(alarm.previous));
  json.insert(QStringLiteral("condition"), toText(alarm.condition));
  json.insert(QStringLiteral("severity"), toText(alarm.severity));
  json.insert(QStringLiteral("comparison"), alarm.comparison);
  put(json, "level", alarm.level);
  putPoint(json, alarm.point, points);
  json.insert(QStringLiteral("datapoint_id"), alarm.pointNumber);
  json.insert(QStringLiteral("value"), toJson(Value(alarm.value)));
  put(json, "value_text", alarm.valueText);
  put(json, "warning_threshold", alarm.warningThreshold);
  put(json, "alarm_threshold", alarm.alarmThreshold);
  put(json, "warning_threshold_low", alarm.warningThresholdLow);
  put(json, "warning_threshold_high", alarm.warningThresholdHigh);
  put(json, "alarm_threshold_low", alarm.alarmThresholdLow);
  put(json, "alarm_threshold_high", alarm.alarmThresholdHigh);
  json.insert(QStringLiteral("message"), alarm.message);
  if (alarm.isFirstOut) json.insert(QStringLiteral("first_out"), true);
  if (alarm.isChattering) json.insert(QStringLiteral("chattering"), true);
  if (!alarm.isStored) json.insert(QStringLiteral("stored"), false);
}

void describe(QJsonObject &json, const AlarmConditionChange &change, const PointTable &) {
  if (change.alarmId > 0) json.insert(QStringLiteral("alarm_id"), change.alarmId);
  json.insert(QStringLiteral("rule_id"), change.ruleId);
  json.insert(QStringLiteral("rule_name"), change.ruleName);
  put(json, "area", change.area);
  json.insert(QStringLiteral("state"), toText(change.state));
  json.insert(QStringLiteral("severity"), toText(change.severity));
  json.insert(QStringLiteral("condition"), toText(change.condition));
  json.insert(QStringLiteral("previous_condition"), toText(change.previous));
  json.insert(QStringLiteral("cause"), change.cause);
  json.insert(QStringLiteral("by"), change.by);
  put(json, "comment", change.comment);
  if (change.until) json.insert(QStringLiteral("until"), toIso(*change.until));
  if (!change.isStored) json.insert(QStringLiteral("stored"), false);
}

void describe(QJsonObject &json, const TriggerEvent &trigger, const PointTable &) {
  json.insert(QStringLiteral("trigger_id"), trigger.triggerId);
  json.insert(QStringLiteral("trigger_name"), trigger.triggerName);
  json.insert(QStringLiteral("direction"), trigger.direction);
  json.insert(QStringLiteral("tag_id"), trigger.tagId);
  put(json, "tag_name", trigger.tagName);
  json.insert(QStringLiteral("zone_id"), trigger.zoneId);
  json.insert(QStringLiteral("x"), toJson(Value(trigger.x)));
  json.insert(QStringLiteral("y"), toJson(Value(trigger.y)));
  json.insert(QStringLiteral("z"), toJson(Value(trigger.z)));
  put(json, "reason", trigger.reason);
  put(json, "origin", trigger.origin);
}

void describe(QJsonObject &json, const CommandStatus &status, const PointTable &points) {
  json.insert(QStringLiteral("command_id"), status.commandId);
  putPoint(json, status.point, points);
  json.insert(QStringLiteral("status"), toText(status.state));
  json.insert(QStringLiteral("actual_value"), toJson(status.actualValue));
  const bool isBad = isFinal(status.state) && status.state != CommandState::Succeeded;
  put(json, isBad ? "error" : "message", status.error);
  if (status.scene == 0) return;
  json.insert(QStringLiteral("scene"), status.scene);
  QJsonArray names;
  for (const PointId id : status.scenePoints) {
    if (const auto point = points.point(id)) names.append(point->fullName);
  }
  json.insert(QStringLiteral("points"), names);
}

void describe(QJsonObject &json, const SystemEvent &system, const PointTable &) {
  json.insert(QStringLiteral("kind"), system.kind);
  json.insert(QStringLiteral("text"), system.text);
  json.insert(QStringLiteral("severity"), toText(system.severity));
}

void describe(QJsonObject &json, const CustomEvent &custom, const PointTable &) {
  // Wrapped in an array, so that any JSON value is admitted.
  const auto document = QJsonDocument::fromJson('[' + custom.json + ']');
  json.insert(QStringLiteral("json"), document.array().first());
}

}  // namespace

QLatin1String toText(AlarmState state) {
  switch (state) {
    case AlarmState::Ok:
      return QLatin1String("OK");
    case AlarmState::Warning:
      return QLatin1String("WARNING");
    case AlarmState::Alarm:
      return QLatin1String("ALARM");
  }
  return QLatin1String("");
}

QLatin1String toText(AlarmCondition condition) {
  switch (condition) {
    case AlarmCondition::Normal:
      return QLatin1String("Normal");
    case AlarmCondition::UnacknowledgedActive:
      return QLatin1String("Unacknowledged-Active");
    case AlarmCondition::AcknowledgedActive:
      return QLatin1String("Acknowledged-Active");
    case AlarmCondition::RtnUnacknowledged:
      return QLatin1String("RTN-Unacknowledged");
    case AlarmCondition::Latched:
      return QLatin1String("Latched");
    case AlarmCondition::Shelved:
      return QLatin1String("Shelved");
    case AlarmCondition::SuppressedByDesign:
      return QLatin1String("Suppressed-by-Design");
    case AlarmCondition::OutOfService:
      return QLatin1String("Out-of-Service");
  }
  return QLatin1String("");
}

QLatin1String toText(Severity severity) {
  switch (severity) {
    case Severity::Info:
      return QLatin1String("info");
    case Severity::Minor:
      return QLatin1String("minor");
    case Severity::Major:
      return QLatin1String("major");
    case Severity::Critical:
      return QLatin1String("critical");
  }
  return QLatin1String("");
}

QLatin1String toText(CommandState state) {
  switch (state) {
    case CommandState::Queued:
      return QLatin1String("queued");
    case CommandState::Sent:
      return QLatin1String("sent");
    case CommandState::Acked:
      return QLatin1String("acked");
    case CommandState::Succeeded:
      return QLatin1String("succeeded");
    case CommandState::Failed:
      return QLatin1String("failed");
    case CommandState::Blocked:
      return QLatin1String("blocked");
    case CommandState::Expired:
      return QLatin1String("expired");
    case CommandState::Unknown:
      return QLatin1String("unknown");
  }
  return QLatin1String("");
}

QString kindOf(const Event &event) {
  static const QLatin1String kinds[] = {QLatin1String("alarm"), QLatin1String("alarm_condition"),
                                        QLatin1String("trigger"), QLatin1String("command"), QLatin1String("system")};
  if (const auto *custom = std::get_if<CustomEvent>(&event.body)) return custom->type;
  return kinds[event.body.index()];
}

QJsonObject toJson(const Event &event, const PointTable &points) {
  QJsonObject json{{QStringLiteral("seq"), static_cast<qint64>(event.sequence)},
                   {QStringLiteral("type"), kindOf(event)},
                   {QStringLiteral("t"), toIso(event.time)},
                   {QStringLiteral("source"), event.source}};
  std::visit([&](const auto &body) { describe(json, body, points); }, event.body);
  return json;
}

std::optional<CommandStatus> obstacleNow(const Command &command) {
  const auto obstacle = command.obstacle ? command.obstacle() : std::nullopt;
  if (!obstacle) return std::nullopt;
  return CommandStatus{command.id, command.point, obstacle->outcome, Value(), obstacle->text, obstacle->interlock};
}

QString newCommandId() { return QUuid::createUuid().toString(QUuid::WithoutBraces); }

qsizetype textSize(const Event &event) {
  if (const auto *custom = std::get_if<CustomEvent>(&event.body)) return 2 * custom->type.size() + custom->json.size();
  if (const auto *system = std::get_if<SystemEvent>(&event.body)) return 2 * system->text.size();
  if (const auto *status = std::get_if<CommandStatus>(&event.body)) return 2 * status->error.size();
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) return 2 * alarm->message.size();
  if (const auto *change = std::get_if<AlarmConditionChange>(&event.body)) return 2 * change->comment.size();
  return 0;
}

}  // namespace tagwire
