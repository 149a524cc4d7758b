// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QList>
#include <QString>

#include <array>
#include <chrono>
#include <optional>

#include "../config.h"
#include "../severitywords.h"
#include "interlockstatus.h"

namespace tagwire {

/// What a condition looks at and demands (docs/interlocks.md).
enum class ConditionType : quint8 {
  Range,
  RequireLevel,
  RequireState,
  RequireClosed,
  ZoneClear,
  ZoneOccupied,
  AlarmState
};
constexpr auto enumWords(ConditionType) {
  return std::array{
      std::pair{"range", ConditionType::Range},
      std::pair{"require_level", ConditionType::RequireLevel},
      std::pair{"require_state", ConditionType::RequireState},
      std::pair{"require_closed", ConditionType::RequireClosed},
      std::pair{"zone_clear", ConditionType::ZoneClear},
      std::pair{"zone_occupied", ConditionType::ZoneOccupied},
      std::pair{"alarm_state", ConditionType::AlarmState},
  };
}
constexpr auto enumWords(AlarmState) {
  return std::array{std::pair{"OK", AlarmState::Ok}, std::pair{"WARNING", AlarmState::Warning},
                    std::pair{"ALARM", AlarmState::Alarm}};
}
constexpr auto enumWords(InterlockMode) {
  return std::array{std::pair{"permissive", InterlockMode::Permissive}, std::pair{"trip", InterlockMode::Trip},
                    std::pair{"advisory", InterlockMode::Advisory}};
}

/// One of an interlock's `conditions`. Which keys are due and allowed depends on the type.
struct ConditionConfig {
  std::optional<ConditionType> type = {};  ///< none: it could not be read
  std::optional<PointReference> point = {};
  std::optional<double> min = {};
  std::optional<double> max = {};
  std::optional<ConfigNode> value = {};
  std::optional<double> deadband = {};
  std::optional<std::chrono::milliseconds> maxAge = {};
  std::optional<int> zone = {};
  std::optional<int> rule = {};
  std::optional<QString> instance = {};
  std::optional<QList<QString>> exceptClasses = {};
  std::optional<QString> ofClass = {};
  std::optional<QList<AlarmState>> states = {};

  static void describe(Shape<ConditionConfig> &shape);
};

/// One of the manifest's `interlocks`.
struct InterlockConfig {
  int id = 0;
  QString name;
  InterlockMode mode = InterlockMode::Permissive;
  QList<PointReference> points;
  Severity severity = Severity::Major;
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds startup{10'000};
  QList<ConditionConfig> conditions;
  QString path = {};  ///< "interlocks[2]"
  QHash<QString, ConfigLocation> places =
      {};  ///< of "id", "points[0]", "conditions[1].zone" and so on, for later steps

  static void describe(Shape<InterlockConfig> &shape);
};

/// What one document's interlocks say of themselves, which `reader` has just read: notes where they stand, and reports
/// keys that a condition may not have or lacks, and limits that can't be met.
void checkInterlocks(QList<InterlockConfig> &interlocks, ConfigReader &reader);
/// No two of all documents may have one id.
void checkInterlockIds(const QList<InterlockConfig> &interlocks, Problems &problems);

}  // namespace tagwire
