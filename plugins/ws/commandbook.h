// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QList>

#include <deque>
#include <memory>

#include "auth/caller.h"
#include "command.h"
#include "context.h"

namespace tagwire::ws {

/// The newest 1,000 commands with every step they took, for all gateways together: an operator sees the outcome of what
/// they wrote on any of their ports (R5-2), and one who asks twice with the same correlation id asks once (R5-11).
/// Commands that others asked for (another SCADA) are in it too, from their first step on. Thread-bound (main thread);
/// shared by the gateways.
class CommandBook {
 public:
  static constexpr size_t remembered = 1000;
  static constexpr qsizetype stepsOfOne = 32;

  struct Step {
    Time time;
    CommandStatus status;
  };
  struct Record {
    Command command;        ///< only id, point and scene, when somebody else asked for it
    QList<PointId> points;  ///< that it writes; empty: not known (yet)
    QString owner;          ///< empty then
    QList<Step> steps;
    bool waitsForApproval = false;  ///< for a second person
    QString approvedBy;             ///< "user:bob"; empty: nobody had to, or did

    /// Whether more is known than what its steps tell.
    bool isOurs() const { return !owner.isEmpty(); }
    CommandStatus last() const { return steps.isEmpty() ? CommandStatus() : steps.last().status; }
    bool isFor(const Command &other) const;
    bool hasEnded() const { return !steps.isEmpty() && isFinal(steps.last().status.state); }
  };

  static std::shared_ptr<CommandBook> of(PluginContext &context);

  /// Before the command is handed on.
  void note(const Command &command, const Caller &caller);
  /// One step. Every gateway tells it, the first one counts.
  void follow(const CommandStatus &status, Time time);
  void noteApproval(const QString &commandId, const QString &by);

  bool isOf(const QString &commandId, const Caller &caller) const;
  /// Null when it is not among the newest. Valid until something is added.
  const Record *find(const QString &commandId) const;
  /// The newest first, without the writes that a pulse is made of: those are found by their id alone. Valid until
  /// something is added.
  QList<const Record *> newestFirst() const;
  /// What this caller asked for earlier with this correlation id; null: nothing.
  const Record *earlier(const QString &correlationId, const Caller &caller) const;
  /// The correlation id as the router gets it: two callers who count 1, 2, 3 … never meet.
  static QString scoped(const QString &correlationId, const Caller &caller);

 private:
  Record &remember(const QString &commandId);
  void forgetOne();

  QHash<QString, Record> m_records;
  QHash<QString, QString> m_byCorrelation;  ///< scoped correlation id → command id
  std::deque<QString> m_order;              ///< the oldest first
};

}  // namespace tagwire::ws
