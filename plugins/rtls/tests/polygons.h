// SPDX-License-Identifier: Apache-2.0
// Polygons for tests, and the same for Boost.
#pragma once

#define BOOST_ALLOW_DEPRECATED_HEADERS
#include <QtTest>
#include <boost/geometry.hpp>
#include <boost/geometry/geometries/point_xy.hpp>
#include <boost/geometry/geometries/polygon.hpp>
#include <cmath>
#include <numbers>
#include <random>

#include "geometry.h"

namespace tagwire::rtls {

namespace bg = boost::geometry;
using BoostPoint = bg::model::d2::point_xy<double>;
using BoostPolygon = bg::model::polygon<BoostPoint>;

inline constexpr int mostCorners = 1000;

/// A jagged circle.
inline Polygon manyCorners(const Vertex &center, double radius) {
  Polygon polygon;
  for (int i = 0; i < mostCorners; ++i) {
    const double angle = i * 2 * std::numbers::pi / mostCorners;
    const double length = radius - (i % 2);
    polygon.push_back({center.x + length * std::cos(angle), center.y + length * std::sin(angle)});
  }
  return polygon;
}

/// About (0, 0), 4 wide, and open at one place.
inline Polygon ring(double radius) {
  Polygon polygon;
  for (int i = 0; i < mostCorners; ++i) {
    const bool isBack = i >= mostCorners / 2;
    const double angle = 6.2 * (isBack ? mostCorners - 1 - i : i) / (mostCorners / 2);
    const double length = isBack ? radius - 4 : radius;
    polygon.push_back({length * std::cos(angle), length * std::sin(angle)});
  }
  return polygon;
}

/// Star-shaped about (0, 0), so that its edges never cross; with deep notches.
inline Polygon randomPolygon(std::mt19937 &random) {
  std::uniform_real_distribution<double> unit(0, 1);
  const int corners = 3 + static_cast<int>(unit(random) * 30);
  std::vector<double> angles;
  for (int i = 0; i < corners; ++i) angles.push_back(unit(random) * 2 * M_PI);
  std::sort(angles.begin(), angles.end());
  const double scale = std::pow(10, unit(random) * 6 - 2);
  const Vertex offset{(unit(random) - 0.5) * 10 * scale, (unit(random) - 0.5) * 10 * scale};
  Polygon polygon;
  for (const double angle : angles) {
    const double radius = scale * (0.05 + unit(random));
    polygon.push_back({offset.x + radius * std::cos(angle), offset.y + radius * std::sin(angle)});
  }
  return polygon;
}

inline BoostPolygon toBoost(const Polygon &polygon) {
  BoostPolygon out;
  for (const Vertex &vertex : polygon) bg::append(out.outer(), BoostPoint(vertex.x, vertex.y));
  bg::correct(out);
  return out;
}

inline double distanceToOutline(const Polygon &polygon, const Vertex &position) {
  double nearest = INFINITY;
  for (size_t i = 0; i < polygon.size(); ++i) {
    nearest = std::min(nearest, distanceToEdge(position, polygon[i], polygon[(i + 1) % polygon.size()]));
  }
  return nearest;
}

/// "0,0 10,0 10,10"
inline Polygon polygon(const QString &text) {
  Polygon out;
  for (const QString &part : text.split(u' ', Qt::SkipEmptyParts)) {
    out.push_back({part.section(u',', 0, 0).toDouble(), part.section(u',', 1).toDouble()});
  }
  return out;
}

}  // namespace tagwire::rtls
