// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/permissions.h"
#include "event.h"
#include "pointtable.h"

namespace tagwire::ws {

/// Decides who may see which event: an alarm needs alarms:read of its area, a command commands:read of its point
/// (of a scene: of all that it writes), a trigger event events:read of "trigger" or positions:read of its tag,
/// everything else events:read of its kind ("system", or a plugin's own). For events and positions a pattern stands for
/// kinds and tag ids. Plain class.
class EventAccess {
 public:
  explicit EventAccess(const PointTable &points) : m_points(points) {}

  bool allow(const Permissions &permissions, const Event &event) const;
  /// Values of this point (mayRead()).
  bool allowPoint(const Permissions &permissions, PointId point) const;
  /// Trigger events of this tag.
  static bool allowTag(const Permissions &permissions, const QString &tag);
  /// Whether some events of this kind (kindOf) may be seen at all.
  static bool allowSome(const Permissions &permissions, const QString &kind);

 private:
  const PointTable &m_points;
};

}  // namespace tagwire::ws
