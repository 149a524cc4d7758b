// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event.h"
#include "later.h"
#include "notify/notificationconfig.h"
#include "schedule.h"
#include "severitywords.h"

namespace tagwire::alarms {

/// How a rule looks at a value (R3-10).
struct Comparison {
  enum Kind : quint8 { Above, Below, OutsideRange, InsideRange };
  static constexpr const char *form = "above, below, outside_range or inside_range";
  static Result<Comparison> fromText(const QString &text);

  bool isRange() const { return kind == OutsideRange || kind == InsideRange; }
  QString word() const;

  Kind kind = Above;
};

/// One alarm rule as the manifest says it. Plain value.
struct Rule {
  static void describe(Shape<Rule> &shape);

  int id = 0;
  QString name;
  PointReference point;
  Comparison comparison;
  std::optional<double> alarmThreshold;  ///< above, below
  std::optional<double> warningThreshold;
  std::optional<double> alarmThresholdLow;  ///< ranges
  std::optional<double> alarmThresholdHigh;
  std::optional<double> warningThresholdLow;
  std::optional<double> warningThresholdHigh;
  Severity severity = Severity::Major;
  double deadband = 0;
  std::chrono::milliseconds onDelay{0};
  std::chrono::milliseconds offDelay{0};
  QString area;
  QList<Schedule> schedule;  ///< in force within any of these; none: always
  Later latch;
  Later reference;
  Later staleAfter;
};

/// The configuration of an `alarms` instance.
struct AlarmsConfig {
  static void describe(Shape<AlarmsConfig> &shape);

  QList<Rule> rules;
  NotificationsConfig notifications;
};

/// What the declaration can't say: order of thresholds, duplicates, … Reports each problem at its key, and sets absent
/// time zones to the site's.
void checkRules(AlarmsConfig &config, const QTimeZone &siteZone, ConfigReader &reader);

}  // namespace tagwire::alarms
