// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QMetaType>
#include <QString>

#include <optional>
#include <variant>

#include "sample.h"

namespace tagwire {

enum class AlarmState : quint8 { Ok, Warning, Alarm };
enum class Severity : quint8 { Info, Minor, Major, Critical };

/// Where an alarm stands for the operator (the states of ISA-18.2; R3-20). docs/alarm-states.md has the whole table.
enum class AlarmCondition : quint8 {
  Normal,
  UnacknowledgedActive,
  AcknowledgedActive,
  RtnUnacknowledged,  ///< returned to normal before anybody acknowledged it
  Latched,            ///< was acknowledged, is over, and stays until it is acknowledged once more
  Shelved,
  SuppressedByDesign,
  OutOfService
};

/// A rule changed between OK, WARNING and ALARM (R3-4). Also one entry of the snapshot of active alarms (R3-3).
struct AlarmTransition {
  qint64 alarmId = 0;  ///< the occurrence: one number from leaving OK until back in OK
  int ruleId = 0;
  QString ruleName;
  QString area;
  AlarmState state = AlarmState::Ok;
  AlarmState previous = AlarmState::Ok;
  AlarmCondition condition = AlarmCondition::Normal;  ///< after it
  Severity severity = Severity::Info;                 ///< of now; an escalation may have raised it
  QString comparison;                                 ///< "above", "outside_range" …, R3-10
  QString level = {};                                 ///< "LL", "L", "H" or "HH" where there are sides; else empty
  PointId point = PointId::None;
  int pointNumber = 0;                     ///< `datapoint_id` on the wire
  double value = 0;                        ///< NaN where the rule looks at no number
  QString valueText = {};                  ///< what the value means ("Tripped"), or its text; empty: just the number
  std::optional<double> warningThreshold;  ///< above, below and others with one side
  std::optional<double> alarmThreshold;
  std::optional<double> warningThresholdLow;  ///< ranges
  std::optional<double> warningThresholdHigh;
  std::optional<double> alarmThresholdLow;
  std::optional<double> alarmThresholdHigh;
  QString message;
  bool isFirstOut = false;    ///< the first of its group
  bool isChattering = false;  ///< it came too often of late
  bool isStored = true;       ///< false: told at once, because the alarm store is down
};

/// Something about an alarm changed that is no change between OK, WARNING and ALARM (R3-20): an operator did something,
/// a time ran out, a suppression began.
struct AlarmConditionChange {
  qint64 alarmId = 0;  ///< the occurrence; 0: there was none yet
  int ruleId = 0;
  QString ruleName;
  QString area;
  AlarmState state = AlarmState::Ok;  ///< stays
  Severity severity = Severity::Info;
  AlarmCondition condition = AlarmCondition::Normal;
  AlarmCondition previous = AlarmCondition::Normal;
  /// Why: "ack", "shelve", "unshelve", "suppress", "unsuppress", "out-of-service", "in-service", "comment" (operators);
  /// "reset" (operators, of an interlock's trip); "shelving_ended", "suppression_began", "suppression_ended",
  /// "escalated", "chattering", "chattering_ended", "rule_changed", "rule_removed", "restored" (a store that was late).
  QString cause;
  QString by;  ///< who; "tagwire" when it came by itself
  QString comment;
  std::optional<Time> until;  ///< Shelved: the end
  bool isStored = true;
};

/// A tag did at a region what a trigger waits for (R1-9).
struct TriggerEvent {
  int triggerId = 0;
  QString triggerName;
  QString direction;  ///< "OnEnter" …, R1-20
  QString tagId;
  QString tagName;
  int zoneId = 0;
  double x = 0;
  double y = 0;
  double z = 0;
  QString reason;  ///< "timeout" for a lost tag, else empty
  QString origin;  ///< the other site that raised it; empty: this one
};

enum class CommandState : quint8 { Queued, Sent, Acked, Succeeded, Failed, Blocked, Expired, Unknown };

/// One step in the life of a command (R5-5).
struct CommandStatus {
  QString commandId;
  PointId point = PointId::None;
  CommandState state = CommandState::Queued;
  Value actualValue;  ///< what the device reported on reading back; none if it was not read
  QString error;      ///< for people; empty while all is well
  int interlock = 0;  ///< Blocked: number of the interlock; 0: none
  int scene = 0;      ///< number of the scene that the command runs, as a whole (`point` is None then); 0: none
  QList<PointId> scenePoints = {};  ///< all that this scene writes
};

/// Something of the runtime itself: a plugin's status changed, samples were lost, …
struct SystemEvent {
  QString kind;  ///< "plugin_status", "samples_dropped", …
  QString text;
  Severity severity = Severity::Info;
};

/// For plugins from outside: stored and sent like the others, never interpreted.
struct CustomEvent {
  QString type;
  QByteArray json;  ///< one JSON value, UTF-8
};

/// Something that happened. The hub sets `sequence` and, where empty, `source`; that order is the order.
struct Event {
  quint64 sequence = 0;
  Time time;
  QString source;  ///< instance id, or "tagwire"
  std::variant<AlarmTransition, AlarmConditionChange, TriggerEvent, CommandStatus, SystemEvent, CustomEvent> body;
};

/// No further step follows this one.
constexpr bool isFinal(CommandState state) { return state >= CommandState::Succeeded; }

/// Bytes of the texts in it that may be long: who keeps events bounds them by these.
TAGWIRE_EXPORT qsizetype textSize(const Event &event);

TAGWIRE_EXPORT QLatin1String toText(AlarmState state);  ///< "OK", "WARNING", "ALARM"
/// "Normal", "Unacknowledged-Active", "Acknowledged-Active", "RTN-Unacknowledged", "Latched", "Shelved",
/// "Suppressed-by-Design", "Out-of-Service".
TAGWIRE_EXPORT QLatin1String toText(AlarmCondition condition);
TAGWIRE_EXPORT QLatin1String toText(Severity severity);   ///< "info", "minor", "major", "critical"
TAGWIRE_EXPORT QLatin1String toText(CommandState state);  ///< "queued" …
/// "alarm", "alarm_condition", "trigger", "command", "system" or the CustomEvent's type.
TAGWIRE_EXPORT QString kindOf(const Event &event);
/// {"seq","type","t","source", and the fields of the kind in snake_case}; the form of R6-2 and of storage.
TAGWIRE_EXPORT QJsonObject toJson(const Event &event, const class PointTable &points);

}  // namespace tagwire

Q_DECLARE_METATYPE(tagwire::Event)
