// SPDX-License-Identifier: Apache-2.0
#include "auth/historyaccess.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

#include "auth/eventaccess.h"

namespace tagwire::ws {

namespace {

/// Whether nothing about a single event of this kind matters.
bool mayReadWhole(const Permissions &permissions, const QString &kind) {
  if (kind == u"alarm" || kind == u"alarm_condition") {
    return permissions.allowAll(right::readAlarms) && permissions.allow(right::readEvents, kind);
  }
  if (kind == u"command")
    return permissions.allowAll(right::readCommands) && permissions.allow(right::readEvents, kind);
  return permissions.allow(right::readEvents, kind);
}

}  // namespace

bool mayReadHistory(const Permissions &permissions, const HistoryPoint &point) {
  if (!permissions.allow(right::readHistory, point.name)) return false;
  if (!point.tag.isEmpty()) return permissions.allow(right::readPositions, point.tag);
  return point.type != ValueType::Position || permissions.allowAll(right::readPositions);
}

bool mayReadAllHistory(const Permissions &permissions) {
  return permissions.allowAll(right::readHistory) && permissions.allowAll(right::readPositions);
}

bool mayReadHistory(const Permissions &permissions, const HistoryEvent &event) {
  if (mayReadWhole(permissions, event.kind)) return true;
  const QJsonObject json = QJsonDocument::fromJson(event.json).object();
  // What a plugin from outside calls alarm is none.
  if (json.contains(QStringLiteral("json"))) return permissions.allow(right::readEvents, event.kind);
  if (event.kind == u"alarm" || event.kind == u"alarm_condition") {
    return permissions.allow(right::readAlarms, json.value(QStringLiteral("area")).toString());
  }
  if (event.kind == u"command") {
    if (json.contains(QStringLiteral("scene"))) {
      const QJsonArray points = json.value(QStringLiteral("points")).toArray();
      return !points.isEmpty() && std::all_of(points.begin(), points.end(), [&](const QJsonValue &each) {
        return permissions.allow(right::readCommands, each.toString());
      });
    }
    const QString point = json.value(QStringLiteral("point")).toString();
    return point.isEmpty() ? permissions.allowAll(right::readCommands) : permissions.allow(right::readCommands, point);
  }
  const QString tag = json.value(QStringLiteral("tag_id")).toString();
  return event.kind == u"trigger" && !tag.isEmpty() && EventAccess::allowTag(permissions, tag);
}

}  // namespace tagwire::ws
