// SPDX-License-Identifier: Apache-2.0
// Who may read a point, whatever asks for it. What a point tells of where an RTLS tag is needs positions:read of that
// tag, and nothing else opens it; every other point needs points:read of its full name.
#pragma once

#include "access/permissions.h"
#include "point.h"

namespace tagwire::ws {

/// A position that names no tag is for those who may see every tag.
bool mayRead(const Permissions &permissions, const Point &point);
/// Every point there is or ever will be: then nothing has to be hidden.
bool mayReadAllPoints(const Permissions &permissions);
/// Some points, perhaps.
bool mayReadSomePoints(const Permissions &permissions);

}  // namespace tagwire::ws
