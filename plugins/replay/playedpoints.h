// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <optional>

#include "point.h"
#include "sample.h"

namespace tagwire::replay {

/// Points that are played, by the name under which they are stored.
struct PlayedPoint {
  PointId id = PointId::None;
  ValueType type = ValueType::Double;
};
using PlayedPoints = QHash<QString, PlayedPoint>;

/// What is played is not older than `from` and older than `to`; an absent end leaves nothing out.
struct PlayedRange {
  std::optional<Time> from = {};
  std::optional<Time> to = {};

  bool holds(Time time) const { return (!from || time >= *from) && (!to || time < *to); }
};

/// Values that a recording had and that are not played, by the reason.
struct LeftOut {
  qint64 ofOtherPoints = 0;
  qint64 outOfRange = 0;
  qint64 ofWrongType = 0;  ///< not of their point's
  qint64 tooMany = 0;      ///< at one and the same moment
};

}  // namespace tagwire::replay
