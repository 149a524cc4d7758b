// SPDX-License-Identifier: Apache-2.0
#include "engineconfig.h"

namespace tagwire::alarms {

void ChatterConfig::describe(Shape<ChatterConfig> &shape) {
  shape.optional("count", &ChatterConfig::count, "so many alarms of one rule …").range(2, 100);
  shape.optional("window_ms", &ChatterConfig::window, "… within this time are chattering").range(1'000, 86'400'000);
  shape.optional("shelve_ms", &ChatterConfig::shelve, "shelve it for so long then; only mark it if absent")
      .range(1'000, 86'400'000);
  shape
      .optional("most_shelvings", &ChatterConfig::mostShelvings,
                "so often in a row, until an operator does something about it; then it is only marked")
      .range(1, 1'000);
}

void GroupConfig::describe(Shape<GroupConfig> &shape) {
  shape.required("id", &GroupConfig::id, "name that rules give as `group`").range(1, 100);
  shape.optional("suppress_when", &GroupConfig::suppressWhen, "all its alarms are suppressed while this holds");
  shape.optional("first_out", &GroupConfig::firstOut, "mark the alarm that came first while none of the group stood");
}

void EscalationStep::describe(Shape<EscalationStep> &shape) {
  shape.required("after_ms", &EscalationStep::after, "not acknowledged for so long").range(1'000, 604'800'000);
  shape.optional("severity", &EscalationStep::severity, "raise it to this");
  shape
      .optional("notify", &EscalationStep::notify,
                "ids of `notifications` that are told; if absent, those that the new severity is routed to")
      .range(1, 100);
}

void EscalationConfig::describe(Shape<EscalationConfig> &shape) {
  shape.required("id", &EscalationConfig::id, "name that rules give as `escalation`").range(1, 100);
  shape.required("steps", &EscalationConfig::steps, "in the order of their times").range(1, 20);
}

}  // namespace tagwire::alarms
