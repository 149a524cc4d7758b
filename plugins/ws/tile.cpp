// SPDX-License-Identifier: Apache-2.0
#include "tile.h"

#include <QSet>

namespace tagwire::ws {

void Tile::describe(Shape<Tile> &shape) {
  shape.required("id", &Tile::id, "names the tile").example(1).range(1, 2147483647);
  shape.required("name", &Tile::name, "what stands on it").example("Boiler").range(1, 200);
  shape
      .optional("type", &Tile::type,
                "how the page draws it: `value`, `gauge`, `switch`, `setpoint`, `list`, `button`, `scene`, `tags`; "
                "others as `value`")
      .example("gauge")
      .range(1, 50);
  shape.optional("endpointIds", &Tile::endpointIds, "numbers of points, as R5-16 writes them")
      .example(59)
      .range(0, 100)
      .eachWithin(1, 2147483647);
  shape.optional("points", &Tile::points, "more points, by their full names").range(0, 100);
  shape.optional("x", &Tile::x, "place on the page: columns from the left, of 12");
  shape.optional("y", &Tile::y, "place on the page: rows from the top");
  shape.optional("area", &Tile::area, "part of the plant, a tab of the page").example("boiler-house").range(0, 200);
  shape.optional("width", &Tile::width, "in columns; as its type needs if absent").example(3).range(1, 12);
  shape.optional("height", &Tile::height, "in rows; as its type needs if absent").example(2).range(1, 100);
  shape.optional("min", &Tile::min, "where the scale of a gauge begins; 0 if absent").example(10);
  shape.optional("max", &Tile::max, "where it ends; 100 if absent").example(120);
  shape.optional("value", &Tile::value, "what a button writes, 1 or 0 for on and off; 1 if absent").example(1);
  shape.optional("durationMs", &Tile::durationMs, "a button is a pulse of so long").example(500).range(10, 3600000);
  shape.optional("scene", &Tile::scene, "number of the scene that a tile `scene` runs").example(1).range(1, 2147483647);
  shape.optional("zone", &Tile::zone, "number of the zone whose tags a tile `tags` lists")
      .example(417)
      .range(1, 2147483647);
}

Tile Tile::withNumbers(const PointTable &table) const {
  Tile tile = *this;
  tile.points.clear();
  for (const PointReference &reference : points) {
    const auto point = table.point(table.find(reference.name));
    if (point && point->number) tile.endpointIds << *point->number;
  }
  return tile;
}

void checkTiles(ConfigReader &reader, const Tiles &tiles) {
  QSet<int> seen;
  for (qsizetype i = 0; i < tiles.size(); ++i) {
    if (seen.contains(tiles[i].id)) {
      reader.error(QStringLiteral("tiles[%1].id").arg(i),
                   QStringLiteral("%1 is taken by another tile (allowed: each id once)").arg(tiles[i].id));
    }
    seen.insert(tiles[i].id);
    for (qsizetype each = 0; each < tiles[i].endpointIds.size(); ++each) {
      reader.referToNumber(QStringLiteral("tiles[%1].endpointIds[%2]").arg(i).arg(each),
                           static_cast<int>(tiles[i].endpointIds[each]));
    }
  }
}

}  // namespace tagwire::ws
