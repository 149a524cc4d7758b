// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QObject>
#include <QQueue>
#include <QTimer>

#include <unordered_map>

#include "commandrouter.h"
#include "interlocks.h"
#include "scenejournal.h"
#include "scenerule.h"
#include "scenestatus.h"

namespace tagwire {

/// Runs the scenes of the manifest (docs/scenes.md). A run is one command with its own id and statuses; each of its
/// steps is a command of its own, `<id>/<step>`, which goes through the router like any other. Thread-bound to the host
/// thread; owned by the Runtime.
class TAGWIRE_EXPORT Scenes : public QObject, private HubWatcher {
  Q_OBJECT
 public:
  static constexpr qsizetype mostRunning = 32;

  /// `interlocks` judge what a scene waits for; `commands` carry out its steps. Both outlive it.
  Scenes(Hub &hub, const Clock &clock, Interlocks &interlocks, CommandRouter &commands, Metrics &metrics);
  ~Scenes() override;

  /// Not owned; null: nothing is recorded.
  void setAudit(AuditTrail *audit) { m_audit = audit; }
  /// Before open(), and again after a reload: what is running goes on as it began. After that of the interlocks.
  void configure(const QList<Scene> &scenes);
  /// After configure(), while it runs.
  void configured();
  /// What an earlier run of the program left. What was under way then has an unknown outcome and is not carried on.
  void open(const QString &folder, const QLoggingCategory &log);
  /// After that of the interlocks. Tells from the event loop what open() found.
  void start();

  /// A command of the kind Scene. A refusal comes as a final status. A correlation id seen before (of the last 1,000
  /// runs, over a restart too) carries nothing out again: the statuses of the first run come under the new id as well.
  void request(Command command);
  /// Some run has this command id.
  bool has(const QString &commandId) const { return m_runs.count(commandId) > 0; }
  /// What is under way of it is cancelled, `on_stop` is carried out, and it ends as failed. Error: it is over, or is
  /// being stopped.
  Result<void> cancel(const QString &commandId, const Operator &by);
  QList<SceneStatus> all() const;

  /// The program ends: each run is stopped, and none begins any more. True while one is not over.
  bool stop(const QString &why);
  /// Ends what stop() could not in time.
  void abandon();

  /// Waits and time-outs. Called by a timer of its own while anything runs; by tests with a ManualClock.
  void tick();

 private:
  using Moment = std::chrono::nanoseconds;
  enum class Phase : quint8 {
    Keeping,   ///< the journal is being written; the step begins then
    Acting,    ///< its command is under way
    Waiting,   ///< for its time
    Awaiting,  ///< for its conditions
    Over
  };
  struct Run {
    SceneRecord record;
    std::shared_ptr<const Scene> scene;  ///< as it was when the run began; null: the manifest does not have it
    CommandStatus last;
    QStringList aliases;  ///< ids of later commands with the same correlation id
    Phase phase = Phase::Over;
    quint64 turn = 0;  ///< counts steps, so that an answer to an earlier one is not taken for this one's
    QString child;     ///< Acting: the command of the step
    Moment deadline{0};
    std::vector<bool> wasOutside;  ///< Awaiting: by condition, as for interlocks
    CommandState outcome = CommandState::Succeeded;
    QStringList failures;  ///< what went wrong with the steps
    QStringList undone;    ///< and with those of `on_stop`
  };

  void samplesPassed(const Samples &watched) override;
  void eventPassed(const Event &event) override;
  void lookSoon();

  QString refusalOf(const Command &command) const;
  bool answerRepeat(const Command &given);
  void halt(Run &run, const QString &why, const Operator &by);
  static const std::vector<SceneStep> &stepsOf(const Run &run);
  static QString stepText(const Run &run);
  void beginStep(Run &run, int number);
  void carryOut(const QString &id, quint64 turn);
  void act(Run &run, const SceneStep &step);
  void look(Run &run);
  void follow(const CommandStatus &status);
  void stepFailed(Run &run, const CommandStatus &how);
  void goOn(Run &run);
  void beginStopping(Run &run);
  void finish(Run &run);
  void end(Run &run, CommandState state, const QString &text);
  void tellInterrupted(const QStringList &ids);

  Run &remember(const Command &command);
  void forgetOldest();
  Run *find(const QString &id);
  std::shared_ptr<const Scene> sceneOf(int id) const;
  void watchConditions(const Scene &scene);
  void keep(KeptFile::Done done = {});
  void tell(Run &run, CommandState state, const QString &text = {});
  void raise(const decltype(Event::body) &body);
  void audit(const Run &run, const QString &action, const Operator &by, const QJsonObject &details);

  Hub &m_hub;
  const Clock &m_clock;
  Interlocks &m_interlocks;
  CommandRouter &m_commands;
  AuditTrail *m_audit = nullptr;
  std::vector<std::shared_ptr<const Scene>> m_scenes;
  QList<PointId> m_inputs;  ///< that some scene waits for
  bool m_hasConditions = false;
  // References to what it holds stay good while others are added.
  std::unordered_map<QString, Run> m_runs;
  QQueue<QString> m_order;
  QHash<QString, QString> m_byCorrelation;
  QHash<QString, QString> m_children;  ///< runs by the id of the command of their step
  QHash<int, QString> m_running;       ///< runs by the scene
  QHash<int, SceneOutcome> m_last;     ///< by the scene
  KeptCommands m_journal;              ///< `scenes.json`
  QStringList m_interrupted;           ///< runs that the end of the program cut
  QTimer m_timer;
  QString m_stopping;  ///< why nothing begins any more; empty: it does
  int m_nesting = 0;
  bool m_isLookDue = false;
  Gauge m_runningCount;
  Counter m_runCount;
  Counter m_failedCount;
};

}  // namespace tagwire
