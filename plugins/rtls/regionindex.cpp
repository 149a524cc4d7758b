// SPDX-License-Identifier: Apache-2.0
#include "regionindex.h"

#include <algorithm>
#include <bit>
#include <map>

namespace tagwire::rtls {
namespace {

constexpr double narrowest = 1e-6;

/// Cells are 2^exponent wide; each level takes boxes up to four times as wide as those of the one before. A box
/// touches at most 5 × 5 cells.
int exponentOf(const Box &box) {
  const double extent = std::max(box.highest.x - box.lowest.x, box.highest.y - box.lowest.y);
  return (std::ilogb(std::max(extent, narrowest)) & ~1);
}

}  // namespace

RegionIndex::RegionIndex(const std::vector<Entry> &entries) {
  std::map<int, std::vector<Entry>> levels;
  for (const Entry &entry : entries) levels[exponentOf(entry.box)].push_back(entry);
  for (const auto &[exponent, ofLevel] : levels) addLevel(exponent, ofLevel);
}

void RegionIndex::addLevel(int exponent, const std::vector<Entry> &entries) {
  Level level{std::ldexp(1.0, -exponent), {}};
  std::map<uint64_t, std::vector<Entry>> cells;
  for (const Entry &entry : entries) {
    const auto cell = [&](double coordinate) { return std::floor(coordinate * level.perLength); };
    for (double x = cell(entry.box.lowest.x); x <= cell(entry.box.highest.x); ++x) {
      for (double y = cell(entry.box.lowest.y); y <= cell(entry.box.highest.y); ++y) {
        cells[keyOf(x, y)].push_back(entry);
      }
    }
  }
  level.cells.resize(std::bit_ceil(2 * cells.size()));
  for (const auto &[key, ofCell] : cells) {
    const auto begin = static_cast<uint32_t>(m_entries.size());
    m_entries.insert(m_entries.end(), ofCell.begin(), ofCell.end());
    level.cells[placeOf(level, key)] = {key, begin, static_cast<uint32_t>(m_entries.size())};
  }
  m_levels.push_back(std::move(level));
}

}  // namespace tagwire::rtls
