// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/permissions.h"
#include "alarmdesks.h"
#include "http/response.h"
#include "services/alarmdesk.h"

namespace tagwire::ws {

/// The areas of several desks as those of one plant, by name.
QList<AlarmArea> mergeAreas(const QList<QList<AlarmArea>> &lists);

/// The areas of every desk; interlocks count as rules of the whole plant.
void askAreas(PluginContext &context, const std::function<void(const DeskAnswers<QList<AlarmArea>> &)> &taker);

/// Only what a caller may read: `whole` tells how many rules each area has, `standing` what is up with them. Areas
/// that merely hold readable ones come too, with the figures of those.
QList<AlarmArea> readableAreas(const QList<AlarmArea> &whole, const QList<AlarmStatus> &standing,
                               const Permissions &permissions);

Response areasResponse(const QList<AlarmArea> &areas);

}  // namespace tagwire::ws
