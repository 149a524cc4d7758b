// SPDX-License-Identifier: Apache-2.0
#include "zonemap.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace tagwire::rtls {

ZoneMap::ZoneMap(const std::vector<Zone> &zones) : m_zones(zones), m_order(zones.size()), m_occupancy(zones.size()) {
  std::iota(m_order.begin(), m_order.end(), 0);
  const auto rank = [this](int index) {
    const Zone &zone = m_zones[static_cast<size_t>(index)];
    return std::tuple(-static_cast<int>(zone.level), -zone.depth, zone.region.area(), index);
  };
  std::sort(m_order.begin(), m_order.end(), [&](int a, int b) { return rank(a) < rank(b); });
}

int ZoneMap::deepest(double x, double y, double z) const {
  const auto found = std::find_if(m_order.begin(), m_order.end(), [&](int index) {
    return m_zones[static_cast<size_t>(index)].region.contains(x, y, z);
  });
  return found == m_order.end() ? -1 : *found;
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
