// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "geometry.h"

namespace tagwire::rtls {

/// Finds the boxes that hold a position. Boxes of about one size share a level: a grid of cells as wide as they are,
/// of which only those that a box touches exist. So a single large or far box costs the others nothing, and a look-up
/// is one cell for each level. Made once, then only read; what was measured beside it: docs/decisions/0013-triggers.md.
class RegionIndex {
 public:
  struct Entry {
    Box box;
    int id = 0;
  };

  explicit RegionIndex(const std::vector<Entry> &entries);

  /// Calls visit(id) for each box that holds the position, borders included.
  template <class Visit>
  void find(const Vertex &position, Visit visit) const {
    for (const Level &level : m_levels) {
      for (const Entry &entry : cellOf(level, position)) {
        const Box &box = entry.box;
        if (position.x >= box.lowest.x && position.x <= box.highest.x && position.y >= box.lowest.y &&
            position.y <= box.highest.y) {
          visit(entry.id);
        }
      }
    }
  }

 private:
  /// A part of m_entries.
  struct Cell {
    uint64_t key = 0;  ///< 0: no cell
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  struct Level {
    double perLength = 1;     ///< cells
    std::vector<Cell> cells;  ///< hash table with open addressing; its size is a power of two
  };

  static uint64_t keyOf(double column, double row);
  static size_t placeOf(const Level &level, uint64_t key);
  void addLevel(int exponent, const std::vector<Entry> &entries);

  std::span<const Entry> cellOf(const Level &level, const Vertex &position) const {
    const Cell &cell = level.cells[placeOf(
        level, keyOf(std::floor(position.x * level.perLength), std::floor(position.y * level.perLength)))];
    return {m_entries.data() + cell.begin, cell.end - cell.begin};
  }

  std::vector<Level> m_levels;
  std::vector<Entry> m_entries;  ///< cell after cell; a box stands in each cell that it touches
};

/// Two cells may share a key; the boxes of both are then looked at in either.
inline uint64_t RegionIndex::keyOf(double column, double row) {
  const auto x = static_cast<uint64_t>(static_cast<int64_t>(column));
  const auto y = static_cast<uint64_t>(static_cast<int64_t>(row));
  return (x * 0x9E3779B97F4A7C15 ^ y * 0xC2B2AE3D27D4EB4F) | 1;
}

/// Of the cell with this key, or of the free place where the search for it ends.
inline size_t RegionIndex::placeOf(const Level &level, uint64_t key) {
  const size_t mask = level.cells.size() - 1;
  size_t place = (key ^ (key >> 32)) & mask;
  while (level.cells[place].key != 0 && level.cells[place].key != key) place = (place + 1) & mask;
  return place;
}

}  // namespace tagwire::rtls
