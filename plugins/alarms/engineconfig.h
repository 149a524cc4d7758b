// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rule.h"

namespace tagwire::alarms {

/// When an alarm that comes again and again counts as chattering, and what is done then.
struct ChatterConfig {
  static void describe(Shape<ChatterConfig> &shape);

  int count = 5;
  std::chrono::milliseconds window{60'000};
  std::optional<std::chrono::milliseconds> shelve;  ///< absent: it is only marked
  int mostShelvings = 3;
};

/// Rules that belong together, by name.
struct GroupConfig {
  static void describe(Shape<GroupConfig> &shape);

  QString id;
  std::optional<Expression> suppressWhen;
  bool firstOut = false;
};

/// One step of an escalation.
struct EscalationStep {
  static void describe(Shape<EscalationStep> &shape);

  std::chrono::milliseconds after{0};
  std::optional<Severity> severity;
  QStringList notify;
};

/// What happens when nobody acknowledges (R3-23).
struct EscalationConfig {
  static void describe(Shape<EscalationConfig> &shape);

  QString id;
  QList<EscalationStep> steps;
};

}  // namespace tagwire::alarms
