// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "geometry.h"

namespace tagwire::rtls {

/// Finds what is near a position among things that move, each with a small number of its own (tags, say). Cells of a
/// hash table: `cell` is best about as wide as the radius that is asked for. Moving within a cell costs next to
/// nothing. Plain class.
class TagGrid {
 public:
  explicit TagGrid(double cell) : m_cell(cell) {}

  /// `id` is at `position` now, whether it was there before or not. It is nowhere if the position is not finite.
  void move(int id, const Vertex &position) {
    if (!isSomewhere(position)) return remove(id);
    if (static_cast<size_t>(id) >= m_things.size()) m_things.resize(static_cast<size_t>(id) + 1);
    Thing &thing = m_things[static_cast<size_t>(id)];
    thing.position = position;
    const Cell cell{column(position.x), column(position.y)};
    if (thing.place >= 0 && thing.cell == cell) return;
    remove(id);
    std::vector<int> &ids = m_cells[cell];
    thing.cell = cell;
    thing.place = static_cast<int>(ids.size());
    ids.push_back(id);
  }

  void remove(int id) {
    if (static_cast<size_t>(id) >= m_things.size() || m_things[static_cast<size_t>(id)].place < 0) return;
    Thing &thing = m_things[static_cast<size_t>(id)];
    const auto found = m_cells.find(thing.cell);
    std::vector<int> &ids = found->second;
    ids[static_cast<size_t>(thing.place)] = ids.back();
    m_things[static_cast<size_t>(ids.back())].place = thing.place;
    ids.pop_back();
    if (ids.empty()) m_cells.erase(found);
    thing.place = -1;
  }

  /// Calls visit(id) for all whose distance in x and in y is `radius` at most, in no order, until it returns false
  /// (one that returns nothing sees all). visit() may change nothing here.
  template <class Visit>
  void near(const Vertex &position, double radius, Visit visit) const {
    if (!isSomewhere(position) || std::isnan(radius)) return;
    const int64_t firstColumn = column(position.x - radius), lastColumn = column(position.x + radius);
    const int64_t firstRow = column(position.y - radius), lastRow = column(position.y + radius);
    const auto look = [&](const std::vector<int> &ids) {
      for (const int id : ids) {
        const Vertex &other = m_things[static_cast<size_t>(id)].position;
        if (std::abs(other.x - position.x) > radius || std::abs(other.y - position.y) > radius) continue;
        if (!goesOn(visit, id)) return false;
      }
      return true;
    };
    // A radius of many cells would find most of them empty.
    const auto columns = static_cast<double>(lastColumn - firstColumn + 1);
    const auto rows = static_cast<double>(lastRow - firstRow + 1);
    if (columns * rows > static_cast<double>(m_cells.size())) {
      for (const auto &[cell, ids] : m_cells) {
        if (!look(ids)) return;
      }
      return;
    }
    for (int64_t x = firstColumn; x <= lastColumn; ++x) {
      for (int64_t y = firstRow; y <= lastRow; ++y) {
        if (const auto found = m_cells.find({x, y}); found != m_cells.end() && !look(found->second)) return;
      }
    }
  }

 private:
  struct Cell {
    int64_t column = 0;
    int64_t row = 0;
    bool operator==(const Cell &) const = default;
  };
  struct CellHash {
    size_t operator()(const Cell &cell) const {
      const auto x = static_cast<uint64_t>(cell.column);
      const auto y = static_cast<uint64_t>(cell.row);
      const uint64_t key = x * 0x9E3779B97F4A7C15 ^ y * 0xC2B2AE3D27D4EB4F;
      return static_cast<size_t>(key ^ (key >> 32));
    }
  };
  struct Thing {
    Vertex position;
    Cell cell;
    int place = -1;  ///< in its cell; -1: it is not here
  };

  template <class Visit>
  static bool goesOn(Visit &visit, int id) {
    if constexpr (std::is_void_v<std::invoke_result_t<Visit &, int>>) {
      visit(id);
      return true;
    } else {
      return visit(id);
    }
  }
  static bool isSomewhere(const Vertex &position) { return std::isfinite(position.x) && std::isfinite(position.y); }
  /// What is farther away than there are numbers for shares the last cell.
  int64_t column(double coordinate) const {
    constexpr double last = 1LL << 60;
    return static_cast<int64_t>(std::clamp(std::floor(coordinate / m_cell), -last, last));
  }

  double m_cell;
  std::unordered_map<Cell, std::vector<int>, CellHash> m_cells;
  std::vector<Thing> m_things;
};

}  // namespace tagwire::rtls
