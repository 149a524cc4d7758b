// SPDX-License-Identifier: Apache-2.0
#include "geometry.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tagwire::rtls {
namespace {

Box boundsOf(const Circle &circle) {
  return {{circle.center.x - circle.radius, circle.center.y - circle.radius},
          {circle.center.x + circle.radius, circle.center.y + circle.radius}};
}

/// A little larger, so that the box never refuses what the exact test takes as lying on an edge.
Box widened(Box box) {
  const double margin = 2 * std::max(edgeTolerance(box.lowest), edgeTolerance(box.highest));
  return {{box.lowest.x - margin, box.lowest.y - margin}, {box.highest.x + margin, box.highest.y + margin}};
}

}  // namespace

double edgeTolerance(const Vertex &vertex) { return 1e-9 * std::max({1.0, std::abs(vertex.x), std::abs(vertex.y)}); }

double distanceToEdge(const Vertex &position, const Vertex &a, const Vertex &b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length = dx * dx + dy * dy;
  const double along = length > 0 ? ((position.x - a.x) * dx + (position.y - a.y) * dy) / length : 0;
  const double t = std::clamp(along, 0.0, 1.0);
  return std::hypot(position.x - (a.x + t * dx), position.y - (a.y + t * dy));
}

bool contains(const Polygon &polygon, const Vertex &position) {
  const double tolerance = edgeTolerance(position);
  bool inside = false;
  for (size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
    const Vertex &a = polygon[j];
    const Vertex &b = polygon[i];
    // The box of the edge first: hardly any edge is near.
    if (position.x >= std::min(a.x, b.x) - tolerance && position.x <= std::max(a.x, b.x) + tolerance &&
        position.y >= std::min(a.y, b.y) - tolerance && position.y <= std::max(a.y, b.y) + tolerance &&
        distanceToEdge(position, a, b) <= tolerance) {
      return true;
    }
    const bool crosses =
        (a.y > position.y) != (b.y > position.y) && position.x < (b.x - a.x) * (position.y - a.y) / (b.y - a.y) + a.x;
    if (crosses) inside = !inside;
  }
  return inside;
}

bool contains(const Circle &circle, const Vertex &position) {
  const double distance = std::hypot(position.x - circle.center.x, position.y - circle.center.y);
  return distance <= circle.radius + edgeTolerance(position);
}

bool isWithin(const Polygon &polygon, const Vertex &position) {
  return contains(polygon, position) && distanceToEdges(polygon, position) > edgeTolerance(position);
}

double distance(const Polygon &polygon, const Vertex &position) {
  return contains(polygon, position) ? 0 : distanceToEdges(polygon, position);
}

double distanceToEdges(const Polygon &polygon, const Vertex &position) {
  double nearest = std::numeric_limits<double>::infinity();
  for (size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
    nearest = std::min(nearest, distanceToEdge(position, polygon[j], polygon[i]));
  }
  return nearest;
}

double distance(const Circle &circle, const Vertex &position) {
  if (contains(circle, position)) return 0;
  return std::hypot(position.x - circle.center.x, position.y - circle.center.y) - circle.radius;
}

Box boundsOf(const Polygon &polygon) {
  Box box{polygon.front(), polygon.front()};
  for (const Vertex &vertex : polygon) {
    box.lowest = {std::min(box.lowest.x, vertex.x), std::min(box.lowest.y, vertex.y)};
    box.highest = {std::max(box.highest.x, vertex.x), std::max(box.highest.y, vertex.y)};
  }
  return box;
}

double areaOf(const Polygon &polygon) {
  double twice = 0;
  for (size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
    twice += polygon[j].x * polygon[i].y - polygon[i].x * polygon[j].y;
  }
  return std::abs(twice) / 2;
}

Region::Region(Polygon polygon, Heights heights, std::vector<Polygon> holes)
    : m_shape(std::move(polygon)),
      m_holes(std::move(holes)),
      m_heights(heights),
      m_bounds(widened(boundsOf(std::get<Polygon>(m_shape)))) {}

Region::Region(Circle circle, Heights heights)
    : m_shape(circle), m_heights(heights), m_bounds(widened(boundsOf(circle))) {}

bool Region::contains(double x, double y, double z) const {
  if (!m_heights.contains(z) || x < m_bounds.lowest.x || x > m_bounds.highest.x || y < m_bounds.lowest.y ||
      y > m_bounds.highest.y) {
    return false;
  }
  const Vertex position{x, y};
  if (!std::visit([&](const auto &shape) { return rtls::contains(shape, position); }, m_shape)) return false;
  return std::ranges::none_of(m_holes, [&](const Polygon &hole) { return isWithin(hole, position); });
}

double Region::distance(double x, double y, double z) const {
  const Vertex position{x, y};
  double across = std::visit([&](const auto &shape) { return rtls::distance(shape, position); }, m_shape);
  for (const Polygon &hole : m_holes) {
    if (isWithin(hole, position)) across = distanceToEdges(hole, position);
  }
  return std::hypot(across, m_heights.distance(z));
}

Region Region::withHeights(const Heights &heights) const {
  Region other = *this;
  other.m_heights = heights;
  return other;
}

double Region::area() const {
  if (const auto *circle = std::get_if<Circle>(&m_shape)) return std::numbers::pi * circle->radius * circle->radius;
  double area = areaOf(std::get<Polygon>(m_shape));
  for (const Polygon &hole : m_holes) area -= areaOf(hole);
  return area;
}

}  // namespace tagwire::rtls
