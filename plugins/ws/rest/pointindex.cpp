// SPDX-License-Identifier: Apache-2.0
#include "pointindex.h"

#include <QRegularExpression>

#include <algorithm>

namespace tagwire::ws {

namespace {

/// More than this at once are sorted in with all the others.
constexpr quint32 fewPoints = 100;

}  // namespace

std::shared_ptr<PointIndex> PointIndex::of(PluginContext &context) {
  return context.shared<PointIndex>("point index",
                                    [&context] { return std::make_shared<PointIndex>(context.points()); });
}

void PointIndex::refresh() {
  const quint32 known = m_known;
  const quint64 revision = std::exchange(m_revision, m_points.revision());
  m_known = m_points.count();
  if (revision != m_revision || m_known - known > fewPoints) return sortAll(m_known);
  if (m_known > known) insert(known, m_known);
}

void PointIndex::sortAll(quint32 count) {
  std::vector<std::shared_ptr<const Point>> points;
  points.reserve(count);
  for (quint32 i = 1; i <= count; ++i) {
    if (auto point = m_points.point(PointId{i}); !point->isRemoved) points.push_back(std::move(point));
  }
  std::sort(points.begin(), points.end(),
            [](const auto &one, const auto &other) { return one->fullName < other->fullName; });
  auto order = std::make_shared<PointOrder>();
  order->reserve(points.size());
  for (const auto &point : points) order->push_back(point->id);
  m_order = std::move(order);
}

void PointIndex::insert(quint32 from, quint32 count) {
  auto order = std::make_shared<PointOrder>(*m_order);
  for (quint32 i = from + 1; i <= count; ++i) {
    const auto point = m_points.point(PointId{i});
    if (point->isRemoved) continue;
    const QString name = point->fullName;
    const auto place = std::partition_point(order->begin(), order->end(),
                                            [&](PointId id) { return m_points.point(id)->fullName < name; });
    order->insert(place, PointId{i});
  }
  m_order = std::move(order);
}

PointRange pointsUnder(const PointTable &points, PointRange range, const QString &prefix) {
  const auto begin =
      std::partition_point(range.begin, range.end, [&](PointId id) { return points.point(id)->fullName < prefix; });
  const auto end =
      std::partition_point(begin, range.end, [&](PointId id) { return points.point(id)->fullName.startsWith(prefix); });
  return {begin, end};
}

Result<PointSearch> PointSearch::fromText(const QString &text) {
  static const QRegularExpression blanks(QStringLiteral("\\s+"));
  PointSearch search;
  search.m_words = text.split(blanks, Qt::SkipEmptyParts);
  if (text.size() <= longest && search.m_words.size() <= mostWords) return search;
  return failure(QStringLiteral("search is too long (allowed: %1 characters, %2 words)").arg(longest).arg(mostWords));
}

bool PointSearch::fits(const Point &point) const {
  return std::all_of(m_words.begin(), m_words.end(), [&point](const QString &word) {
    return point.fullName.contains(word, Qt::CaseInsensitive) ||
           point.description.contains(word, Qt::CaseInsensitive) || point.unit.contains(word, Qt::CaseInsensitive);
  });
}

PointOrder PointSearch::find(const PointTable &points, const PointOrder &order, const QString &prefix,
                             const PointSet &readable) const {
  const PointRange range = pointsUnder(points, {order.begin(), order.end()}, prefix);
  PointOrder found;
  for (auto id = range.begin; id != range.end; ++id) {
    if (isReadable(readable, *id) && fits(*points.point(*id))) found.push_back(*id);
  }
  return found;
}

}  // namespace tagwire::ws
