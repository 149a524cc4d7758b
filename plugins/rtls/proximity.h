// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include "value.h"

namespace tagwire::rtls {

/// Two tags came too near to each other, are so still, or no longer.
struct Collision {
  enum class Phase : quint8 { Start, Ongoing, End };
  Phase phase = Phase::Start;
  int rule = 0;  ///< index in Model::proximity
  int tagA = 0;  ///< of the first class; within one class the lower number
  int tagB = 0;
  Position a;
  Position b;
  double distance = 0;
  Time start;
  Time time;
  QString reason;  ///< End: "timeout" when one of them is lost, else empty
};

}  // namespace tagwire::rtls
