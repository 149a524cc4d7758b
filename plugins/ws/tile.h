// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "config.h"
#include "pointtable.h"

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
  QList<PointReference> points = {};  ///< of the manifest: more of endpointIds, by name

  static void describe(Shape<Tile> &shape);
  /// With the numbers of its points in place of their names.
  Tile withNumbers(const PointTable &table) const;
};

using Tiles = QList<Tile>;

/// Reports ids that stand there twice, and numbers that no point has.
void checkTiles(ConfigReader &reader, const Tiles &tiles);

}  // namespace tagwire::ws
