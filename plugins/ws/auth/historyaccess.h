// SPDX-License-Identifier: Apache-2.0
// Who may read what the history holds. A point needs history:read of its full name, and where it tells where an RTLS
// tag is, positions:read of that tag as well, now as then. An event needs what it needed when it happened
// (EventAccess).
#pragma once

#include "access/permissions.h"
#include "point.h"
#include "services/historyreader.h"

namespace tagwire::ws {

/// A point as the history knows it.
bool mayReadHistory(const Permissions &permissions, const HistoryPoint &point);
/// Every point that was ever stored: then nothing has to be hidden.
bool mayReadAllHistory(const Permissions &permissions);
/// An event as it is stored.
bool mayReadHistory(const Permissions &permissions, const HistoryEvent &event);

}  // namespace tagwire::ws
