// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QJsonObject>

#include <deque>

#include "rest/part.h"

namespace tagwire::ws {

/// Takes commands by REST (R5-9), waits for their outcome and remembers the last 1,000, also those of others.
/// Thread-bound; owned by the gateway.
class CommandDesk : public RestPart {
 public:
  CommandDesk(Router &router, GatewayState &state);

  void notify(const Event &event) override;
  /// Ends waits that took too long.
  void tick() override;

 private:
  struct Step {
    Time time;
    CommandStatus status;
  };
  struct Record {
    Command command;  ///< only id and point, when somebody else asked for it
    QList<Step> steps;
  };
  struct Wait {
    QString commandId;
    std::chrono::nanoseconds deadline;
    Answer answer;
  };
  static constexpr size_t remembered = 1000;
  static constexpr qsizetype stepsOfOne = 32;

  /// POST /api/os/command. Answers when the command has ended, or after 5 s with what is known then.
  void submit(const Call &call);
  /// GET /api/os/command/{id}: every step.
  Response history(const Call &call) const;
  Result<Command> read(const QJsonObject &body, const Call &call, int &status) const;
  Result<Value> readValue(const QJsonValue &json, const Point &point) const;
  Record &remember(const QString &commandId);
  Response outcome(const Record &record) const;
  void answerWaits(const QString &commandId);
  bool isSame(const Command &one, const Command &two) const;

  GatewayState &m_state;
  PluginContext &m_context;
  QHash<QString, Record> m_records;
  std::deque<QString> m_order;
  QHash<QString, QString> m_byCorrelation;  ///< correlation id → command id
  QList<Wait> m_waits;
};

}  // namespace tagwire::ws
