// SPDX-License-Identifier: Apache-2.0
// Where the triggers of bench/rtls lie and how its tags walk.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <random>
#include <vector>

#include "geometry.h"

namespace tagwire::rtls {

inline constexpr int tagCount = 1000;
inline constexpr size_t fixCount = 200'000;

struct Walked {
  int tag = 0;
  Vertex at;
};

/// Triggers of 6 to 16 across with 8 to 32 corners, one for each 12 × 12, and tags that walk among them by 0.7 a fix.
/// Far: all on a hundredth of the site but one, which lies at the other end of it.
struct Scene {
  std::vector<Region> regions;
  std::vector<Polygon> polygons;
  std::vector<Walked> fixes;
  double size = 0;
};

inline Polygon star(std::mt19937 &random, const Vertex &center) {
  std::uniform_real_distribution<double> length(0.6, 1);
  const int corners = std::uniform_int_distribution(8, 32)(random);
  const double radius = std::uniform_real_distribution(3.0, 8.0)(random);
  Polygon polygon;
  for (int i = 0; i < corners; ++i) {
    const double angle = 2 * std::numbers::pi * i / corners, reach = radius * length(random);
    polygon.push_back({center.x + reach * std::cos(angle), center.y + reach * std::sin(angle)});
  }
  return polygon;
}

inline std::vector<Walked> walk(std::mt19937 &random, double size, int tags, double stride) {
  std::uniform_real_distribution<double> anywhere(0, size), step(-stride, stride);
  std::vector<Vertex> at(static_cast<size_t>(tags));
  for (Vertex &each : at) each = {anywhere(random), anywhere(random)};
  std::vector<Walked> fixes(fixCount);
  for (size_t i = 0; i < fixCount; ++i) {
    Vertex &here = at[i % at.size()];
    here = {std::clamp(here.x + step(random), 0.0, size), std::clamp(here.y + step(random), 0.0, size)};
    fixes[i] = {static_cast<int>(i % at.size()), here};
  }
  return fixes;
}

inline const Scene &sceneOf(int triggers, bool isFar) {
  static std::map<std::pair<int, bool>, Scene> scenes;
  Scene &scene = scenes[{triggers, isFar}];
  if (!scene.fixes.empty()) return scene;
  std::mt19937 random(7);
  scene.size = 12 * std::sqrt(static_cast<double>(triggers));
  std::uniform_real_distribution<double> anywhere(0, scene.size);
  for (int i = 0; i < triggers; ++i) {
    const bool isAway = isFar && i == 0;
    scene.polygons.push_back(
        star(random, isAway ? Vertex{10 * scene.size, 10 * scene.size} : Vertex{anywhere(random), anywhere(random)}));
    scene.regions.emplace_back(scene.polygons.back(), Heights());
  }
  scene.fixes = walk(random, scene.size, tagCount, 1);
  return scene;
}

}  // namespace tagwire::rtls
