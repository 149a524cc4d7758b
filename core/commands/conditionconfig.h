// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QList>
#include <QString>

#include <array>
#include <chrono>
#include <optional>

#include "../config.h"
#include "../event.h"

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
/// One of the `conditions` of an interlock, or of a scene's `await`. Which keys are due and allowed depends on the
/// type.
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

  QString path = {};                           ///< "interlocks[2].conditions[0]"
  QHash<QString, ConfigLocation> places = {};  ///< of its keys, for later steps

  static void describe(Shape<ConditionConfig> &shape);
};

/// What a condition at `path` of a document says of itself, which `reader` has just read: notes where it stands, and
/// reports keys that it may not have or lacks, and limits that can't be met.
void checkCondition(ConditionConfig &condition, const QString &path, ConfigReader &reader);

/// Whether the object at `owner` names the key.
bool isKeyGiven(const ConfigReader &reader, const QString &owner, const QString &key);

}  // namespace tagwire
