// SPDX-License-Identifier: Apache-2.0
// Who may see or do something with a command: that goes by the point it writes, or by all that its scene writes.
#pragma once

#include "access/permissions.h"
#include "event.h"
#include "pointtable.h"

namespace tagwire::ws {

/// Empty: it is not known.
QList<PointId> pointsOf(const CommandStatus &status);
/// On every one of the points; of what is not known, on all that there can be.
bool mayOnAll(const Permissions &permissions, Right right, const QList<PointId> &ids, const PointTable &points);

}  // namespace tagwire::ws
