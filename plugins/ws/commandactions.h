// SPDX-License-Identifier: Apache-2.0
// What operators do with commands beside asking for them: the same by REST and by every protocol that has it. `from` is
// the client's address. Each is held to the caller's commands:write for the point.
#pragma once

#include "commands/commandcontrol.h"
#include "gatewaystate.h"

namespace tagwire::ws {

Operator operatorOf(const Caller &caller, const QString &from, const QString &comment = {});

/// Reserves a point; `text` is how the client named it.
tl::expected<Selection, Refusal> selectPoint(GatewayState &state, PointId point, const QString &text,
                                             const Caller &caller, const QString &from);
/// A command that waits for a second person goes on. Somebody who showed no credential is no person.
std::optional<Refusal> approveCommand(GatewayState &state, const QString &commandId, const Caller &caller,
                                      const Operator &by);
std::optional<Refusal> cancelCommand(GatewayState &state, const QString &commandId, const Caller &caller,
                                     const Operator &by);

Refusal noSuchCommand();

}  // namespace tagwire::ws
