// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

#include "auth/caller.h"
#include "command.h"
#include "context.h"
#include "http/response.h"

namespace tagwire::ws {

/// What a client wants written, by REST (R5-9) or by a message (R6-5), before anything was checked but the place where
/// it stood. Plain value.
struct CommandWish {
  PointId point = PointId::None;
  QString pointText;  ///< as the client named the point: "59", "plc1/pump/run"
  QJsonValue value;
  QJsonValue type;  ///< absent: write
  QJsonValue correlationId;
  QJsonValue requestedBy;  ///< what the client says of itself
};

/// The command of a caller who may do that; a refusal with the HTTP status that fits. Who does not hold commands:write
/// for everything cannot tell a point that is not there from one of others. `from` is the client's address.
tl::expected<Command, Refusal> makeCommand(const CommandWish &wish, const Caller &caller, const QString &from,
                                           PluginContext &context);

}  // namespace tagwire::ws
