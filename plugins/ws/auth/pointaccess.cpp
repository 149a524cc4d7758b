// SPDX-License-Identifier: Apache-2.0
#include "auth/pointaccess.h"

namespace tagwire::ws {

bool mayRead(const Permissions &permissions, const Point &point) {
  if (!point.tag.isEmpty()) return permissions.allow(right::readPositions, point.tag);
  if (point.type == ValueType::Position) return permissions.allowAll(right::readPositions);
  return permissions.allow(right::readPoints, point.fullName);
}

bool mayReadAllPoints(const Permissions &permissions) {
  return permissions.allowAll(right::readPoints) && permissions.allowAll(right::readPositions);
}

bool mayReadSomePoints(const Permissions &permissions) {
  return permissions.allowSome(right::readPoints) || permissions.allowSome(right::readPositions);
}

}  // namespace tagwire::ws
