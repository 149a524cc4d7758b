// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <optional>

#include "moment.h"
#include "rule.h"

namespace tagwire::alarms {

/// One threshold of a rule: passed or not, after deadband and delays. Plain value.
struct Limit {
  bool passed = false;
  std::optional<std::chrono::nanoseconds> changingSince;  ///< the value has been on the other side since then
};

/// All that a rule remembers. The functions below are the whole state machine: plain functions of (rule, state, input,
/// moment), without clock, timer or signal. Plain value.
struct RuleState {
  AlarmState shown = AlarmState::Ok;
  Limit warning;
  Limit alarm;
  double value = std::numeric_limits<double>::quiet_NaN();  ///< newest number; NaN before the first
  bool trusted = false;                                     ///< the newest sample was a number and not Bad
  bool notUsable = false;                                   ///< it was not Bad, but nothing that the rule can look at
  bool inForce = true;                                      ///< by schedule, within [minuteStart, minuteStart + 1 min)
  std::optional<Time> minuteStart;
};

/// Whether `value` is on the far side of the rule's alarm (or warning) threshold. `passed`: the state holds already, so
/// that the deadband must be crossed too to leave it (R3-10, R3-13).
bool isBeyondAlarm(const Rule &rule, double value, bool passed);
bool isBeyondWarning(const Rule &rule, double value, bool passed);

/// The points that a rule looks at; the first one is its `point`, `datapoint_id` on the wire.
QList<PointReference> inputsOf(const Rule &rule);
/// A sample of the input with this place in inputsOf() came. Returns the new state.
AlarmState takeSample(const Rule &rule, RuleState &state, qsizetype input, const Sample &sample, const Moment &moment);
/// A number of Good or Uncertain quality came. Returns the new state.
AlarmState takeValue(const Rule &rule, RuleState &state, double value, const Moment &moment);
/// A sample of Bad quality came (R3-14). Nothing changes until the next number; a fall under way starts anew then, so
/// that a broken line never clears an alarm.
void takeBad(RuleState &state);
/// Time went by. Returns the new state.
AlarmState takeTime(const Rule &rule, RuleState &state, const Moment &moment);
inline QString valueTextOf(const Rule &, const RuleState &) { return {}; }
inline QString levelOf(const Rule &, const RuleState &) { return {}; }
/// When takeTime() is due next (on Moment::elapsed), if no sample comes before.
std::optional<std::chrono::nanoseconds> nextDue(const Rule &rule, const RuleState &state, const Moment &moment);

}  // namespace tagwire::alarms
