// SPDX-License-Identifier: Apache-2.0
#include "rule.h"

namespace tagwire::alarms {
namespace {

void describeThresholds(Shape<Rule> &shape) {
  shape
      .optional("alarm_threshold", &Rule::alarmThreshold,
                "above, below, rate_of_change, deviation: ALARM from here on; equals: at it; not_equals: elsewhere")
      .example(80)
      .suggested();
  shape
      .optional("warning_threshold", &Rule::warningThreshold,
                "above, below, rate_of_change, deviation: WARNING from here on; equals: at it")
      .example(75);
  shape.optional("alarm_threshold_low", &Rule::alarmThresholdLow, "ranges: lower bound of ALARM").example(20);
  shape.optional("alarm_threshold_high", &Rule::alarmThresholdHigh, "ranges: upper bound of ALARM").example(70);
  shape.optional("warning_threshold_low", &Rule::warningThresholdLow, "ranges: lower bound of WARNING").example(30);
  shape.optional("warning_threshold_high", &Rule::warningThresholdHigh, "ranges: upper bound of WARNING").example(60);
}

void describeOthers(Shape<Rule> &shape) {
  constexpr double longest = 366.0 * 24 * 3600 * 1000;
  shape.optional("reference", &Rule::reference, "deviation: full name of the point to compare with");
  shape.optional("stale_after_ms", &Rule::staleAfter, "stale: ALARM without a usable sample for so long")
      .example(60000)
      .range(1, longest);
  shape.optional("warning_after_ms", &Rule::warningAfter, "stale: WARNING without a usable sample for so long")
      .example(30000)
      .range(1, longest);
  shape.optional("window_ms", &Rule::window, "rate_of_change: over how long; 60000 if absent")
      .example(60000)
      .range(100, 86'400'000);
  shape.optional("direction", &Rule::direction, "rate_of_change: which way; both if absent");
  shape.optional("warning_on_uncertain", &Rule::warningOnUncertain, "bad_quality: Uncertain is a WARNING");
  shape.optional("alarm_values", &Rule::alarmValues, "discrete: ALARM at each of these").example(2).range(1, 100);
  shape.optional("warning_values", &Rule::warningValues, "discrete: WARNING at each of these").example(1).range(1, 100);
  shape.optional("when", &Rule::when, "expression: ALARM while this is true")
      .exampleJson("{\"all\": [{\"point\": \"plc1/boiler/temp\", \"comparison\": \"above\", \"threshold\": 80}]}");
  shape.optional("warning_when", &Rule::warningWhen, "expression: WARNING while this is true")
      .exampleJson("{\"point\": \"plc1/boiler/temp\", \"comparison\": \"above\", \"threshold\": 75}");
  shape.optional("words", &Rule::words, "what values mean to people, {\"0\": \"Closed\", \"1\": \"Open\"}")
      .exampleJson("{\"0\": \"Closed\", \"1\": \"Open\"}")
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
      .example("boiler-house")
      .range(0, 200);
  shape.optional("schedule", &Rule::schedule, "when the rule is in force; outside it is OK; always if absent")
      .range(1, 100)
      .orSingle();
  shape.optional("latch", &Rule::latch, "the alarm stays until it is acknowledged after its end");
  shape.optional("group", &Rule::group, "id of one of `groups`").example("boiler-house").range(1, 100);
  shape.optional("suppress_when", &Rule::suppressWhen, "the alarm is suppressed while this is true")
      .exampleJson("{\"point\": \"plc1/boiler/temp\", \"comparison\": \"bad_quality\"}");
  shape.optional("escalation", &Rule::escalation, "id of one of `escalations`").example("boiler-house").range(1, 100);
  shape.optional("guidance", &Rule::guidance, "what the operator should do")
      .example("Close the steam valve and call the shift lead")
      .range(1, 1000);
}

}  // namespace

void Rule::describe(Shape<Rule> &shape) {
  shape.required("id", &Rule::id, "number of the rule, `rule_id` for clients").example(77).range(1, 2147483647);
  shape.required("name", &Rule::name, "what operators call it").example("Boiler too hot").range(1, 200);
  shape.optional("point", &Rule::point, "full name of the watched point; only an expression may leave it out")
      .suggested();
  shape.required("comparison", &Rule::comparison, "how the value is looked at").example("above");
  describeThresholds(shape);
  describeOthers(shape);
  describeBehaviour(shape);
}

}  // namespace tagwire::alarms
