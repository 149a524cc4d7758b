// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/target.h"
#include "pointtable.h"
#include "rest/pointindex.h"
#include "rest/readablepoints.h"

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

/// Some points, and how many there would be without limit and offset. Plain value.
struct PointPage {
  PointOrder points;
  qint64 total = 0;
};

/// `limit` of these from `offset` on.
PointPage pageOf(const PointOrder &found, qint64 limit, qint64 offset);
/// In the order in which they were declared. Walks over all of them: call it in a worker thread.
PointPage listPoints(const PointTable &points, const PointOrder &order, const PointFilter &filter,
                     const PointSet &readable);
/// Host thread.
std::vector<Sample> newestOf(const PointTable &points, const PointOrder &ids);
/// A JSON array, for GET /api/v1/points. 10,000 take 30 ms: call it in a worker thread.
QByteArray pointsJson(const PointTable &points, const std::vector<Sample> &samples);

/// One level of the tree that the full names make, for GET /api/v1/points/tree: groups with how many points lie below
/// them and the worst of their qualities, and the points themselves. Only takeValues() belongs to the host thread, and
/// comes between the other two. Plain value.
class PointTree {
 public:
  struct Group {
    QString name;
    PointRange below;
    qint64 points = 0;  ///< of these, that may be read
    QualityLevel worst = QualityLevel::Good;
  };

  static PointTree find(const PointTable &points, const std::shared_ptr<const PointOrder> &order,
                        const PointLevel &level, const PointSet &readable);
  void takeValues(const PointTable &points);
  QByteArray json(const PointTable &points) const;

 private:
  QString m_under;
  std::shared_ptr<const PointOrder> m_order;  ///< that the groups lie in
  PointSet m_readable;
  std::vector<Group> m_groups;
  PointPage m_page;
  std::vector<Sample> m_samples;  ///< of the page
};

/// One point as a JSON object.
QByteArray onePoint(const PointTable &points, PointId id);

}  // namespace tagwire::ws
