// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <QStringList>

#include <memory>
#include <vector>

#include "context.h"
#include "rest/readablepoints.h"

namespace tagwire::ws {

/// Every point's id, in the order of the full names.
using PointOrder = std::vector<PointId>;

/// The points by their full names, so that one level of their tree costs what is shown of it and not a walk over all of
/// them. Shared by the instances (PluginContext::shared); thread-bound (host thread).
class PointIndex {
 public:
  explicit PointIndex(const PointTable &points) : m_points(points) {}
  static std::shared_ptr<PointIndex> of(PluginContext &context);

  /// Takes in what was declared since the last time.
  void refresh();
  /// Never changed; a refresh makes another one.
  std::shared_ptr<const PointOrder> order() const { return m_order; }

 private:
  void sortAll(quint32 count);
  void insert(quint32 from, quint32 count);

  const PointTable &m_points;
  quint32 m_known = 0;  ///< ids that m_order was made of
  quint64 m_revision = 0;
  std::shared_ptr<const PointOrder> m_order = std::make_shared<PointOrder>();
};

/// A stretch of a PointOrder.
struct PointRange {
  PointOrder::const_iterator begin;
  PointOrder::const_iterator end;
  qsizetype size() const { return end - begin; }
};
/// Those of `range` whose full names begin with `prefix`.
PointRange pointsUnder(const PointTable &points, PointRange range, const QString &prefix);

/// What somebody looks for: words, each of which stands in a point's name, description or unit, in any case of letters.
/// Plain value.
class PointSearch {
 public:
  static constexpr qsizetype longest = 200;
  static constexpr qsizetype mostWords = 10;

  /// Errors name what is allowed. Of nothing but blanks: finds every point.
  static Result<PointSearch> fromText(const QString &text);
  /// Those of `order` that may be read, under `prefix`. Takes 50 ms for 100,000 points: call it in a worker thread.
  PointOrder find(const PointTable &points, const PointOrder &order, const QString &prefix,
                  const PointSet &readable) const;

 private:
  bool fits(const Point &point) const;
  QStringList m_words;
};

}  // namespace tagwire::ws
