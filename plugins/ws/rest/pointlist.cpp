// SPDX-License-Identifier: Apache-2.0
#include "pointlist.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <array>
#include <cmath>

namespace tagwire::ws {

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Writer &writer, const char *key, const QString &text) {
  const QByteArray bytes = text.toUtf8();
  writer.Key(key);
  writer.String(bytes.constData(), static_cast<rapidjson::SizeType>(bytes.size()));
}

void putListedValue(Writer &writer, const Value &value) {
  if (const auto *flag = std::get_if<bool>(&value)) {
    writer.Bool(*flag);
  } else if (const auto *whole = std::get_if<qint64>(&value)) {
    writer.Int64(*whole);
  } else if (const auto *number = std::get_if<double>(&value); number && std::isfinite(*number)) {
    writer.Double(*number);
  } else if (const auto *text = std::get_if<QString>(&value)) {
    const QByteArray bytes = text->toUtf8();
    writer.String(bytes.constData(), static_cast<rapidjson::SizeType>(bytes.size()));
  } else if (const auto *position = std::get_if<Position>(&value)) {
    const QByteArray bytes = QJsonDocument(toJson(*position).toObject()).toJson(QJsonDocument::Compact);
    writer.RawValue(bytes.constData(), static_cast<size_t>(bytes.size()), rapidjson::kObjectType);
  } else {
    writer.Null();
  }
}

void putListedPoint(Writer &writer, const Point &point, const Sample &last) {
  writer.StartObject();
  put(writer, "name", point.fullName);
  writer.Key("number");
  writer.Int(point.number.value_or(0));
  put(writer, "type", QString(toText(point.type)));
  writer.Key("value");
  putListedValue(writer, last.value);
  put(writer, "quality", toText(last.quality));
  if (last.time == Time()) {
    writer.Key("timestamp");
    writer.Null();
  } else {
    put(writer, "timestamp", toIso(last.time));
  }
  put(writer, "unit", point.unit);
  put(writer, "description", point.description);
  writer.Key("writable");
  writer.Bool(point.writable);
  writer.EndObject();
}

/// A page of these is about 2 MB.
constexpr qint64 mostPoints = 10'000;

/// Of the samples' points.
void putPoints(Writer &writer, const PointTable &points, const std::vector<Sample> &samples) {
  writer.StartArray();
  for (const Sample &sample : samples) putListedPoint(writer, *points.point(sample.point), sample);
  writer.EndArray();
}

void putGroup(Writer &writer, const PointTree::Group &group) {
  static constexpr std::array words{"good", "uncertain", "bad"};
  writer.StartObject();
  put(writer, "name", group.name);
  writer.Key("points");
  writer.Int64(group.points);
  writer.Key("worst");
  writer.String(words[static_cast<size_t>(group.worst)]);
  writer.EndObject();
}

QByteArray bytesOf(const rapidjson::StringBuffer &buffer) {
  return {buffer.GetString(), static_cast<qsizetype>(buffer.GetSize())};
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
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  putPoints(writer, points, samples);
  return bytesOf(buffer);
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
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  put(writer, "under", m_under);
  writer.Key("groups");
  writer.StartArray();
  for (const Group &group : m_groups) putGroup(writer, group);
  writer.EndArray();
  writer.Key("total");
  writer.Int64(m_page.total);
  writer.Key("points");
  putPoints(writer, points, m_samples);
  writer.EndObject();
  return bytesOf(buffer);
}

QByteArray onePoint(const PointTable &points, PointId id) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  putListedPoint(writer, *points.point(id), points.last(id));
  return bytesOf(buffer);
}

}  // namespace tagwire::ws
