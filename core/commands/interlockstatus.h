// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>

#include <optional>

#include "../event.h"

namespace tagwire {

/// What an interlock does when a condition is not met (R5-10).
enum class InterlockMode : quint8 {
  Permissive,  ///< commands are blocked, but for those that bring the point to its safe value
  Trip,        ///< the same, and its points are brought to their safe values; stays until somebody resets it
  Advisory     ///< the command goes out with a warning
};

/// One condition of an interlock, and how it stands.
struct ConditionStatus {
  QString text;  ///< "plc1/boiler/temp within 0 to 90"
  bool isMet = false;
  QString found;                  ///< "95.2", "bad:timeout", "no value since 12 s"; for people
  PointId point = PointId::None;  ///< that it looks at, for who may know of it; None: an alarm's state
};

/// An interlock as it stands now.
struct InterlockStatus {
  int id = 0;
  QString name;
  InterlockMode mode = InterlockMode::Permissive;
  Severity severity = Severity::Major;
  QList<PointId> points;  ///< that it guards
  QList<ConditionStatus> conditions;
  bool isViolated = false;        ///< some condition is not met
  bool isTripped = false;         ///< Trip: latched
  std::optional<Time> trippedAt;  ///< of the trip that is latched
  QString cause;                  ///< of that trip: what was not met then
  bool isForced = true;           ///< false: some point could not be brought to its safe value yet
};

TAGWIRE_EXPORT QLatin1String toText(InterlockMode mode);  ///< "permissive", "trip", "advisory"

}  // namespace tagwire
