// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>

#include <chrono>

#include "rest/part.h"

namespace tagwire::ws {

/// Takes commands by REST, waits for their outcome and tells how the newest ones went, also those of others: R5-9, and
/// for CommandRoutes. Thread-bound; owned by the gateway.
class CommandDesk : public RestPart {
 public:
  /// How a contract tells of a command.
  using Form = Response (*)(const CommandBook::Record &record, const PointTable &points);

  CommandDesk(Router &router, GatewayState &state);

  /// Hands a command on, or finds that it was before (correlation id). Answers when it has ended or waits for a second
  /// person, or after `patience` with what is known then.
  void submit(const Command &command, const Call &call, std::chrono::nanoseconds patience, Form form);

  void notify(const Event &event) override;
  /// Ends waits that took too long.
  void tick() override;

 private:
  struct Wait {
    QString commandId;
    std::chrono::nanoseconds deadline;
    Answer answer;
    Form form;
  };

  /// POST /api/os/command
  void submitForPanel(const Call &call);
  /// GET /api/os/command/{id}: every step.
  Response history(const Call &call) const;
  void answer(const Wait &wait) const;
  void answerWaits(const QString &commandId);

  GatewayState &m_state;
  PluginContext &m_context;
  CommandBook &m_book;
  QList<Wait> m_waits;
};

/// A command that the caller of a request may read, by the request's {id}; null: none.
const CommandBook::Record *readableCommand(const Call &call, const GatewayState &state);

}  // namespace tagwire::ws
