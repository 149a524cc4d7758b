// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>

#include <chrono>

#include "rest/part.h"

namespace tagwire::ws {

/// Takes commands by REST (R5-9), waits for their outcome and tells how the newest ones went, also those of others.
/// Thread-bound; owned by the gateway.
class CommandDesk : public RestPart {
 public:
  CommandDesk(Router &router, GatewayState &state);

  void notify(const Event &event) override;
  /// Ends waits that took too long.
  void tick() override;

 private:
  struct Wait {
    QString commandId;
    std::chrono::nanoseconds deadline;
    Answer answer;
  };

  /// POST /api/os/command. Answers when the command has ended, or after 5 s with what is known then.
  void submit(const Call &call);
  /// GET /api/os/command/{id}: every step.
  Response history(const Call &call) const;
  Response outcome(const QString &commandId, const CommandStatus &status) const;
  void answerWaits(const QString &commandId);

  GatewayState &m_state;
  PluginContext &m_context;
  CommandBook &m_book;
  QList<Wait> m_waits;
};

}  // namespace tagwire::ws
