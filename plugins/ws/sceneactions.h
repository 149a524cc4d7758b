// SPDX-License-Identifier: Apache-2.0
// Scenes for clients: the same by REST and by message. Who sees a scene may read the commands of every point that it
// writes, and what it waits for; who runs it may write them all.
#pragma once

#include "commands/scenestatus.h"
#include "gatewaystate.h"

namespace tagwire::ws {

bool mayReadScene(const SceneStatus &scene, const Caller &caller, const PointTable &points);

/// The command that runs a scene; `body` may hold "correlation_id" and "comment". A refusal has the HTTP status that
/// fits; of a scene that the caller may neither see nor run it says that there is none.
tl::expected<Command, Refusal> sceneCommand(GatewayState &state, int scene, const QJsonObject &body,
                                            const Caller &caller, const QString &from);

Refusal noSuchScene(int id);

}  // namespace tagwire::ws
