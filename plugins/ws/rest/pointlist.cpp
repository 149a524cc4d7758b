// SPDX-License-Identifier: Apache-2.0
#include "pointlist.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <array>
#include <cmath>

#include "auth/pointaccess.h"

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

/// What lies below one name of a level.
struct Group {
  qint64 points = 0;
  QualityLevel worst = QualityLevel::Good;

  void add(const Sample &last) {
    ++points;
    worst = std::max(worst, last.quality.level);
  }
};

Group groupOf(const PointTable &points, const PointRange &range) {
  Group group;
  for (auto id = range.begin; id != range.end; ++id) group.add(points.last(*id));
  return group;
}

Group groupOf(const PointTable &points, const PointRange &range, const Permissions &permissions) {
  Group group;
  for (auto id = range.begin; id != range.end; ++id) {
    if (mayRead(permissions, *points.point(*id))) group.add(points.last(*id));
  }
  return group;
}

/// One of which nothing may be read is not told of.
void putGroup(Writer &writer, const QString &name, const Group &group) {
  static constexpr std::array words{"good", "uncertain", "bad"};
  if (group.points == 0) return;
  writer.StartObject();
  put(writer, "name", name);
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

PointList listPoints(const PointTable &points, const PointFilter &filter, const Permissions &permissions) {
  const bool readsAll = mayReadAllPoints(permissions);
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  PointList list;
  writer.StartArray();
  for (quint32 i = 1; i <= points.count(); ++i) {
    const auto point = points.point(PointId{i});
    if (!point || point->isRemoved || !point->fullName.startsWith(filter.prefix)) continue;
    if (!readsAll && !mayRead(permissions, *point)) continue;
    const qint64 index = list.total++;
    if (index < filter.offset || index >= filter.offset + filter.limit) continue;
    putListedPoint(writer, *point, points.last(point->id));
  }
  writer.EndArray();
  list.json = bytesOf(buffer);
  return list;
}

PointList listPoints(const PointTable &points, const PointOrder &found, qint64 limit, qint64 offset) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  PointList list;
  list.total = static_cast<qint64>(found.size());
  writer.StartArray();
  for (qint64 i = offset; i < std::min(list.total, offset + limit); ++i) {
    const PointId id = found[static_cast<size_t>(i)];
    putListedPoint(writer, *points.point(id), points.last(id));
  }
  writer.EndArray();
  list.json = bytesOf(buffer);
  return list;
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

QByteArray pointTree(const PointTable &points, const PointOrder &order, const PointLevel &level,
                     const Permissions &permissions) {
  const QString base = level.under.isEmpty() ? QString() : level.under + u'/';
  const bool readsAll = mayReadAllPoints(permissions);
  const PointRange all = pointsUnder(points, {order.begin(), order.end()}, base);
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  put(writer, "under", level.under);
  writer.Key("groups");
  writer.StartArray();
  PointOrder here;
  for (auto each = all.begin; each != all.end;) {
    const auto point = points.point(*each);
    const qsizetype slash = point->fullName.indexOf(u'/', base.size());
    if (slash < 0) {
      if (readsAll || mayRead(permissions, *point)) here.push_back(*each);
      ++each;
      continue;
    }
    const PointRange below = pointsUnder(points, {each, all.end}, point->fullName.left(slash + 1));
    putGroup(writer, point->fullName.mid(base.size(), slash - base.size()),
             readsAll ? groupOf(points, below) : groupOf(points, below, permissions));
    each = below.end;
  }
  writer.EndArray();
  writer.Key("total");
  writer.Int64(static_cast<qint64>(here.size()));
  writer.Key("points");
  const PointList list = listPoints(points, here, level.limit, level.offset);
  writer.RawValue(list.json.constData(), static_cast<size_t>(list.json.size()), rapidjson::kArrayType);
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
