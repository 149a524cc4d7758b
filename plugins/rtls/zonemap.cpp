// SPDX-License-Identifier: Apache-2.0
#include "zonemap.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace tagwire::rtls {

namespace {

std::vector<int> ranksOf(const std::vector<Zone> &zones) {
  std::vector<int> order(zones.size());
  std::iota(order.begin(), order.end(), 0);
  const auto key = [&](int index) {
    const Zone &zone = zones[static_cast<size_t>(index)];
    return std::tuple(-static_cast<int>(zone.level), -zone.depth, zone.region.area(), index);
  };
  std::ranges::sort(order, {}, key);
  std::vector<int> ranks(zones.size());
  for (size_t rank = 0; rank < order.size(); ++rank) ranks[static_cast<size_t>(order[rank])] = static_cast<int>(rank);
  return ranks;
}

std::vector<RegionIndex::Entry> boxesOf(const std::vector<Zone> &zones) {
  std::vector<RegionIndex::Entry> boxes;
  boxes.reserve(zones.size());
  for (const Zone &zone : zones) boxes.push_back({zone.region.bounds(), static_cast<int>(boxes.size())});
  return boxes;
}

}  // namespace

ZoneMap::ZoneMap(const std::vector<Zone> &zones)
    : m_zones(zones), m_ranks(ranksOf(zones)), m_index(boxesOf(zones)), m_occupancy(zones.size()) {}

int ZoneMap::deepest(double x, double y, double z) const {
  int found = -1;
  m_index.find({x, y}, [&](int index) {
    if (found >= 0 && m_ranks[static_cast<size_t>(found)] < m_ranks[static_cast<size_t>(index)]) return;
    if (m_zones[static_cast<size_t>(index)].region.contains(x, y, z)) found = index;
  });
  return found;
}

QList<int> ZoneMap::wayUp(int zone) const {
  QList<int> way;
  for (; zone >= 0; zone = m_zones[static_cast<size_t>(zone)].parent) way << zone;
  return way;
}

QList<int> ZoneMap::move(int from, int to) {
  QList<int> changed;
  const QList<int> left = wayUp(from);
  const QList<int> entered = wayUp(to);
  for (const int zone : left) {
    if (entered.contains(zone)) continue;
    --m_occupancy[static_cast<size_t>(zone)];
    changed << zone;
  }
  for (const int zone : entered) {
    if (left.contains(zone)) continue;
    ++m_occupancy[static_cast<size_t>(zone)];
    changed << zone;
  }
  return changed;
}

}  // namespace tagwire::rtls
