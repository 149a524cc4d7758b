// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QTimer>

#include <functional>
#include <vector>

#include "../hub.h"
#include "../services/alarmdesk.h"
#include "commandcontrol.h"
#include "interlockforces.h"
#include "interlockinputs.h"
#include "interlocklatches.h"

namespace tagwire {

/// The interlocks of the manifest (R5-10, docs/interlocks.md): which commands are blocked, trips with their latches,
/// safe values and alarms, and what is told of all that. Sees samples and events before any sink does. Thread-bound to
/// the host thread; owned by the Runtime.
class TAGWIRE_EXPORT Interlocks : public QObject, private HubWatcher {
  Q_OBJECT
 public:
  /// Asks an instance for the state of one of its alarm rules; the answer comes later, in the host thread.
  using AskAlarm =
      std::function<void(const QString &instance, int rule, std::function<void(const Result<AlarmStatus> &)> answer)>;

  Interlocks(const PointTable &points, Hub &hub, const Clock &clock, Metrics &metrics);
  ~Interlocks() override;

  /// Before start(), and again after a reload: what stands of rules that are the same as before goes on, and a trip
  /// stays latched as long as a trip has its id. Without `ask` no state of an alarm is known before it changes.
  void configure(const QList<InterlockRule> &rules, AskAlarm ask = {});
  /// A condition of somebody else, that is to be judged as those of interlocks are. After configure().
  void watch(const InterlockCondition &condition);
  /// After configure() and watch(), while it runs.
  void configured();
  /// These instances are about to be replaced: as after a start, their values are not known for a moment.
  void replacing(const QSet<QString> &instances);
  /// How a watched condition stands, and for people why. `wasOutside`: it was not met by the last good value.
  Standing standing(const InterlockCondition &condition, bool wasOutside) const {
    return m_inputs.standing(condition, wasOutside);
  }
  QString text(const InterlockCondition &condition) const { return m_inputs.text(condition); }
  /// Reads from the data dir which trips are latched, and begins to watch. Their safe values, and what there is to
  /// tell, go out from the event loop.
  void start(const QString &dataDir);
  /// Nothing trips, and nothing is told or forced any more. What blocks, blocks.
  void stop();
  /// What is due by now. Called by a timer of its own; by tests with a ManualClock.
  void advance();
  /// An instance runs (or is degraded) now, or does not: its points and alarms are not known then.
  void instanceChanged(const QString &instance, bool isUp);

  /// Permissive and trip: what keeps this value from being written; nothing: it may go out. The point's safe value may,
  /// always. `value` may be of any type that turns into the point's.
  std::optional<Obstacle> obstacle(PointId point, const Value &value) const;
  /// All that obstacle() gives one of.
  QList<Obstacle> obstacles(PointId point, const Value &value) const;
  /// Advisory: what is to be said of a command that goes out all the same.
  QStringList warnings(PointId point, const Value &value) const;
  QList<InterlockStatus> all() const;
  /// The alarms of the trips that are latched, in the order of the manifest: active while a condition is not met, then
  /// returned and unacknowledged until the reset.
  QList<AlarmStatus> alarms() const;
  /// A latched trip is over. Error: no such interlock, no trip, not tripped, or a condition is not met.
  Result<void> reset(int id, const Operator &by);
  /// A command was blocked: that is an alarm, over as soon as it was told (R5-10). At most one a second for each
  /// interlock; while it is tripped its own alarm stands.
  void tellBlocked(const Obstacle &obstacle, const Command &command);
  /// A status of any command; those that end one of its own writes count.
  void commandEnded(const CommandStatus &status);

 Q_SIGNALS:
  /// A point is to be brought to its safe value; the command router takes it.
  void forced(const tagwire::Command &command);

 private:
  using Elapsed = std::chrono::nanoseconds;
  struct Entry {
    InterlockRule rule;
    Elapsed since{0};                   ///< its startup time counts from here
    std::vector<bool> wasOutside;       ///< by condition: not met by the last good value
    std::optional<Elapsed> unmetSince;  ///< since when it counts as violated, delay apart
    bool isViolated = false;            ///< that lasted for the delay
    QString glimpse;                    ///< what an earlier sample of this batch says against it; trips without delay
    std::optional<Elapsed> blockedAt = {};  ///< when the newest alarm of a blocked command was raised
    AlarmStatus alarm = {};                 ///< of a latched trip, as it was told
    std::optional<Elapsed> metSince = {};   ///< of a trip whose alarm is active: since when all conditions are met
  };
  struct Place {
    size_t entry;
    size_t condition;
  };

  void samplesPassed(const Samples &watched) override;
  void eventPassed(const Event &event) override;

  void note(const Sample &sample, const Place &place);
  void alarmIs(const QString &instance, int rule, std::optional<AlarmState> state);
  void askAlarms(const QString &instance);
  void index();
  void takeOver(std::vector<Entry> before);
  void watchInputs();
  Standing standing(const Entry &entry, size_t condition) const;
  /// Null: all are met. One that is not met for sure goes before one that is not known.
  const InterlockCondition *unmet(const Entry &entry, Standing &how) const;
  bool isStartup(const Entry &entry) const;
  void judge(Entry &entry);
  void settle(Entry &entry, bool isViolated);
  void trip(Entry &entry, const QString &cause);
  void recall(const QString &dataDir);
  void tellRecalled(const QList<int> &latched, const QString &wrong);
  void requestForces();
  void sendForces();
  void arm(std::optional<Elapsed> at);
  void armAll();
  void count();
  bool isSafe(PointId point, const Value &value) const;
  InterlockStatus statusOf(const Entry &entry) const;
  Entry *find(int id);
  void tell(const Entry &entry, const char *kind, const QString &what, Severity severity);
  AlarmTransition alarmOf(const Entry &entry, qint64 alarmId, AlarmState state, const QString &message) const;
  void showAlarm(Entry &entry, const AlarmTransition &alarm, std::optional<Time> since = {});
  void followAlarm(Entry &entry, const InterlockCondition *notMet);
  void endAlarm(Entry &entry, const Operator &by);
  void raise(const decltype(Event::body) &body);

  const PointTable &m_points;
  Hub &m_hub;
  const Clock &m_clock;
  AskAlarm m_ask;
  std::vector<Entry> m_entries;
  QHash<PointId, std::vector<Place>> m_byInput;
  QHash<PointId, std::vector<size_t>> m_byGuarded;
  QHash<QPair<QString, int>, std::vector<size_t>> m_byAlarm;
  QHash<QPair<QString, int>, quint64> m_alarmTurns;  ///< so that no answer undoes what came after the question
  InterlockInputs m_inputs;
  InterlockForces m_forces;
  QTimer m_timer;
  Elapsed m_armedFor = Elapsed::max();
  std::optional<Elapsed> m_askAgainAt;
  bool m_isRunning = false;
  bool m_areForcesRequested = false;
  Gauge m_tripped;
  Gauge m_violated;
  Counter m_trips;
  Counter m_failedForces;
  InterlockLatches m_latches;
};

}  // namespace tagwire
