// SPDX-License-Identifier: Apache-2.0
#include "eventaccess.h"

#include "auth/commandaccess.h"
#include "auth/pointaccess.h"

namespace tagwire::ws {

bool EventAccess::allow(const Permissions &permissions, const Event &event) const {
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) {
    return permissions.allow(right::readAlarms, alarm->area);
  }
  if (const auto *change = std::get_if<AlarmConditionChange>(&event.body)) {
    return permissions.allow(right::readAlarms, change->area);
  }
  if (const auto *trigger = std::get_if<TriggerEvent>(&event.body)) return allowTag(permissions, trigger->tagId);
  if (const auto *status = std::get_if<CommandStatus>(&event.body)) {
    return mayOnAll(permissions, right::readCommands, pointsOf(*status), m_points);
  }
  return permissions.allow(right::readEvents, kindOf(event));
}

bool EventAccess::allowPoint(const Permissions &permissions, PointId id) const {
  const auto point = m_points.point(id);
  return point && mayRead(permissions, *point);
}

bool EventAccess::allowTag(const Permissions &permissions, const QString &tag) {
  return permissions.allow(right::readEvents, u"trigger") || permissions.allow(right::readPositions, tag);
}

bool EventAccess::allowSome(const Permissions &permissions, const QString &kind) {
  if (kind == u"alarm" || kind == u"alarm_condition") return permissions.allowSome(right::readAlarms);
  if (kind == u"command") return permissions.allowSome(right::readCommands);
  if (kind == u"trigger" && permissions.allowSome(right::readPositions)) return true;
  return permissions.allow(right::readEvents, kind);
}

}  // namespace tagwire::ws
