// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/permissions.h"
#include "http/response.h"
#include "services/alarmdesk.h"

namespace tagwire::ws {

/// The areas of several desks as those of one plant, by name.
QList<AlarmArea> mergeAreas(const QList<QList<AlarmArea>> &lists);

/// Only what a caller may read: `whole` tells how many rules each area has, `standing` what is up with them. Areas
/// that merely hold readable ones come too, with the figures of those.
QList<AlarmArea> readableAreas(const QList<AlarmArea> &whole, const QList<AlarmStatus> &standing,
                               const Permissions &permissions);

Response areasResponse(const QList<AlarmArea> &areas);

}  // namespace tagwire::ws
