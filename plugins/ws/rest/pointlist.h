// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/permissions.h"
#include "http/target.h"
#include "pointtable.h"
#include "rest/pointindex.h"

namespace tagwire::ws {

/// Which points a client asked for. Plain value.
struct PointFilter {
  QString prefix;
  qint64 limit = 10000;
  qint64 offset = 0;

  /// ?prefix=&limit=&offset=; errors name what is allowed.
  static Result<PointFilter> fromQuery(const Target &target);
};

/// Which level of the tree a client asked for. Plain value.
struct PointLevel {
  QString under;  ///< "plc1/boiler"; empty: the top
  qint64 limit = 1000;
  qint64 offset = 0;

  /// ?under=&limit=&offset=; errors name what is allowed.
  static Result<PointLevel> fromQuery(const Target &target);
};

/// A JSON array of points, and how many there would be without limit and offset.
struct PointList {
  QByteArray json;
  qint64 total = 0;
};

/// Of those that `permissions` allow to read.
PointList listPoints(const PointTable &points, const PointFilter &filter, const Permissions &permissions);
/// These points, which the caller may read, from `offset` on.
PointList listPoints(const PointTable &points, const PointOrder &found, qint64 limit, qint64 offset);
/// One level of the tree that the full names make, for GET /api/v1/points/tree: groups with how many points lie below
/// them and the worst of their qualities, and the points themselves.
QByteArray pointTree(const PointTable &points, const PointOrder &order, const PointLevel &level,
                     const Permissions &permissions);
/// One point as a JSON object.
QByteArray onePoint(const PointTable &points, PointId id);

}  // namespace tagwire::ws
