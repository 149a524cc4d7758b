// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <vector>

#include "../pointtable.h"
#include "interlockconfig.h"

namespace tagwire {

/// A condition with all that it names found.
struct InterlockCondition {
  ConditionType type = ConditionType::Range;
  PointId point = PointId::None;  ///< zone_…: its occupancy, of the class if one is asked for; alarm_state: None
  QList<PointId> excepted = {};   ///< zone_clear: occupancies of classes that do not count
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  double deadband = 0;
  Value value = {};                                     ///< require_state: of the point's type
  std::optional<std::chrono::nanoseconds> maxAge = {};  ///< none: never too old
  int rule = 0;                                         ///< alarm_state
  QString instance = {};                                ///< alarm_state: whose rule
  QList<AlarmState> states = {};
  QString subject;  ///< "plc1/boiler/temp", "zone 417", "alarm rule 77"
  QString allowed;  ///< "0 to 90", "clear", "OK, WARNING"
};

/// A point that an interlock guards.
struct GuardedPoint {
  PointId id = PointId::None;
  std::optional<Value> safe = {};  ///< of its type; none: it has none (never with a trip)
};

/// An interlock with all that it names found.
struct InterlockRule {
  int id = 0;
  QString name;
  InterlockMode mode = InterlockMode::Permissive;
  Severity severity = Severity::Major;
  std::chrono::nanoseconds delay{0};
  std::chrono::nanoseconds startup{0};
  QList<GuardedPoint> points;
  std::vector<InterlockCondition> conditions;

  QString text() const { return QStringLiteral("interlock %1 \"%2\"").arg(id).arg(name); }
};

/// Where the interlocks' names are looked up, once every instance has declared its points.
struct InterlockNames {
  const PointTable &points;
  QStringList instances;   ///< ids of the manifest's entries
  QStringList alarmDesks;  ///< ids of those that know alarms
  bool isWhole = true;     ///< false: some entry is wrong, so what is not found may be its
};

/// What can't be found or guarded goes into `problems`; with errors the rules are not to be used. Unknown points are
/// not reported again: they are references like any other.
TAGWIRE_EXPORT QList<InterlockRule> resolveInterlocks(const QList<InterlockConfig> &interlocks,
                                                      const InterlockNames &names, Problems &problems);

}  // namespace tagwire
