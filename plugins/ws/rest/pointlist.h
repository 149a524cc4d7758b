// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/permissions.h"
#include "http/target.h"
#include "pointtable.h"

namespace tagwire::ws {

/// Which points a client asked for. Plain value.
struct PointFilter {
  QString prefix;
  qint64 limit = 10000;
  qint64 offset = 0;

  /// ?prefix=&limit=&offset=; errors name what is allowed.
  static Result<PointFilter> fromQuery(const Target &target);
};

/// A JSON array of points, and how many there would be without limit and offset.
struct PointList {
  QByteArray json;
  qint64 total = 0;
};

/// Of those that `permissions` allow to read.
PointList listPoints(const PointTable &points, const PointFilter &filter, const Permissions &permissions);
/// One point as a JSON object.
QByteArray onePoint(const PointTable &points, PointId id);

}  // namespace tagwire::ws
