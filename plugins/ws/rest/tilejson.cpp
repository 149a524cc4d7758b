// SPDX-License-Identifier: Apache-2.0
#include "rest/tilejson.h"

#include <QJsonObject>
#include <QSet>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

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

/// What a tile may have besides what R5-16 names.
template <class Number>
struct ExtraKey {
  const char *key;
  std::optional<Number> Tile::*member;
  double lowest;
  double highest;
};
constexpr double endless = std::numeric_limits<double>::max();
constexpr double largest = std::numeric_limits<int>::max();
constexpr std::array realKeys{
    ExtraKey<double>{"width", &Tile::width, 1, 12}, ExtraKey<double>{"height", &Tile::height, 1, 100},
    ExtraKey<double>{"min", &Tile::min, -endless, endless}, ExtraKey<double>{"max", &Tile::max, -endless, endless},
    ExtraKey<double>{"value", &Tile::value, -endless, endless}};
constexpr std::array wholeKeys{ExtraKey<int>{"durationMs", &Tile::durationMs, 10, 3600000},
                               ExtraKey<int>{"scene", &Tile::scene, 1, largest},
                               ExtraKey<int>{"zone", &Tile::zone, 1, largest}};

template <class Number>
Result<void> readExtra(const QJsonObject &json, const ExtraKey<Number> &extra, Tile &tile) {
  const QJsonValue value = json.value(QLatin1String(extra.key));
  if (value.isUndefined()) return {};
  const double number = value.toDouble();
  const bool isWhole = std::is_floating_point_v<Number> || std::trunc(number) == number;
  if (!value.isDouble() || !isWhole || number < extra.lowest || number > extra.highest) {
    const QString allowed = extra.highest == endless
                                ? QStringLiteral("a number")
                                : QStringLiteral("%1%2 to %3")
                                      .arg(std::is_integral_v<Number> ? QStringLiteral("whole number, ") : QString())
                                      .arg(extra.lowest)
                                      .arg(extra.highest, 0, 'f', 0);
    return failure(QStringLiteral("%1 is wrong (allowed: %2)").arg(QLatin1String(extra.key), allowed));
  }
  tile.*extra.member = static_cast<Number>(number);
  return {};
}

Result<void> readExtras(const QJsonObject &json, Tile &tile) {
  for (const auto &extra : realKeys) {
    if (const auto read = readExtra(json, extra, tile); !read) return read;
  }
  for (const auto &extra : wholeKeys) {
    if (const auto read = readExtra(json, extra, tile); !read) return read;
  }
  return {};
}

const QStringList &knownKeys() {
  static const QStringList known = [] {
    QStringList keys{QStringLiteral("id"),          QStringLiteral("name"), QStringLiteral("type"),
                     QStringLiteral("endpointIds"), QStringLiteral("x"),    QStringLiteral("y"),
                     QStringLiteral("area")};
    for (const auto &extra : realKeys) keys << QLatin1String(extra.key);
    for (const auto &extra : wholeKeys) keys << QLatin1String(extra.key);
    return keys;
  }();
  return known;
}

QString unknownKey(const QJsonObject &json) {
  for (const QString &key : json.keys()) {
    if (!knownKeys().contains(key)) return key;
  }
  return {};
}

QJsonObject toJson(const Tile &tile) {
  QJsonArray numbers;
  for (const qint64 number : tile.endpointIds) numbers.append(number);
  QJsonObject json{{QStringLiteral("id"), tile.id},     {QStringLiteral("name"), tile.name},
                   {QStringLiteral("type"), tile.type}, {QStringLiteral("endpointIds"), numbers},
                   {QStringLiteral("x"), tile.x},       {QStringLiteral("y"), tile.y},
                   {QStringLiteral("area"), tile.area}};
  for (const auto &extra : realKeys) {
    if (const auto &given = tile.*extra.member) json.insert(QLatin1String(extra.key), *given);
  }
  for (const auto &extra : wholeKeys) {
    if (const auto &given = tile.*extra.member) json.insert(QLatin1String(extra.key), *given);
  }
  return json;
}

Result<Tile> tileFromJson(const QJsonObject &json) {
  if (const QString key = unknownKey(json); !key.isEmpty()) {
    return failure(
        QStringLiteral("unknown key \"%1\" (allowed: %2)").arg(excerpt(key), knownKeys().join(QStringLiteral(", "))));
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
  Tile tile{*id, *name, *type, *endpoints, *x, *y, *area};
  if (const auto extras = readExtras(json, tile); !extras) return failure(extras.error());
  return tile;
}

}  // namespace

QJsonArray toJson(const Tiles &tiles) {
  QJsonArray list;
  for (const Tile &tile : tiles) list.append(toJson(tile));
  return list;
}

Result<Tiles> tilesFromJson(const QJsonArray &list) {
  if (list.size() > mostTiles) return failure(QStringLiteral("too many tiles (allowed: %1)").arg(mostTiles));
  Tiles tiles;
  QSet<int> seen;
  for (qsizetype i = 0; i < list.size(); ++i) {
    const auto tile = list[i].isObject() ? tileFromJson(list[i].toObject()) : failure(QStringLiteral("no object"));
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
