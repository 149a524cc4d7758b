// SPDX-License-Identifier: Apache-2.0
#include "commandjournal.h"

namespace tagwire {

QJsonObject keptRecord(const CommandRecord &record, const QString &point) {
  QJsonObject json = keptCommand(record.command);
  json.insert(QStringLiteral("point"), point);
  json.insert(QStringLiteral("value"), toJson(record.command.value));
  json.insert(QStringLiteral("kind"), static_cast<int>(record.command.kind));
  json.insert(QStringLiteral("duration_ms"), static_cast<qint64>(record.command.duration.count()));
  json.insert(QStringLiteral("state"), toText(record.last.state));
  json.insert(QStringLiteral("actual_value"), toJson(record.last.actualValue));
  json.insert(QStringLiteral("text"), record.last.error);
  json.insert(QStringLiteral("interlock"), record.last.interlock);
  if (record.wasBegun) json.insert(QStringLiteral("begun"), true);
  if (record.isPulseOpen) json.insert(QStringLiteral("pulse_open"), true);
  return json;
}

std::optional<CommandRecord> keptRecordFrom(const QJsonObject &json, const PointTable &points) {
  const auto point = points.point(points.find(json.value(QLatin1String("point")).toString()));
  if (!point) return std::nullopt;
  const auto valueOf = [&](const char *key) {
    return valueFromJson(json.value(QLatin1String(key)))
        .and_then([&](const Value &each) { return convertTo(each, point->type); })
        .value_or(Value());
  };
  CommandRecord record;
  Command &command = record.command;
  command = keptCommandFrom(json);
  command.point = point->id;
  command.kind = static_cast<CommandKind>(qBound(0, json.value(QLatin1String("kind")).toInt(), 2));
  command.value = valueOf("value");  // a toggle has none until its turn comes
  command.duration = std::chrono::milliseconds(json.value(QLatin1String("duration_ms")).toInteger());
  record.last = {command.id,
                 point->id,
                 keptStateFrom(json.value(QLatin1String("state"))),
                 valueOf("actual_value"),
                 json.value(QLatin1String("text")).toString(),
                 json.value(QLatin1String("interlock")).toInt()};
  record.wasBegun = json.value(QLatin1String("begun")).toBool();
  record.isPulseOpen = json.value(QLatin1String("pulse_open")).toBool();
  return command.id.isEmpty() ? std::nullopt : std::optional(record);
}

}  // namespace tagwire
