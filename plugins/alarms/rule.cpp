// SPDX-License-Identifier: Apache-2.0
#include "rule.h"

namespace tagwire::alarms {
namespace {

void describeThresholds(Shape<Rule> &shape) {
  shape.optional("alarm_threshold", &Rule::alarmThreshold,
                 "above, below, rate_of_change, deviation: ALARM from here on; equals: at it; not_equals: elsewhere");
  shape.optional("warning_threshold", &Rule::warningThreshold,
                 "above, below, rate_of_change, deviation: WARNING from here on; equals: at it");
  shape.optional("alarm_threshold_low", &Rule::alarmThresholdLow, "ranges: lower bound of ALARM");
  shape.optional("alarm_threshold_high", &Rule::alarmThresholdHigh, "ranges: upper bound of ALARM");
  shape.optional("warning_threshold_low", &Rule::warningThresholdLow, "ranges: lower bound of WARNING");
  shape.optional("warning_threshold_high", &Rule::warningThresholdHigh, "ranges: upper bound of WARNING");
}

void describeOthers(Shape<Rule> &shape) {
  constexpr double longest = 366.0 * 24 * 3600 * 1000;
  shape.optional("reference", &Rule::reference, "deviation: full name of the point to compare with");
  shape.optional("stale_after_ms", &Rule::staleAfter, "stale: ALARM without a usable sample for so long")
      .range(1, longest);
  shape.optional("warning_after_ms", &Rule::warningAfter, "stale: WARNING without a usable sample for so long")
      .range(1, longest);
  shape.optional("window_ms", &Rule::window, "rate_of_change: over how long; 60000 if absent").range(100, 86'400'000);
  shape.optional("direction", &Rule::direction, "rate_of_change: which way; both if absent");
  shape.optional("warning_on_uncertain", &Rule::warningOnUncertain, "bad_quality: Uncertain is a WARNING");
  shape.optional("alarm_values", &Rule::alarmValues, "discrete: ALARM at each of these").range(1, 100);
  shape.optional("warning_values", &Rule::warningValues, "discrete: WARNING at each of these").range(1, 100);
  shape.optional("when", &Rule::when, "expression: ALARM while this is true");
  shape.optional("warning_when", &Rule::warningWhen, "expression: WARNING while this is true");
  shape.optional("words", &Rule::words, "what values mean to people, {\"0\": \"Closed\", \"1\": \"Open\"}")
      .range(1, 100)
      .eachWithin(1, 100);
}

void describeBehaviour(Shape<Rule> &shape) {
  shape.optional("severity", &Rule::severity, "how bad it is");
  shape.optional("deadband", &Rule::deadband, "how far back over a threshold the value must go to leave a state")
      .range(0, std::numeric_limits<double>::max());
  shape.optional("on_delay_ms", &Rule::onDelay, "how long a threshold must be passed before the state rises");
  shape.optional("off_delay_ms", &Rule::offDelay, "how long the value must be back before the state falls");
  shape.optional("area", &Rule::area, "place in the plant, \"cold-store/room1\"; permissions and filters use it")
      .range(0, 200);
  shape.optional("schedule", &Rule::schedule, "when the rule is in force; outside it is OK; always if absent")
      .range(1, 100)
      .orSingle();
  shape.optional("latch", &Rule::latch, "the alarm stays until it is acknowledged after its end");
  shape.optional("group", &Rule::group, "id of one of `groups`").range(1, 100);
  shape.optional("suppress_when", &Rule::suppressWhen, "the alarm is suppressed while this is true");
  shape.optional("escalation", &Rule::escalation, "id of one of `escalations`").range(1, 100);
  shape.optional("guidance", &Rule::guidance, "what the operator should do").range(1, 1000);
}

}  // namespace

void Rule::describe(Shape<Rule> &shape) {
  shape.required("id", &Rule::id, "number of the rule, `rule_id` for clients").range(1, 2147483647);
  shape.required("name", &Rule::name, "what operators call it").range(1, 200);
  shape.optional("point", &Rule::point, "full name of the watched point; only an expression may leave it out");
  shape.required("comparison", &Rule::comparison, "how the value is looked at");
  describeThresholds(shape);
  describeOthers(shape);
  describeBehaviour(shape);
}

}  // namespace tagwire::alarms
