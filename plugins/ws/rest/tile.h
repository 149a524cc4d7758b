// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonArray>
#include <QJsonObject>
#include <QList>
#include <QString>

#include <optional>

#include "pointtable.h"
#include "tileconfig.h"

namespace tagwire::ws {

/// One tile of the panel page (R5-16). Plain value.
struct Tile {
  int id = 0;
  QString name;
  QString type;
  QList<qint64> endpointIds;
  double x = 0;
  double y = 0;
  QString area;
  // Left out of the JSON unless they are given.
  std::optional<double> width = {};
  std::optional<double> height = {};
  std::optional<double> min = {};
  std::optional<double> max = {};
  std::optional<double> value = {};
  std::optional<int> durationMs = {};
  std::optional<int> scene = {};
  std::optional<int> zone = {};

  QJsonObject toJson() const;
  /// Errors name the key and what is allowed.
  static Result<Tile> fromJson(const QJsonObject &json);
  static Tile fromConfig(const TileConfig &config, const PointTable &points);
};

using Tiles = QList<Tile>;

QJsonArray toJson(const Tiles &tiles);
/// Each id once, at most 1,000; errors name the place.
Result<Tiles> tilesFromJson(const QJsonArray &list);

}  // namespace tagwire::ws
