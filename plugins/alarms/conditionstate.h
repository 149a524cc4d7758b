// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "event.h"

namespace tagwire::alarms {

/// What may happen to an alarm as operators see it. docs/alarm-states.md lists every state × input.
struct ConditionInput {
  enum Kind : quint8 {
    Raise,   ///< OK → WARNING or ALARM
    Rise,    ///< WARNING → ALARM
    Fall,    ///< ALARM → WARNING
    Return,  ///< → OK
    Acknowledge,
    Shelve,      ///< until `until`
    ShelveOnce,  ///< until it returns to OK, and `until` at the latest
    Unshelve,
    Suppress,  ///< by an operator
    Unsuppress,
    SuppressionBegins,  ///< by the rule's or its group's condition
    SuppressionEnds,
    TakeOutOfService,
    PutInService,
    TimePasses  ///< a shelving may be over
  };

  Kind kind = TimePasses;
  std::optional<Time> until = {};
};

/// Where an alarm stands (ISA-18.2-2016, 5.4; R3-20): the alarm itself, and what keeps it from being announced. The
/// three of these may hold at once and what lies below goes on; condition() is what is shown. Plain value.
struct ConditionState {
  AlarmCondition alarm = AlarmCondition::Normal;  ///< Normal to Latched
  bool isShelved = false;
  bool isOneShot = false;                 ///< only while shelved
  std::optional<Time> shelvedUntil = {};  ///< exactly while shelved
  bool isSuppressedByOperator = false;
  bool isSuppressedByCondition = false;
  bool isOutOfService = false;

  /// Out of service goes before suppressed, that before shelved.
  AlarmCondition condition() const;
  bool isAnnounced() const { return condition() <= AlarmCondition::Latched; }
  /// Nobody need know of it: Normal and neither shelved, suppressed nor out of service.
  bool isPlain() const { return condition() == AlarmCondition::Normal; }

  friend bool operator==(const ConditionState &, const ConditionState &) = default;
};

/// The state machine, total and without memory of its own. `latches`: the rule's alarms stay after an acknowledged
/// return until they are acknowledged once more.
ConditionState after(ConditionState state, const ConditionInput &input, Time now, bool latches);

}  // namespace tagwire::alarms
