// SPDX-License-Identifier: Apache-2.0
#include "carriedcircles.h"

#include <cmath>
#include <map>

namespace tagwire::rtls {

CarriedCircles::CarriedCircles(const std::vector<Trigger> &triggers) : m_levelOf(triggers.size()) {
  std::map<int, size_t> levels;  // a level for every fourfold of the radius
  for (size_t i = 0; i < triggers.size(); ++i) {
    if (!triggers[i].portable) continue;
    const int exponent = (std::ilogb(triggers[i].portable->radius) & ~1) + 2;
    const auto [level, isNew] = levels.try_emplace(exponent, levels.size());
    m_levelOf[i] = level->second;
    if (!isNew) continue;
    const double width = std::ldexp(1.0, exponent);
    m_levels.push_back({width, TagGrid(width), TagGrid(width)});
  }
}

}  // namespace tagwire::rtls
