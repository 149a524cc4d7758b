// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QList>

#include <chrono>

#include "../event.h"
#include "service.h"

namespace tagwire {

/// A rule as it stands now.
struct AlarmStatus {
  Time since;                  ///< when it came to its state (OK, WARNING, ALARM)
  AlarmTransition transition;  ///< the newest; state, condition and severity are those of now
  bool isAcknowledged = false;
  std::optional<Time> acknowledgedAt = {};
  QString acknowledgedBy = {};
  QString comment = {};  ///< the newest, of whatever action
  std::optional<Time> shelvedUntil = {};
  QString shelvedBy = {};
  QString suppressedBy = {};  ///< an operator's name, "rule" or "group:<name>"; empty: not suppressed
  QString outOfServiceBy = {};
};

/// What an operator wants done with the alarm of a rule (R3-21).
struct AlarmAction {
  enum class Kind : quint8 { Acknowledge, Shelve, Unshelve, Suppress, Unsuppress, OutOfService, InService, Comment };

  Kind kind = Kind::Comment;
  int ruleId = 0;
  QString by;                                              ///< who
  QString comment;                                         ///< up to AlarmDesk::longestComment characters
  std::optional<std::chrono::milliseconds> duration = {};  ///< Shelve: for how long
  bool isOneShot = false;                                  ///< Shelve: until it is back in OK, at most the maximum
};

/// A rule with its history of changes (R3-15).
struct AlarmRule {
  int id = 0;
  QJsonObject rule;            ///< the manifest's rule object, with `area`; empty: this version removed it
  bool isFromManifest = true;  ///< may not be changed at run time
  int version = 1;
  QString changedBy = {};
  std::optional<Time> changedAt = {};  ///< none: it stands in the manifest
};

struct AlarmRuleChange {
  enum class Kind : quint8 { Create, Replace, Remove };

  Kind kind = Kind::Create;
  int id = 0;        ///< Replace, Remove; Create takes the id from the rule, or the next free one
  QJsonObject rule;  ///< Create, Replace
  QString by;
};

/// How an action or a change of a rule ended.
struct AlarmAnswer {
  enum class Outcome : quint8 {
    Done,
    Already,      ///< it stood like that before; nothing was changed
    NoSuchRule,   ///< 404
    NotPossible,  ///< 409: not in this state, taken by somebody else, a rule of the manifest
    Invalid       ///< 400
  };

  Outcome outcome = Outcome::Done;
  QStringList errors = {};  ///< for people; what is allowed
  AlarmStatus status = {};  ///< of the rule, after it
  AlarmRule rule = {};      ///< of a change of a rule, after it
};

/// Which records of the history (R3-24). Absent: all.
struct AlarmHistoryQuery {
  std::optional<Time> from = {};
  std::optional<Time> to = {};  ///< exclusive
  QList<int> rules = {};
  QList<AlarmState> states = {};  ///< changes to these; then without AlarmConditionChange
  quint64 after = 0;              ///< Event::sequence of the last record of the page before
  int limit = 1000;               ///< 1…10000
  bool newestFirst = false;
};

/// Alarm figures as EEMUA 191 has them (R3-25). An alarm counts when it comes (OK → WARNING or ALARM) or rises.
struct AlarmStatistics {
  struct Count {
    int ruleId = 0;
    QString ruleName;
    QString area;
    qint64 count = 0;
  };

  Time from;
  Time to;
  qint64 total = 0;
  QList<qint64> perTenMinutes = {};  ///< from `from` on; the last slice may be shorter
  double averagePerTenMinutes = 0;
  qint64 peakPerTenMinutes = 0;
  double floodShare = 0;           ///< share of the slices with more than 10 alarms, 0…1
  qint64 standing = 0;             ///< now in WARNING or ALARM
  qint64 standingOverADay = 0;     ///< of these, for more than 24 h ("stale" in EEMUA 191)
  qint64 unacknowledged = 0;       ///< now
  qint64 shelved = 0;              ///< now
  QList<Count> chattering = {};    ///< now
  QList<Count> mostFrequent = {};  ///< top ten of the range
  QMap<Severity, qint64> bySeverity = {};
};

/// A place with what is worst in it and below it.
struct AlarmArea {
  QString name;  ///< "cold-store/room1"; empty: all
  AlarmState state = AlarmState::Ok;
  Severity severity = Severity::Info;  ///< the highest of the active ones
  int active = 0;                      ///< with those below
  int unacknowledged = 0;
  int rules = 0;
};

/// Who knows the alarms. Offered by plugin `alarms`.
class TAGWIRE_EXPORT AlarmDesk {
 public:
  static constexpr const char *serviceName = "alarm desk";
  static constexpr int longestComment = 1000;
  virtual ~AlarmDesk();

  /// Every rule that is not simply OK and Normal, in the order of the manifest, then those of run time by id.
  virtual void standingAlarms(Reply<QList<AlarmStatus>> reply) = 0;
  /// One rule, whatever its state; an error when there is no such rule.
  virtual void alarm(Reply<AlarmStatus> reply, int ruleId) = 0;
  /// Answers once the action is stored (or could not be). The same action twice is Already.
  virtual void act(Reply<AlarmAnswer> reply, AlarmAction action) = 0;
  virtual void areas(Reply<QList<AlarmArea>> reply) = 0;

  /// Events with AlarmTransition or AlarmConditionChange; Event::sequence is the record's own number here.
  virtual void history(Reply<QList<Event>> reply, AlarmHistoryQuery query) = 0;
  /// At most 31 days.
  virtual void statistics(Reply<AlarmStatistics> reply, Time from, Time to) = 0;

  /// Those with these ids that there are; all for an empty list (which may take a while with many rules).
  virtual void rules(Reply<QList<AlarmRule>> reply, QList<int> ids) = 0;
  /// The ids of those that the manifest has. In the host's thread, before start().
  virtual QList<int> manifestRules() const = 0;
  /// Every version of one rule, the oldest first; an error when there never was one.
  virtual void ruleVersions(Reply<QList<AlarmRule>> reply, int id) = 0;
  virtual void changeRule(Reply<AlarmAnswer> reply, AlarmRuleChange change) = 0;
};

}  // namespace tagwire
