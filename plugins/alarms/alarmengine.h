// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <array>
#include <functional>
#include <vector>

#include "alarmmemory.h"
#include "engineconfig.h"
#include "notify/occasion.h"
#include "rulestate.h"
#include "services/alarmdesk.h"

namespace tagwire::alarms {

/// All rules of an instance and where each alarm stands: which look at a point, which wait for a time, what operators
/// did. No clock, timer, signal, disk or network: samples, actions and time in, events out. Thread-bound; owned by
/// Alarms.
class AlarmEngine {
 public:
  struct Settings {
    QList<GroupConfig> groups;
    QList<EscalationConfig> escalations;
    std::optional<ChatterConfig> chatter;
    std::chrono::milliseconds longestShelving{0};
  };
  /// A point's id and its number on the wire; None and 0 when there is no such point.
  struct Binding {
    PointId point = PointId::None;
    int number = 0;
  };
  /// What the world has to tell the engine, besides samples.
  struct World {
    std::function<Binding(const QString &pointName)> bind;
    std::function<Sample(PointId)> last;  ///< newest sample; its point is None before the first
    std::function<qint64()> nextOccurrence;
  };
  /// What came of something.
  struct Outcome {
    QList<Event> events;  ///< AlarmTransition and AlarmConditionChange, in their order; without sequence and source
    QList<Occasion> occasions;
    QList<int> touched;    ///< ids of rules whose memory changed; some may stand here twice
    QList<int> notUsable;  ///< rules that began to get values which they can't look at
    qint64 ignored = 0;    ///< samples of that kind
  };

  AlarmEngine(Settings settings, World world);
  ~AlarmEngine();

  /// Adds a rule, or puts another in the place of the one with its id; what operators know of it stays.
  void put(const Rule &rule);
  /// Takes back what was remembered of a rule; before begin(). False when there is no such rule.
  bool restore(int ruleId, const AlarmMemory &memory);
  /// The same after begin(), when the store came late: what operators did holds, and that is told.
  void adopt(int ruleId, const AlarmMemory &memory, const Moment &moment, Outcome &outcome);
  /// Looks at the newest value of every point: at start, and again for one rule after put().
  void begin(const Moment &moment, Outcome &outcome);
  void begin(int ruleId, const Moment &moment, Outcome &outcome);
  /// Ends the alarm of a rule and forgets the rule.
  void remove(int ruleId, const QString &by, const Moment &moment, Outcome &outcome);

  void take(const Sample &sample, const Moment &moment, Outcome &outcome);
  /// What is due at `moment`.
  void takeTime(const Moment &moment, Outcome &outcome);
  std::optional<std::chrono::nanoseconds> nextDue();

  /// Sets the state of a rule that looks at no point; `text` says what is the matter.
  void set(int ruleId, AlarmState state, const QString &text, const Moment &moment, Outcome &outcome);

  AlarmAnswer act(const AlarmAction &action, const Moment &moment, Outcome &outcome);
  /// Tells that a rule was changed by `by`.
  void noteChange(int ruleId, const QString &by, const Moment &moment, Outcome &outcome);

  bool has(int ruleId) const { return m_slots.contains(ruleId); }
  const Rule *rule(int ruleId) const;
  AlarmStatus status(int ruleId) const;
  /// Its own, or the place of its point.
  QString areaOf(int ruleId) const;
  /// Those that are not simply OK and Normal, in the order of put().
  QList<AlarmStatus> standing() const;
  QList<AlarmArea> areas() const;
  QList<int> chattering() const;
  /// As the store keeps it.
  QByteArray memoryOf(int ruleId) const;
  QList<int> ruleIds() const;
  /// Of now; looks at every rule.
  struct Counts {
    std::array<qint64, 8> byCondition{};          ///< by AlarmCondition
    std::array<qint64, 4> announcedBySeverity{};  ///< in WARNING or ALARM and announced; by Severity
    qint64 chattering = 0;
  };
  Counts counts() const;
  /// Points were declared: looks for those that were not there. True when some came.
  bool bindAgain(const Moment &moment, Outcome &outcome);
  /// Names of points that rules look at and nobody declared.
  QStringList unknownPoints() const;
  /// In WARNING or ALARM.
  qsizetype activeCount() const { return m_activeCount; }

