// SPDX-License-Identifier: Apache-2.0
#include "commandaccess.h"

#include <algorithm>

namespace tagwire::ws {

QList<PointId> pointsOf(const CommandStatus &status) {
  if (status.scene != 0) return status.scenePoints;
  return status.point == PointId::None ? QList<PointId>() : QList<PointId>{status.point};
}

bool mayOnAll(const Permissions &permissions, Right right, const QList<PointId> &ids, const PointTable &points) {
  if (ids.isEmpty()) return permissions.allowAll(right);
  return std::all_of(ids.begin(), ids.end(), [&](PointId id) {
    const auto point = points.point(id);
    return point ? permissions.allow(right, point->fullName) : permissions.allowAll(right);
  });
}

}  // namespace tagwire::ws
