// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QMap>

#include <limits>

#include "../pointtable.h"
#include "../services/zonecatalog.h"
#include "conditionconfig.h"

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

  friend bool operator==(const InterlockCondition &, const InterlockCondition &) = default;
};

/// Where what interlocks, scenes and reactions name is looked up, once every instance has declared its points.
struct ManifestNames {
  const PointTable &points;
  QStringList instances;                          ///< ids of the manifest's entries
  QStringList alarmDesks;                         ///< ids of those that know alarms
  bool isWhole = true;                            ///< false: some entry is wrong, so what is not found may be its
  QMap<QString, QList<int>> alarmRules = {};      ///< rules of the manifest, of each that knows alarms
  QMap<QString, ZoneDirectory> directories = {};  ///< of each that knows zones, tags and triggers
};

/// What can't be found goes into `problems`; with errors the condition is not to be used. An unknown point is not
/// reported again: it is a reference like any other. The type must be known.
InterlockCondition resolveCondition(const ConditionConfig &config, const ManifestNames &names, Problems &problems);

/// "plc1/boiler/temp within 0 to 90", "zone 417 is clear"
QString toText(const InterlockCondition &condition);
/// What a manifest's `value` is as a value of `type`.
Result<Value> valueOfNode(const ConfigNode &node, ValueType type);

}  // namespace tagwire
