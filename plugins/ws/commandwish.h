// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

#include "auth/caller.h"
#include "command.h"
#include "context.h"
#include "http/response.h"

namespace tagwire::ws {

/// The keys under which a wire contract has what belongs to a command. Null: it has no such key.
struct CommandWords {
  const char *value;
  const char *type;  ///< "write" (also when absent), "toggle", "pulse"
  const char *duration;
  const char *correlationId;
  const char *comment;
  const char *selection;
  const char *expiry;
  const char *requestedBy;  ///< what the client says of itself
};

/// R5-9
inline constexpr CommandWords panelWords{"value",   "commandType", "durationMs",  "correlationId",
                                         "comment", "selectionId", "expiresInMs", "requestedBy"};
/// /api/v1/commands
inline constexpr CommandWords restWords{"value",   "type",         "duration_ms",   "correlation_id",
                                        "comment", "selection_id", "expires_in_ms", nullptr};
/// R6-5
inline constexpr CommandWords liveWords{"v",       "type",         "duration_ms",   "correlation_id",
                                        "comment", "selection_id", "expires_in_ms", nullptr};

/// What runs a scene, by whatever contract.
inline constexpr CommandWords sceneWords{nullptr,   nullptr, nullptr, "correlation_id",
                                         "comment", nullptr, nullptr, nullptr};

/// What a client wants done with a point, before anything was checked but which point. Plain value.
struct CommandWish {
  PointId point = PointId::None;
  QString pointText;  ///< as the client named the point: "59", "plc1/pump/run"
  QJsonObject body;
  const CommandWords &words;
};

/// The command of a caller who may do that; a refusal with the HTTP status that fits. Who does not hold commands:write
/// for everything cannot tell a point that is not there from one of others. `from` is the client's address.
tl::expected<Command, Refusal> makeCommand(const CommandWish &wish, const Caller &caller, const QString &from,
                                           PluginContext &context);

/// The point, if the caller may write it; `text` is how they named it.
tl::expected<Point, Refusal> pointToWrite(PointId id, const QString &text, const Caller &caller,
                                          const PointTable &points);

/// What stands beside what is to be done: correlation id, comment, selection, expiry.
Result<void> readCircumstances(const CommandWish &wish, Time now, Command &command);

/// Why somebody does something; absent: empty. At most 1,000 characters.
Result<QString> readComment(const QJsonValue &value);

/// "write", "toggle", "pulse", "scene".
QLatin1String wordOf(CommandKind kind);

}  // namespace tagwire::ws