 private:
  struct Entry;
  struct Group;
  using Slot = quint32;
  enum class Listens : quint8 { Group, Suppression, Rule };
  /// Who looks at a point. Suppressions come first: what switches a pump off should not first raise "no flow".
  struct Listener {
    Listens how;
    quint8 input;
    Slot slot;
  };
  struct Wake {
    std::chrono::nanoseconds due;
    Slot slot;
    bool operator>(const Wake &other) const { return due > other.due; }
  };

  struct Reason {
    QString cause;
    QString by;
    QString comment = {};
  };

  void listen(const QList<PointReference> &points, Listens how, Slot slot);
  void forget(const QList<PointReference> &points, Listens how, Slot slot);
  /// Of its points and those of its suppression, how many are there.
  qsizetype boundOf(const Rule &rule) const;
  void wakeAt(std::chrono::nanoseconds due, Slot slot);
  void takeLast(const QList<PointReference> &points, Listens how, Slot slot, const Moment &moment, Outcome &outcome);
  Slot freshSlot();
  void link(Entry &entry);
  void unlink(Entry &entry);
  void hand(const Listener &listener, const Sample &sample, const Moment &moment, Outcome &outcome);
  void takeRule(const Listener &listener, const Sample &sample, const Moment &moment, Outcome &outcome);
  void takeTime(Slot slot, const Moment &moment, Outcome &outcome);
  bool isLive(const Wake &wake) const;
  void arm(Entry &entry, const Moment &moment);
  void arm(Group &group, const Moment &moment);

  void settle(Entry &entry, AlarmState previous, const Moment &moment, Outcome &outcome);
  void beginOccurrence(Entry &entry);
  void announce(Entry &entry, bool wasAnnounced, bool isNew, const Moment &moment, Outcome &outcome);
  /// Puts `input` into the state machine and tells what it changed. False when it changed nothing.
  bool change(Entry &entry, const ConditionInput &input, const Reason &reason, const Moment &moment, Outcome &outcome);
  void tell(const Entry &entry, AlarmCondition previous, const Reason &reason, const Moment &moment,
            Outcome &outcome) const;
  static bool isSuppressed(const Entry &entry);
  static QString suppressorOf(const Entry &entry);
  void suppress(Entry &entry, const Moment &moment, Outcome &outcome);
  void suppressGroup(Group &group, const Moment &moment, Outcome &outcome);
  void runOut(Entry &entry, const Moment &moment, Outcome &outcome);
  void escalate(Entry &entry, const Moment &moment, Outcome &outcome);
  void watchChatter(Entry &entry, const Moment &moment, Outcome &outcome);

  AlarmAnswer comment(Entry &entry, const AlarmAction &action, const Moment &moment, Outcome &outcome);
  static void noteWho(Entry &entry, const AlarmAction &action, const Moment &moment);
  Occasion occasion(const Entry &entry, Occasion::Kind kind, const Moment &moment) const;
  AlarmTransition transition(const Entry &entry) const;
  AlarmStatus status(const Entry &entry) const;
  void takeOccurrence(Entry &entry, const AlarmMemory &kept, const Moment &moment, Outcome &outcome) const;
  static Severity severityOf(const Entry &entry);
  void count(AlarmArea &area, const Entry &entry) const;

  const Settings m_settings;
  const World m_world;
  std::vector<std::unique_ptr<Entry>> m_entries;
  std::vector<Slot> m_free;
  std::vector<std::unique_ptr<Group>> m_groups;
  QHash<int, Slot> m_slots;                        ///< by rule id
  std::vector<std::vector<Listener>> m_listeners;  ///< by point id
  std::vector<Wake> m_wakes;                       ///< a heap, the earliest first; some are out of date, see isLive()
  std::vector<Slot> m_unbound;                     ///< rules of which some point is not there
  QHash<QString, Group *> m_groupsById;
  QHash<QString, const EscalationConfig *> m_escalationsById;
  quint64 m_putCount = 0;
  std::optional<std::chrono::nanoseconds> m_clockOffset;
  qsizetype m_activeCount = 0;
};

}  // namespace tagwire::alarms
