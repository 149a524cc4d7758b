// SPDX-License-Identifier: Apache-2.0
// How commands look by REST: to panels (R5-9, camelCase) and by /api/v1 (snake_case).
#pragma once

#include <QJsonObject>

#include "commandbook.h"
#include "http/response.h"

namespace tagwire::ws {

/// 200 ended well, 202 under way, 403 blocked, 409 ended otherwise.
int httpStatus(CommandState state);
/// For people: why, or how it went.
QString messageOf(const CommandBook::Record &record);

/// R5-9: {"commandId","status","message","actualValue"}, and "interlockId" of one that is blocked.
Response panelOutcome(const CommandBook::Record &record, const PointTable &points);
/// The same with every step.
QJsonObject panelHistory(const CommandBook::Record &record, const PointTable &points);

/// By /api/v1, without its steps.
QJsonObject commandObject(const CommandBook::Record &record, const PointTable &points);
QJsonArray commandSteps(const CommandBook::Record &record);
Response commandOutcome(const CommandBook::Record &record, const PointTable &points);

}  // namespace tagwire::ws
