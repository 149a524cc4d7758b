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

/// A rule changed between OK, WARNING and ALARM (R3-4). Also one entry of the snapshot of active alarms (R3-3).
struct AlarmTransition {
  qint64 alarmId = 0;  ///< the occurrence: one number from leaving OK until back in OK
  int ruleId = 0;
  QString ruleName;
  QString area;
  AlarmState state = AlarmState::Ok;
  AlarmState previous = AlarmState::Ok;
  Severity severity = Severity::Info;
  QString comparison;  ///< "above", "below", "outside_range", "inside_range"
  PointId point = PointId::None;
  int pointNumber = 0;  ///< `datapoint_id` on the wire
  double value = 0;
  std::optional<double> warningThreshold;  ///< above, below
  std::optional<double> alarmThreshold;
  std::optional<double> warningThresholdLow;  ///< ranges
  std::optional<double> warningThresholdHigh;
  std::optional<double> alarmThresholdLow;
  std::optional<double> alarmThresholdHigh;
  QString message;
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
  std::variant<AlarmTransition, TriggerEvent, CommandStatus, SystemEvent, CustomEvent> body;
};

/// No further step follows this one.
constexpr bool isFinal(CommandState state) { return state >= CommandState::Succeeded; }

TAGWIRE_EXPORT QLatin1String toText(AlarmState state);    ///< "OK", "WARNING", "ALARM"
TAGWIRE_EXPORT QLatin1String toText(Severity severity);   ///< "info", "minor", "major", "critical"
TAGWIRE_EXPORT QLatin1String toText(CommandState state);  ///< "queued" …
/// "alarm", "trigger", "command", "system" or the CustomEvent's type.
TAGWIRE_EXPORT QString kindOf(const Event &event);
/// {"seq","type","t","source", and the fields of the kind in snake_case}; the form of R6-2 and of storage.
TAGWIRE_EXPORT QJsonObject toJson(const Event &event, const class PointTable &points);

}  // namespace tagwire

Q_DECLARE_METATYPE(tagwire::Event)
