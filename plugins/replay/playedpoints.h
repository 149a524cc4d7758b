// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "point.h"
#include "sample.h"

namespace tagwire::replay {

/// Points that are played, by the name under which they are stored.
struct PlayedPoint {
  PointId id = PointId::None;
  ValueType type = ValueType::Double;
};
using PlayedPoints = QHash<QString, PlayedPoint>;

/// The range that is played.
struct PlayedRange {
  Time from;
  Time to;
};

}  // namespace tagwire::replay
