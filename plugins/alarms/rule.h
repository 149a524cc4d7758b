// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event.h"
#include "expression.h"
#include "schedule.h"
#include "severitywords.h"

namespace tagwire::alarms {

/// One alarm rule as the manifest says it. Plain value.
struct Rule {
  static void describe(Shape<Rule> &shape);

  // What each sample looks at stands together: there may be 100,000 rules.
  Comparison comparison;
  std::optional<Direction> direction;  ///< rate_of_change
  bool warningOnUncertain = false;     ///< bad_quality
  bool latch = false;
  Severity severity = Severity::Major;
  int id = 0;
  double deadband = 0;
  std::chrono::milliseconds onDelay{0};
  std::chrono::milliseconds offDelay{0};
  QList<Schedule> schedule;              ///< in force within any of these; none: always
  std::optional<double> alarmThreshold;  ///< comparisons with one side
  std::optional<double> warningThreshold;
  std::optional<double> alarmThresholdLow;  ///< ranges
  std::optional<double> alarmThresholdHigh;
  std::optional<double> warningThresholdLow;
  std::optional<double> warningThresholdHigh;
  std::optional<std::chrono::milliseconds> staleAfter;    ///< stale
  std::optional<std::chrono::milliseconds> warningAfter;  ///< stale: WARNING already
  std::optional<std::chrono::milliseconds> window;        ///< rate_of_change
  QList<NamedValue> alarmValues;                          ///< discrete
  QList<NamedValue> warningValues;
  Expression when;  ///< expression
  Expression warningWhen;

  QString name;
  PointReference point;          ///< an expression may have none; see inputsOf()
  PointReference reference;      ///< deviation
  QMap<QString, QString> words;  ///< what values mean to people
  QString area;
  QString group;
  Expression suppressWhen;
  QString escalation;
  QString guidance;
};

/// What the declaration of one rule can't say: which keys its comparison has, the order of thresholds, … Reports each
/// problem at its key below `path` (empty: the rule is the whole document), and sets absent time zones to the site's.
void checkRule(Rule &rule, const QString &path, const QTimeZone &siteZone, ConfigReader &reader);

}  // namespace tagwire::alarms
