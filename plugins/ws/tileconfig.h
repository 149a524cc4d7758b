// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "config.h"

namespace tagwire::ws {

/// One tile of the panel page as the manifest says it (R5-16). Plain value.
struct TileConfig {
  int id = 0;
  QString name;
  QString type;
  QList<int> endpointIds;
  QList<PointReference> points;
  double x = 0;
  double y = 0;
  QString area;
  std::optional<double> width = {};
  std::optional<double> height = {};
  std::optional<double> min = {};
  std::optional<double> max = {};
  std::optional<double> value = {};
  std::optional<int> durationMs = {};
  std::optional<int> scene = {};
  std::optional<int> zone = {};

  static void describe(Shape<TileConfig> &shape);
};

/// Reports ids that stand there twice, and numbers that no point has.
void checkTiles(ConfigReader &reader, const QList<TileConfig> &tiles);

}  // namespace tagwire::ws
