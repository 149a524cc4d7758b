// SPDX-License-Identifier: Apache-2.0
#include "scenejournal.h"

#include <algorithm>

namespace tagwire {

QJsonObject keptRecord(const SceneRecord &record) {
  QJsonObject json = keptCommand(record.command);
  json.insert(QStringLiteral("scene"), record.command.scene);
  json.insert(QStringLiteral("state"), toText(record.state));
  json.insert(QStringLiteral("step"), record.step);
  json.insert(QStringLiteral("is_stopping"), record.isStopping);
  json.insert(QStringLiteral("text"), record.text);
  json.insert(QStringLiteral("interlock"), record.interlock);
  json.insert(QStringLiteral("ended"), keptTime(record.ended));
  return json;
}

std::optional<SceneRecord> keptSceneFrom(const QJsonObject &json) {
  SceneRecord record;
  record.command = keptCommandFrom(json);
  record.command.kind = CommandKind::Scene;
  record.command.scene = json.value(QLatin1String("scene")).toInt();
  record.state = keptStateFrom(json.value(QLatin1String("state")));
  record.step = std::max(0, json.value(QLatin1String("step")).toInt());
  record.isStopping = json.value(QLatin1String("is_stopping")).toBool();
  record.text = json.value(QLatin1String("text")).toString();
  record.interlock = json.value(QLatin1String("interlock")).toInt();
  record.ended = keptTimeFrom(json.value(QLatin1String("ended")));
  return record.command.id.isEmpty() ? std::nullopt : std::optional(record);
}

}  // namespace tagwire
