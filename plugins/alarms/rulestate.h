// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rule.h"

namespace tagwire::alarms {

/// One threshold of a rule: passed or not, after deadband and delays. Plain value.
struct Limit {
  std::chrono::nanoseconds changingSince = Reading::never;  ///< the value has been on the other side since then
  bool passed = false;
  bool isKnown = false;  ///< the input said on which side; while it does not, nothing falls
};

/// All that a rule remembers of its input; the newest sample and its value are in Reading. The functions below are the
/// whole state machine: plain functions of (rule, state, input, moment), without clock, timer or signal. Plain value.
struct RuleState : Reading {
  /// What only expressions need.
  struct Expressions : QSharedData {
    struct Inputs {
      qsizetype when = -1;  ///< place in pointsOf(); -1: not there
      qsizetype warningWhen = -1;
    };
    QList<Inputs> inputs;  ///< by the place in inputsOf()
    ExpressionState when;
    ExpressionState warningWhen;
  };

  AlarmState shown = AlarmState::Ok;
  bool inForce = true;  ///< by schedule, within [minuteStart, minuteStart + 1 min)
  Limit warning;
  Limit alarm;
  Time minuteStart = Time::min();
  QSharedDataPointer<Expressions> expressions;
};

/// The points that a rule looks at, each once; the first one is its `point`, `datapoint_id` on the wire. Those of
/// `suppress_when` are not among them.
QList<PointReference> inputsOf(const Rule &rule);
/// A sample of the input with this place in inputsOf() came. Returns the new state. Bad quality leaves the state as it
/// is (R3-14): a rise goes on, but only a good value ends it; a fall under way starts anew.
AlarmState takeSample(const Rule &rule, RuleState &state, qsizetype input, const Sample &sample, const Moment &moment);
/// Time went by. Returns the new state. To be called once at the start, too: `stale` counts from there.
AlarmState takeTime(const Rule &rule, RuleState &state, const Moment &moment);
/// When takeTime() is due next (on Moment::elapsed), if no sample comes before.
std::optional<std::chrono::nanoseconds> nextDue(const Rule &rule, const RuleState &state, const Moment &moment);

/// The word for the newest value, or its text; empty when it is just a number.
QString valueTextOf(const Rule &rule, const RuleState &state);
/// "LL", "L", "H" or "HH" of the state shown, for comparisons with a low or a high side; else empty.
QLatin1String levelOf(const Rule &rule, const RuleState &state);

}  // namespace tagwire::alarms
