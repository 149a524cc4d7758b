// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QObject>
#include <QQueue>
#include <QTimer>

#include <deque>
#include <functional>
#include <map>
#include <unordered_map>

#include "../audit/audittrail.h"
#include "../backoff.h"
#include "../hub.h"
#include "commandcontrol.h"
#include "commandjournal.h"
#include "commandlimits.h"
#include "selections.h"

namespace tagwire {

struct PointIdHash {
  size_t operator()(PointId id) const { return qHash(id); }
};

/// What guards points: the interlocks, or in tests something simpler.
struct CommandGuard {
  std::function<QList<Obstacle>(PointId point, const Value &value)> obstacles;
  std::function<QStringList(PointId point, const Value &value)> warnings;
  /// A command was blocked by an interlock.
  std::function<void(const Obstacle &obstacle, const Command &command)> blocked;
};

/// The only way of a command to the plugin that owns the point: checks it, waits for its turn and for whoever has to
/// confirm it, asks the interlocks, hands it on, ends pulses, and sees to it that every command ends. Of one point's
/// commands one is under way at a time. Thread-bound to the host thread; owned by the Runtime.
class TAGWIRE_EXPORT CommandRouter : public QObject, private HubWatcher {
  Q_OBJECT
 public:
  /// Hands a command to the instance `owner`, or says why that is not possible.
  using Execute = std::function<Result<void>(const QString &owner, const Command &command)>;

  static constexpr qsizetype mostWaiting = 100;  ///< for one point
  static constexpr qsizetype mostOpen = 1000;    ///< not ended yet, in all
  static constexpr qsizetype mostRemembered = 1000;

  CommandRouter(const PointTable &points, Hub &hub, const Clock &clock, Execute execute);
  ~CommandRouter() override;

  void setGuard(CommandGuard guard) { m_guard = std::move(guard); }
  /// Not owned; null: nothing is recorded.
  void setAudit(AuditTrail *audit) { m_audit = audit; }
  /// Once every point is declared: what an earlier run left, and pulses that it did not end. Without a folder nothing
  /// is kept.
  void open(const QString &folder, const QLoggingCategory &log);
  /// Once every sink is there: tells of what was interrupted.
  void start();
  /// After a reload: others may have a shortest time on or off.
  void watchPoints();
  /// The program ends: pulses end early, and nothing begins any more. True while a pulse is still on.
  bool endPulses(const QString &why);

  /// A refusal comes as a final status, like every other outcome. A correlation id seen before (of the last 1,000
  /// commands, over a restart too) carries nothing out again: the statuses of the first command come under the new id
  /// as well. With another point, kind or value it fails.
  void request(Command command);

  DryRun dryRun(const Command &command) const;
  Result<Selection> select(PointId point, const Operator &by);
  Result<void> deselect(const QString &selection, const Operator &by);
  Result<void> approve(const QString &commandId, const Operator &by);
  Result<void> cancel(const QString &commandId, const Operator &by);

  /// Full name; empty when there is no such point.
  QString nameOf(PointId point) const;

  /// Deadlines. Called by a timer of its own while anything is open; by tests with a ManualClock.
  void tick();

 private:
  using Moment = std::chrono::nanoseconds;
  enum class Phase : quint8 {
    Approval,  ///< waits for a second person
    Waiting,   ///< for its turn
    Keeping,   ///< for the journal
    Handed,    ///< the plugin has it
    PulseOn,   ///< the pulse's value is out
    PulseOff,  ///< its safe value is being written
    Over
  };
  struct Known {
    Command command;
    CommandStatus last;
    QStringList aliases;  ///< ids of later commands with the same correlation id
    Phase phase = Phase::Waiting;
    Moment deadline{0};
    Moment expires{0};                         ///< not sent after this; no clock that is set moves it
    Value before;                              ///< the point's value when it was sent
    Value actual;                              ///< of a pulse: what was read back while it was on
    std::optional<CommandStatus> ending = {};  ///< of a pulse: how it ends once the safe value is back; none: well
    bool wasSent = false;
    bool isClosed = false;       ///< its final status went by
    bool hasLateAnswer = false;  ///< the plugin told an outcome after that
  };
  /// A pulse that is to end: the safe value is written until it is there.
  struct PulseEnd {
    QString pulse;
    QString child;  ///< the write under way; empty: none
    Moment at{0};   ///< the next try; with a child: until when it has to have ended
    int tries = 0;
    Backoff backoff{std::chrono::milliseconds(500), std::chrono::seconds(10)};
  };
  struct Lane {
    std::deque<QString> waiting;
    QString current;
    PointUse use;
    std::optional<bool> isOn;
    bool isTurning = false;
  };

  // Values of points that have a shortest time on or off.
  void samplesPassed(const Samples &watched) override;
  void eventPassed(const Event &) override {}

  bool answerRepeat(const Command &given);
  Result<void> takeSelection(const Command &command);
  bool isStop(const Command &command) const;
  qsizetype waitingForApproval(PointId point) const;
  void enqueue(Known &known);
  void next(PointId point);
  void turn(Known &known);
  QList<Obstacle> obstaclesOf(const Command &command) const;
  std::optional<Obstacle> obstacleNowOf(const QString &id) const;
  Result<Value> valueNow(const Command &command) const;
  void handOver(const QString &id);
  Result<void> execute(const Command &command);
  bool tellIfLate(const CommandStatus &status);
  void follow(const CommandStatus &status);
  void step(const Known &known, CommandState state, const QString &text = {});
  void end(Known &known, CommandState state, const QString &text = {}, const Value &actual = {}, int interlock = 0);
  void closed(Known &known);
  void checkDeadline(Known &known, Moment now);

  bool followPulse(const CommandStatus &status);
  void followPulseOn(Known &known, const CommandStatus &status);
  bool stopPulse(Known &known, const QString &why);
  void endPulse(Known &known, std::optional<CommandStatus> ending);
  void writeSafe(PointId point);
  void safeWasWritten(PointId point);
  void safeWasNotWritten(PointId point, const QString &why);

  void takeOver(const CommandRecord &record);
  void tellInterrupted();
  Known &remember(const Command &command);
  void forgetOldest();
  bool isPulseOpen(const Known &known) const;
  void keep(KeptFile::Done done = {});
  void raise(const CommandStatus &status);
  void say(const QString &kind, const QString &text, Severity severity);
  void audit(const Known &known, const QString &action, const Operator &by, const QJsonObject &details = {});
  Known *find(const QString &id);

  const PointTable &m_points;
  Hub &m_hub;
  const Clock &m_clock;
  const Execute m_execute;
  CommandGuard m_guard;
  AuditTrail *m_audit = nullptr;
  KeptCommands m_journal;                                ///< `commands.json`
  QList<std::pair<QString, SystemEvent>> m_interrupted;  ///< commands that the end of the program cut
  Selections m_selections;
  // References to what they hold stay good while others are added.
  std::unordered_map<QString, Known> m_known;
  std::unordered_map<PointId, Lane, PointIdHash> m_lanes;
  std::map<PointId, PulseEnd> m_ends;
  QHash<QString, QString> m_byCorrelation;
  QHash<QString, QString> m_pulses;  ///< by the id of a write that is part of one
  QQueue<QString> m_order;
  QTimer m_timer;
  qsizetype m_open = 0;
  int m_nesting = 0;
  bool m_isDiskSlow = false;  ///< it was told
  QString m_stopping;         ///< why nothing begins any more; empty: it does
};

}  // namespace tagwire
