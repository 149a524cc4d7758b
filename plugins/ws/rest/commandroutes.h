// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "commands/commandcontrol.h"
#include "rest/commanddesk.h"

namespace tagwire::ws {

/// /api/v1/commands: commands with all that belongs to them, what would become of one, approval, cancelling,
/// selections. Thread-bound; owned by the gateway, as the desk, which outlives it.
class CommandRoutes : public RestPart {
 public:
  CommandRoutes(Router &router, GatewayState &state, CommandDesk &desk);

 private:
  struct Wish {
    Command command;
    std::chrono::milliseconds wait;
  };
  void addCommands(Router &router);
  void addSelections(Router &router);
  void submit(const Call &call) const;
  void dryRun(const Call &call) const;
  void list(const Call &call) const;
  void one(const Call &call) const;
  void approve(const Call &call) const;
  void cancel(const Call &call) const;
  void select(const Call &call) const;
  void deselect(const Call &call) const;
  void refuse(const Call &call, const Refusal &refusal) const;
  tl::expected<Wish, Refusal> wishOf(const Call &call) const;
  tl::expected<Command, Refusal> commandOf(const Call &call, const QJsonObject &body) const;
  Result<Operator> doer(const Call &call) const;
  /// What became of an approval or a cancelling.
  void tell(const Call &call, const std::optional<Refusal> &refusal) const;

  GatewayState &m_state;
  CommandDesk &m_desk;
};

/// How long an answer waits for the outcome.
Result<std::chrono::milliseconds> readWait(const QJsonValue &value);
/// The comment of a body that may hold nothing else, and may be left out.
Result<QString> commentOf(const Call &call);
/// Such a body.
constexpr const char *commentSchema =
    R"({"type":"object","properties":{"comment":{"type":"string","maxLength":1000}}})";

}  // namespace tagwire::ws
