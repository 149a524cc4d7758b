// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QString>

#include <limits>

#include "conditionstate.h"
#include "result.h"

namespace tagwire::alarms {

/// What is remembered of a rule's alarm over a restart (R3-22). Plain value.
struct AlarmMemory {
  AlarmState state = AlarmState::Ok;
  AlarmState previous = AlarmState::Ok;
  Time since;  ///< of the state
  ConditionState condition;
  qint64 occurrence = 0;
  QString ruleName;  ///< for when the manifest does not have the rule any more
  QString area;
  double value = std::numeric_limits<double>::quiet_NaN();  ///< that brought it to its state
  QString valueText;
  QString level;
  bool isFirstOut = false;
  bool wasTold = false;                     ///< targets were told of this occurrence, so they are told of its end
  std::optional<Time> unacknowledgedSince;  ///< announced and nobody acknowledged; escalation counts from here
  int escalationSteps = 0;                  ///< that were taken
  std::optional<Severity> escalatedTo;
  int shelvings = 0;  ///< by itself for chattering, since an operator last did something
  std::optional<Time> acknowledgedAt;
  QString acknowledgedBy;
  QString comment;
  QString shelvedBy;
  QString suppressedBy;
  QString outOfServiceBy;

  /// Not simply OK and Normal.
  bool isStanding() const { return state != AlarmState::Ok || !condition.isPlain(); }

  /// Empty when there is nothing to remember.
  QByteArray toJson() const;
  static Result<AlarmMemory> fromJson(const QByteArray &json);

  friend bool operator==(const AlarmMemory &, const AlarmMemory &) = default;
};

}  // namespace tagwire::alarms
