// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model.h"
#include "regionindex.h"

namespace tagwire::rtls {

/// Finds the zone of a position and counts tags in zones. Zones go by their index in the model; -1 is none. Plain
/// class.
class ZoneMap {
 public:
  explicit ZoneMap(const std::vector<Zone> &zones);

  /// The deepest zone that holds the position (R1-26): the narrowest level, then the longest way to the top, then the
  /// smallest area, then the first in the manifest.
  int deepest(double x, double y, double z) const;

  /// A tag went from one zone to another (either may be -1). Returns the zones whose count changed: a tag counts in its
  /// zone and in all above.
  QList<int> move(int from, int to);
  int occupancy(int zone) const { return m_occupancy[static_cast<size_t>(zone)]; }
  /// The manifest's number; 0 for -1.
  int idOf(int zone) const { return zone < 0 ? 0 : m_zones[static_cast<size_t>(zone)].info.id; }
  bool isWithin(int zone, int top) const { return wayUp(zone).contains(top); }
  int count() const { return static_cast<int>(m_zones.size()); }

 private:
  QList<int> wayUp(int zone) const;

  const std::vector<Zone> m_zones;
  std::vector<int> m_ranks;  ///< 0: the deepest
  RegionIndex m_index;
  std::vector<int> m_occupancy;
};

}  // namespace tagwire::rtls
