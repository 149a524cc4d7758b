// SPDX-License-Identifier: Apache-2.0
// Who must not come near whom, or not move about alone, and what came of it. Plain values.
#pragma once

#include <QString>

#include <chrono>
#include <optional>

#include "timestamp.h"
#include "value.h"

namespace tagwire::rtls {

/// Tags of two classes (or of one) that are no farther apart than `distance` collide.
struct ProximityRule {
  int id = 0;
  QString name;
  QString classA;
  QString classB;
  double distance = 0;
  double exitTolerance = 0;
  std::chrono::nanoseconds ongoing{0};  ///< least time between two Ongoing; 0: none
  int zone = -1;                        ///< index in the model: both must be in it; -1: anywhere
  std::optional<double> zDistance;      ///< `distance` is on the plan then
  QByteArray fingerprint;               ///< another one when the definition is another
};

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

/// A tag of `tagClass` is not to move in `zone` without one of `needs` within `distance`.
struct EscortRule {
  int id = 0;
  QString name;
  QString tagClass;
  QString needs;
  double distance = 0;
  int zone = -1;  ///< index in the model; -1: anywhere
  std::chrono::nanoseconds delay{0};
  double move = 0;  ///< so far from where it was left alone
};

/// A tag moves about alone, or no longer.
struct Unaccompanied {
  enum class Phase : quint8 { Start, End };
  Phase phase = Phase::Start;
  int rule = 0;  ///< index in Model::escorts
  int tag = 0;
  Position position;
  Time start;  ///< when it was left alone
  Time time;
  QString reason;  ///< End: "timeout" when it is lost, else empty
};

}  // namespace tagwire::rtls
