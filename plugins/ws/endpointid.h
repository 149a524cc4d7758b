// SPDX-License-Identifier: Apache-2.0
// An endpointId of page 5 is a point's number.
#pragma once

#include <QList>

#include "auth/caller.h"
#include "pointtable.h"

namespace tagwire::ws {

/// The points that these numbers name and that a caller may read, each once, and the numbers of which there is none.
/// Plain value.
struct EndpointIds {
  QList<PointId> points;
  QList<qint64> unknown;

  static EndpointIds find(const PointTable &points, const Caller &caller, const QList<qint64> &numbers);
  /// "no such endpointId: 98, 99", the first twenty. Whether there is one is nothing for who may not read it.
  QString complaint(const Caller &caller) const;
};

/// None when there is no such point, or the caller may not read it.
PointId readablePoint(const PointTable &points, const Caller &caller, qint64 number);

/// The numbers of a query; errors name what is allowed.
Result<QList<qint64>> numbersFromTexts(const QStringList &texts);

}  // namespace tagwire::ws
