// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "interlockcondition.h"
#include "interlockconfig.h"

namespace tagwire {

/// A point that an interlock guards.
struct GuardedPoint {
  PointId id = PointId::None;
  std::optional<Value> safe = {};  ///< of its type; none: it has none (never with a trip)

  friend bool operator==(const GuardedPoint &, const GuardedPoint &) = default;
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
  friend bool operator==(const InterlockRule &, const InterlockRule &) = default;
};

/// What can't be found or guarded goes into `problems`; with errors the rules are not to be used. Unknown points are
/// not reported again: they are references like any other.
TAGWIRE_EXPORT QList<InterlockRule> resolveInterlocks(const QList<InterlockConfig> &interlocks,
                                                      const ManifestNames &names, Problems &problems);

}  // namespace tagwire
