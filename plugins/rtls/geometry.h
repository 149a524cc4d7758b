// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <variant>
#include <vector>

namespace tagwire::rtls {

/// No coordinate is farther from 0.
inline constexpr double farthestCoordinate = 1e9;

/// A point of the plane, in the instance's length unit.
struct Vertex {
  double x = 0;
  double y = 0;
  friend bool operator==(const Vertex &, const Vertex &) = default;
};

/// Closed by itself: the last vertex is joined to the first.
using Polygon = std::vector<Vertex>;

struct Circle {
  Vertex center;
  double radius = 0;
};

/// From and to, both inside.
struct Heights {
  double from = -std::numeric_limits<double>::infinity();
  double to = std::numeric_limits<double>::infinity();

  bool contains(double z) const { return z >= from && z <= to; }
  /// How far over or under.
  double distance(double z) const { return z < from ? from - z : z > to ? z - to : 0; }
  bool contains(const Heights &other) const { return other.from >= from && other.to <= to; }
  friend bool operator==(const Heights &, const Heights &) = default;
};

/// Upright bounding box.
struct Box {
  Vertex lowest;
  Vertex highest;
};

/// Floating point can't tell nearer than this whether a position is on an edge: a billionth of the length unit, or of
/// the coordinates when these are large.
double edgeTolerance(const Vertex &vertex);

/// Even-odd, edges and corners inside (R1-21).
bool contains(const Polygon &polygon, const Vertex &position);
/// The rim is inside.
bool contains(const Circle &circle, const Vertex &position);

/// Inside, and on no edge: what a hole takes away.
bool isWithin(const Polygon &polygon, const Vertex &position);

/// To the outline or rim from outside; 0 inside.
double distance(const Polygon &polygon, const Vertex &position);
double distance(const Circle &circle, const Vertex &position);

Box boundsOf(const Polygon &polygon);
/// Without sign.
double areaOf(const Polygon &polygon);
/// To the nearest edge, from inside or outside.
double distanceToEdges(const Polygon &polygon, const Vertex &position);
/// Between a position and the line from `a` to `b`.
double distanceToEdge(const Vertex &position, const Vertex &a, const Vertex &b);

/// A polygon or circle with a range of heights; a polygon may have holes, whose edges belong to the region. Plain
/// value; its bounding box is made once.
class Region {
 public:
  Region(Polygon polygon, Heights heights, std::vector<Polygon> holes = {});
  Region(Circle circle, Heights heights);

  bool contains(double x, double y, double z) const;
  /// From outside, in space; 0 inside.
  double distance(double x, double y, double z) const;
  /// A little larger than the shape: what contains() takes as lying on an edge is in it.
  const Box &bounds() const { return m_bounds; }
  const std::variant<Polygon, Circle> &shape() const { return m_shape; }
  Region withHeights(const Heights &heights) const;
  const Heights &heights() const { return m_heights; }
  const std::vector<Polygon> &holes() const { return m_holes; }
  /// Without sign, less the holes; the heights don't count.
  double area() const;

 private:
  std::variant<Polygon, Circle> m_shape;
  std::vector<Polygon> m_holes;
  Heights m_heights;
  Box m_bounds;
};

}  // namespace tagwire::rtls
