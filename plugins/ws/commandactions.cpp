// SPDX-License-Identifier: Apache-2.0
#include "commandactions.h"

#include "auditing.h"
#include "auth/commandaccess.h"
#include "commandwish.h"

namespace tagwire::ws {

namespace {

/// Whether it is there is nothing for who may neither see nor do anything with it.
std::optional<Refusal> checkCommand(const GatewayState &state, const QString &commandId, const Caller &caller) {
  const CommandBook::Record *record = state.commands->find(commandId);
  const PointTable &points = state.context.points();
  if (!record || record->points.isEmpty()) return noSuchCommand();
  if (mayOnAll(caller.permissions, right::writeCommands, record->points, points)) return std::nullopt;
  if (!mayOnAll(caller.permissions, right::readCommands, record->points, points)) return noSuchCommand();
  QStringList names;
  for (const PointId id : record->points) {
    const auto point = points.point(id);
    if (point && !caller.may(right::writeCommands, point->fullName)) names << point->fullName;
  }
  return Refusal{403, QStringLiteral("not permitted: commands:write for point %1 is due").arg(names.value(0)), {}};
}

std::optional<Refusal> conflict(const Result<void> &done) {
  return done ? std::nullopt : std::optional(Refusal{409, done.error(), {}});
}

}  // namespace

Operator operatorOf(const Caller &caller, const QString &from, const QString &comment) {
  return {actorOf(caller), addressOf(from), comment};
}

Refusal noSuchCommand() {
  return {404, QStringLiteral("no such command among the last %1").arg(CommandBook::remembered), {}};
}

tl::expected<Selection, Refusal> selectPoint(GatewayState &state, PointId point, const QString &text,
                                             const Caller &caller, const QString &from) {
  const auto known = pointToWrite(point, text, caller, state.context.points());
  if (!known) return tl::unexpected(known.error());
  const auto selection = state.context.commands().select(point, operatorOf(caller, from));
  if (!selection) return tl::unexpected(Refusal{409, selection.error(), {}});
  return *selection;
}

std::optional<Refusal> approveCommand(GatewayState &state, const QString &commandId, const Caller &caller,
                                      const Operator &by) {
  if (auto refusal = checkCommand(state, commandId, caller)) return refusal;
  if (caller.kind == Caller::Kind::Anonymous) {
    return Refusal{403, QStringLiteral("a second person has to approve it: a credential is due"), {}};
  }
  if (state.commands->find(commandId)->command.requestedBy == by.name) {
    return Refusal{403, QStringLiteral("a second person has to approve it: %1 asked for it").arg(by.name), {}};
  }
  const auto done = state.context.commands().approve(commandId, by);
  if (done) state.commands->noteApproval(commandId, by.name);
  return conflict(done);
}

std::optional<Refusal> cancelCommand(GatewayState &state, const QString &commandId, const Caller &caller,
                                     const Operator &by) {
  if (auto refusal = checkCommand(state, commandId, caller)) return refusal;
  return conflict(state.context.commands().cancel(commandId, by));
}

}  // namespace tagwire::ws
