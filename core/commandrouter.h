// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QObject>
#include <QQueue>

#include <functional>

#include "command.h"
#include "hub.h"

namespace tagwire {

/// The only way of a command to the plugin that owns the point: checks it, hands it on, and sees to it that every
/// command ends. Thread-bound to the host thread; owned by the Runtime.
class TAGWIRE_EXPORT CommandRouter : public QObject {
  Q_OBJECT
 public:
  /// Hands a command to the instance `owner`, or says why that is not possible.
  using Execute = std::function<Result<void>(const QString &owner, const Command &command)>;

  CommandRouter(const PointTable &points, Hub &hub, const Clock &clock, Execute execute);

  /// A refusal comes as a final status, like every other outcome. A correlation id seen before (of the last 1,000
  /// commands) carries nothing out again: the statuses of the first command come under the new id as well. With another
  /// point or value it fails.
  void request(Command command);

 private:
  struct Known {
    Command command;
    CommandStatus last;
    QStringList aliases;  ///< ids of later commands with the same correlation id
  };

  Result<Command> checked(Command command) const;
  bool isSame(const Command &known, const Command &given) const;
  void follow(const CommandStatus &status);
  void remember(const Command &command);
  void raise(const CommandStatus &status);
  void giveUp(const QString &commandId);

  const PointTable &m_points;
  Hub &m_hub;
  const Clock &m_clock;
  Execute m_execute;
  QHash<QString, Known> m_known;
  QHash<QString, QString> m_byCorrelation;
  QQueue<QString> m_order;
};

}  // namespace tagwire
