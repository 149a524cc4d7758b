// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify/notificationconfig.h"
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
  Expression suppressWhen;
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

/// The configuration of an `alarms` instance.
struct AlarmsConfig {
  static void describe(Shape<AlarmsConfig> &shape);

  QList<Rule> rules;
  QList<GroupConfig> groups;
  QList<EscalationConfig> escalations;
  std::optional<ChatterConfig> chatter;
  std::chrono::milliseconds longestShelving{28'800'000};
  qint64 historyRecords = 1'000'000;
  NotificationsConfig notifications;
};

/// What rules may refer to by name.
struct KnownNames {
  QStringList groups;
  QStringList escalations;
};
KnownNames namesIn(const AlarmsConfig &config);

/// That a rule's group and escalation exist; `path` as for checkRule().
void checkNames(const Rule &rule, const KnownNames &names, const QString &path, ConfigReader &reader);
/// Everything that the declaration can't say.
void checkAlarms(AlarmsConfig &config, const QTimeZone &siteZone, ConfigReader &reader);

}  // namespace tagwire::alarms
