// SPDX-License-Identifier: Apache-2.0
#include "tile.h"

#include <QSet>

#include <cmath>

#include "protocols/wirejson.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype mostTiles = 1000;
constexpr qsizetype mostEndpoints = 100;

Result<QString> textAt(const QJsonObject &json, const char *key, int longest, bool isRequired) {
  const QJsonValue value = json.value(QLatin1String(key));
  if (!isRequired && (value.isUndefined() || value.isNull())) return QString();
  const QString text = value.toString();
  const bool isPlain = std::all_of(text.begin(), text.end(), [](QChar c) { return c.isPrint(); });
  if (value.isString() && isPlain && text.size() <= longest && !(isRequired && text.isEmpty())) return text;
  return failure(QStringLiteral("%1 is wrong or missing (allowed: printable text of %2 to %3 characters)")
                     .arg(QLatin1String(key))
                     .arg(isRequired ? 1 : 0)
                     .arg(longest));
}

Result<double> numberAt(const QJsonObject &json, const char *key) {
  const QJsonValue value = json.value(QLatin1String(key));
  if (value.isUndefined() || value.isDouble()) return value.toDouble();
  return failure(QStringLiteral("%1 is wrong (allowed: a number)").arg(QLatin1String(key)));
}

Result<int> tileNumber(const QJsonValue &value, const char *key) {
  const auto number = wholeNumber(value);
  if (number && *number >= 1 && *number <= std::numeric_limits<int>::max()) return static_cast<int>(*number);
  return failure(QStringLiteral("%1 is wrong or missing (allowed: 1 to 2147483647)").arg(QLatin1String(key)));
}

Result<QList<qint64>> endpointsFrom(const QJsonValue &value) {
  QList<qint64> numbers;
  const QJsonArray list = value.toArray();
  if ((!value.isArray() && !value.isUndefined()) || list.size() > mostEndpoints) {
    return failure(QStringLiteral("endpointIds is wrong (allowed: a list of up to %1 numbers)").arg(mostEndpoints));
  }
  for (const QJsonValue &each : list) {
    const auto number = tileNumber(each, "endpointIds");
    if (!number) return failure(number.error());
    numbers << *number;
  }
  return numbers;
}

QString unknownKey(const QJsonObject &json) {
  static const QStringList known{QStringLiteral("id"),  QStringLiteral("name"),        QStringLiteral("type"),
                                 QStringLiteral("x"),   QStringLiteral("endpointIds"), QStringLiteral("y"),
                                 QStringLiteral("area")};
  for (const QString &key : json.keys()) {
    if (!known.contains(key)) return key;
  }
  return {};
}

}  // namespace

QJsonObject Tile::toJson() const {
  QJsonArray numbers;
  for (const qint64 number : endpointIds) numbers.append(number);
  return {{QStringLiteral("id"), id},     {QStringLiteral("name"), name},
          {QStringLiteral("type"), type}, {QStringLiteral("endpointIds"), numbers},
          {QStringLiteral("x"), x},       {QStringLiteral("y"), y},
          {QStringLiteral("area"), area}};
}

Result<Tile> Tile::fromJson(const QJsonObject &json) {
  if (const QString key = unknownKey(json); !key.isEmpty()) {
    return failure(
        QStringLiteral("unknown key \"%1\" (allowed: id, name, type, endpointIds, x, y, area)").arg(excerpt(key)));
  }
  const auto id = tileNumber(json.value(QLatin1String("id")), "id");
  const auto name = textAt(json, "name", 200, true);
  const auto type = textAt(json, "type", 50, false);
  const auto area = textAt(json, "area", 200, false);
  const auto endpoints = endpointsFrom(json.value(QLatin1String("endpointIds")));
  const auto x = numberAt(json, "x");
  const auto y = numberAt(json, "y");
  if (!id) return failure(id.error());
  for (const auto *text : {&name, &type, &area}) {
    if (!*text) return failure(text->error());
  }
  if (!endpoints) return failure(endpoints.error());
  if (!x || !y) return failure(x ? y.error() : x.error());
  return Tile{*id, *name, *type, *endpoints, *x, *y, *area};
}

Tile Tile::fromConfig(const TileConfig &config, const PointTable &points) {
  Tile tile{config.id, config.name, config.type, {}, config.x, config.y, config.area};
  for (const int number : config.endpointIds) tile.endpointIds << number;
  for (const PointReference &reference : config.points) {
    const auto point = points.point(points.find(reference.name));
    if (point && point->number) tile.endpointIds << *point->number;
  }
  return tile;
}

QJsonArray toJson(const Tiles &tiles) {
  QJsonArray list;
  for (const Tile &tile : tiles) list.append(tile.toJson());
  return list;
}

Result<Tiles> tilesFromJson(const QJsonArray &list) {
  if (list.size() > mostTiles) return failure(QStringLiteral("too many tiles (allowed: %1)").arg(mostTiles));
  Tiles tiles;
  QSet<int> seen;
  for (qsizetype i = 0; i < list.size(); ++i) {
    const auto tile = list[i].isObject() ? Tile::fromJson(list[i].toObject()) : failure(QStringLiteral("no object"));
    if (!tile) return failure(QStringLiteral("[%1]: %2").arg(i).arg(tile.error()));
    if (seen.contains(tile->id)) {
      return failure(QStringLiteral("[%1]: id %2 stands there twice (allowed: each id once)").arg(i).arg(tile->id));
    }
    seen.insert(tile->id);
    tiles << *tile;
  }
  return tiles;
}

}  // namespace tagwire::ws
