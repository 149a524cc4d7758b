// SPDX-License-Identifier: Apache-2.0
#include "pointlist.h"

#include <algorithm>
#include <array>

#include "protocols/jsontext.h"

namespace tagwire::ws {

namespace {

void putListedPoint(JsonText &json, const Point &point, const Sample &last) {
  json.beginObject();
  json.put("name", point.fullName);
  json.put("number", point.number.value_or(0));
  json.put("type", toText(point.type));
  json.key("value");
  json.value(last.value);
  json.key("quality");
  json.quality(last.quality);
  json.key("timestamp");
  if (last.time == Time()) {
    json.null();
  } else {
    json.time(last.time);
  }
  json.put("unit", point.unit);
  json.put("description", point.description);
  json.put("writable", point.writable);
  json.endObject();
}

/// A page of these is about 2 MB.
constexpr qint64 mostPoints = 10'000;

/// Of the samples' points.
void putPoints(JsonText &json, const PointTable &points, const std::vector<Sample> &samples) {
  json.beginList();
  for (const Sample &sample : samples) putListedPoint(json, *points.point(sample.point), sample);
  json.endList();
}

void putGroup(JsonText &json, const PointTree::Group &group) {
  static constexpr std::array words{"good", "uncertain", "bad"};
  json.beginObject();
  json.put("name", group.name);
  json.put("points", group.points);
  json.put("worst", QLatin1String(words[static_cast<size_t>(group.worst)]));
  json.endObject();
}

}  // namespace

Result<PointFilter> PointFilter::fromQuery(const Target &target) {
  PointFilter filter;
  filter.prefix = target.value("prefix").value_or(QString());
  const auto limit = target.wholeNumber("limit", 1, mostPoints, filter.limit);
  if (!limit) return failure(limit.error());
  const auto offset = target.wholeNumber("offset", 0, 1000000000, 0);
  if (!offset) return failure(offset.error());
  filter.limit = *limit;
  filter.offset = *offset;
  return filter;
}

PointPage pageOf(const PointOrder &found, qint64 limit, qint64 offset) {
  const auto total = static_cast<qint64>(found.size());
  const qint64 begin = std::min(offset, total);
  return {{found.begin() + begin, found.begin() + std::min(total, begin + limit)}, total};
}

PointPage listPoints(const PointTable &points, const PointOrder &order, const PointFilter &filter,
                     const PointSet &readable) {
  std::vector<bool> wanted(points.count());  // in the order of the ids, without those that were removed
  const PointRange all{order.begin(), order.end()};
  const PointRange range = filter.prefix.isEmpty() ? all : pointsUnder(points, all, filter.prefix);
  for (auto id = range.begin; id != range.end; ++id) wanted[static_cast<quint32>(*id) - 1] = true;
  PointPage page;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto id = static_cast<PointId>(i + 1);
    if (!wanted[i] || !isReadable(readable, id)) continue;
    const qint64 index = page.total++;
    if (index >= filter.offset && index < filter.offset + filter.limit) page.points.push_back(id);
  }
  return page;
}

std::vector<Sample> newestOf(const PointTable &points, const PointOrder &ids) {
  std::vector<Sample> samples;
  samples.reserve(ids.size());
  for (const PointId id : ids) samples.push_back(points.last(id));
  return samples;
}

QByteArray pointsJson(const PointTable &points, const std::vector<Sample> &samples) {
  JsonText json;
  putPoints(json, points, samples);
  return json.bytes();
}

Result<PointLevel> PointLevel::fromQuery(const Target &target) {
  PointLevel level;
  level.under = target.value("under").value_or(QString());
  while (level.under.endsWith(u'/')) level.under.chop(1);
  const auto limit = target.wholeNumber("limit", 1, mostPoints, level.limit);
  if (!limit) return failure(limit.error());
  const auto offset = target.wholeNumber("offset", 0, 1000000000, 0);
  if (!offset) return failure(offset.error());
  level.limit = *limit;
  level.offset = *offset;
  return level;
}

PointTree PointTree::find(const PointTable &points, const std::shared_ptr<const PointOrder> &order,
                          const PointLevel &level, const PointSet &readable) {
  PointTree tree;
  tree.m_under = level.under;
  tree.m_order = order;
  tree.m_readable = readable;
  const QString base = level.under.isEmpty() ? QString() : level.under + u'/';
  const PointRange all = pointsUnder(points, {order->begin(), order->end()}, base);
  PointOrder here;
  for (auto each = all.begin; each != all.end;) {
    const auto point = points.point(*each);
    const qsizetype slash = point->fullName.indexOf(u'/', base.size());
    if (slash < 0) {
      if (isReadable(readable, *each)) here.push_back(*each);
      ++each;
      continue;
    }
    const PointRange below = pointsUnder(points, {each, all.end}, point->fullName.left(slash + 1));
    const auto count = std::count_if(below.begin, below.end, [&](PointId id) { return isReadable(readable, id); });
    // One of which nothing may be read is not told of.
    if (count > 0) tree.m_groups.push_back({point->fullName.mid(base.size(), slash - base.size()), below, count});
    each = below.end;
  }
  tree.m_page = pageOf(here, level.limit, level.offset);
  return tree;
}

void PointTree::takeValues(const PointTable &points) {
  m_samples = newestOf(points, m_page.points);
  for (Group &group : m_groups) {
    for (auto id = group.below.begin; id != group.below.end; ++id) {
      if (isReadable(m_readable, *id)) group.worst = std::max(group.worst, points.last(*id).quality.level);
    }
  }
}

QByteArray PointTree::json(const PointTable &points) const {
  JsonText json;
  json.beginObject();
  json.put("under", m_under);
  json.key("groups");
  json.beginList();
  for (const Group &group : m_groups) putGroup(json, group);
  json.endList();
  json.put("total", m_page.total);
  json.key("points");
  putPoints(json, points, m_samples);
  json.endObject();
  return json.bytes();
}

QByteArray onePoint(const PointTable &points, PointId id) {
  JsonText json;
  putListedPoint(json, *points.point(id), points.last(id));
  return json.bytes();
}

}  // namespace tagwire::ws
