// SPDX-License-Identifier: Apache-2.0
#include "shapecheck.h"

#include <algorithm>
#include <cmath>

namespace tagwire::rtls {
namespace {

/// Of corners with corners, which takes a second or two.
constexpr size_t mostComparisons = 50'000'000;

/// Twice the area of the triangle; its sign says on which side of a→b the vertex c lies.
double turn(const Vertex &a, const Vertex &b, const Vertex &c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

bool isBetween(const Vertex &a, const Vertex &b, const Vertex &onLine) {
  return onLine.x >= std::min(a.x, b.x) && onLine.x <= std::max(a.x, b.x) && onLine.y >= std::min(a.y, b.y) &&
         onLine.y <= std::max(a.y, b.y);
}

/// Whether two edges have a position in common.
bool meet(const Vertex &a, const Vertex &b, const Vertex &c, const Vertex &d) {
  const double c1 = turn(a, b, c), d1 = turn(a, b, d), a1 = turn(c, d, a), b1 = turn(c, d, b);
  if (((c1 > 0 && d1 < 0) || (c1 < 0 && d1 > 0)) && ((a1 > 0 && b1 < 0) || (a1 < 0 && b1 > 0))) return true;
  return (c1 == 0 && isBetween(a, b, c)) || (d1 == 0 && isBetween(a, b, d)) || (a1 == 0 && isBetween(c, d, a)) ||
         (b1 == 0 && isBetween(c, d, b));
}

/// Whether b→c goes back along a→b.
bool runsBack(const Vertex &a, const Vertex &b, const Vertex &c) {
  return turn(a, b, c) == 0 && (b.x - a.x) * (c.x - b.x) + (b.y - a.y) * (c.y - b.y) < 0;
}

Vertex along(const Vertex &a, const Vertex &b, double part) {
  return {a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)};
}

/// Whether two edges are farther apart than `margin`, as their boxes show.
bool areApart(const Vertex &a, const Vertex &b, const Vertex &c, const Vertex &d, double margin) {
  return std::max(a.x, b.x) + margin < std::min(c.x, d.x) || std::max(c.x, d.x) + margin < std::min(a.x, b.x) ||
         std::max(a.y, b.y) + margin < std::min(c.y, d.y) || std::max(c.y, d.y) + margin < std::min(a.y, b.y);
}

/// Whether their insides have nothing in common, as the boxes show.
bool areApart(const Box &a, const Box &b) {
  return a.highest.x <= b.lowest.x || b.highest.x <= a.lowest.x || a.highest.y <= b.lowest.y ||
         b.highest.y <= a.lowest.y;
}

/// Where a→b meets the edges of an outline, as parts of its length, with both ends, in order.
std::vector<double> cuts(const Vertex &a, const Vertex &b, const Polygon &outline) {
  std::vector<double> parts{0, 1};
  const double margin = 2 * std::max(edgeTolerance(a), edgeTolerance(b));
  for (size_t i = 0, j = outline.size() - 1; i < outline.size(); j = i++) {
    const Vertex &c = outline[j];
    const Vertex &d = outline[i];
    if (areApart(a, b, c, d, margin)) continue;  // hardly any edge is near
    const double across = (b.x - a.x) * (d.y - c.y) - (b.y - a.y) * (d.x - c.x);
    // Where the two run along each other, the edges before and after this one make the cuts.
    if (across == 0) continue;
    const double part = ((c.x - a.x) * (d.y - c.y) - (c.y - a.y) * (d.x - c.x)) / across;
    if (part <= 0 || part >= 1) continue;
    const Vertex at = along(a, b, part);
    if (distanceToEdge(at, c, d) <= 2 * edgeTolerance(at)) parts.push_back(part);
  }
  std::sort(parts.begin(), parts.end());
  return parts;
}

/// Each corner, and the middle of every piece of an edge between two cuts with `other`.
std::vector<Vertex> samplesOf(const Polygon &polygon, const Polygon &other) {
  std::vector<Vertex> samples;
  for (size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
    const Vertex &a = polygon[j];
    const Vertex &b = polygon[i];
    samples.push_back(b);
    const std::vector<double> parts = cuts(a, b, other);
    for (size_t k = 1; k < parts.size(); ++k) samples.push_back(along(a, b, (parts[k - 1] + parts[k]) / 2));
  }
  return samples;
}

/// An outline has no holes, so a shape lies inside when its own outline does.
bool liesInside(const Polygon &polygon, const Polygon &zone) {
  return std::ranges::all_of(samplesOf(polygon, zone), [&](const Vertex &sample) { return contains(zone, sample); });
}

bool liesInside(const Polygon &polygon, const Circle &zone) {
  return std::ranges::all_of(polygon, [&](const Vertex &corner) { return contains(zone, corner); });
}

bool liesInside(const Circle &circle, const Circle &zone) {
  const double apart = std::hypot(circle.center.x - zone.center.x, circle.center.y - zone.center.y);
  return apart + circle.radius <= zone.radius + edgeTolerance(zone.center) + edgeTolerance(circle.center);
}

/// Somewhere within: on a level between two corners, in the middle of its first stretch inside.
Vertex placeWithin(const Polygon &polygon) {
  std::vector<double> levels;
  for (const Vertex &vertex : polygon) levels.push_back(vertex.y);
  std::ranges::sort(levels);
  const auto next = std::ranges::upper_bound(levels, levels.front());
  const double y = next == levels.end() ? levels.front() : (levels.front() + *next) / 2;
  std::vector<double> crossings;
  for (size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
    const Vertex &a = polygon[j];
    const Vertex &b = polygon[i];
    if ((a.y > y) != (b.y > y)) crossings.push_back(a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y));
  }
  std::ranges::sort(crossings);
  return crossings.size() < 2 ? polygon.front() : Vertex{(crossings[0] + crossings[1]) / 2, y};
}

/// Whether they have more than edges in common.
bool overlap(const Polygon &a, const Polygon &b) {
  const auto reaches = [](const Polygon &into, const std::vector<Vertex> &samples) {
    return std::ranges::any_of(samples, [&](const Vertex &sample) { return isWithin(into, sample); });
  };
  // The last is for two that are the same.
  return reaches(b, samplesOf(a, b)) || reaches(a, samplesOf(b, a)) || isWithin(b, placeWithin(a));
}

bool overlap(const Circle &circle, const Polygon &polygon) {
  return distance(polygon, circle.center) < circle.radius - edgeTolerance(circle.center);
}

/// What is a hole of its own too does not matter.
bool reachesIntoHole(const Region &region, const Polygon &hole) {
  const bool ownHole = std::ranges::any_of(region.holes(), [&](const Polygon &own) { return liesInside(hole, own); });
  return !ownHole && std::visit([&](const auto &shape) { return overlap(shape, hole); }, region.shape());
}

bool liesInside(const Circle &circle, const Polygon &zone) {
  if (!contains(zone, circle.center)) return false;
  const double tolerance = edgeTolerance(circle.center);
  for (size_t i = 0, j = zone.size() - 1; i < zone.size(); j = i++) {
    if (distanceToEdge(circle.center, zone[j], zone[i]) < circle.radius - tolerance) return false;
  }
  return true;
}

/// Problems of neighbouring vertices.
QString wrongCorner(const Polygon &polygon) {
  const size_t count = polygon.size();
  for (size_t i = 0; i < count; ++i) {
    const Vertex &next = polygon[(i + 1) % count];
    if (polygon[i] == next) return QStringLiteral("vertex %1 is there twice in a row").arg(i);
    if (runsBack(polygon[i], next, polygon[(i + 2) % count])) {
      return QStringLiteral("the edge from vertex %1 runs back over the one before").arg((i + 1) % count);
    }
  }
  return {};
}

}  // namespace

QString wrongOutline(const Polygon &polygon) {
  if (const QString wrong = wrongCorner(polygon); !wrong.isEmpty()) return wrong;
  const size_t count = polygon.size();
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = i + 2; j < count; ++j) {
      if (i == 0 && j == count - 1) continue;  // neighbours: they share vertex 0
      if (!meet(polygon[i], polygon[i + 1], polygon[j], polygon[(j + 1) % count])) continue;
      return QStringLiteral("the edges from vertex %1 and from vertex %2 cross or touch").arg(i).arg(j);
    }
  }
  return {};
}

QString wrongHoles(const Polygon &outline, const std::vector<Polygon> &holes) {
  std::vector<Box> boxes;
  std::vector<std::pair<size_t, size_t>> near;
  size_t comparisons = 0;
  for (size_t i = 0; i < holes.size(); ++i) {
    if (!liesInside(holes[i], outline)) return QStringLiteral("hole %1 is not wholly inside the outline").arg(i);
    boxes.push_back(boundsOf(holes[i]));
    for (size_t j = 0; j < i; ++j) {
      if (areApart(boxes[j], boxes[i])) continue;
      near.emplace_back(j, i);
      comparisons += holes[j].size() * holes[i].size();
    }
  }
  if (comparisons > mostComparisons) {
    return QStringLiteral("too many holes with too many corners are around each other to be checked");
  }
  for (const auto &[j, i] : near) {
    if (overlap(holes[j], holes[i])) return QStringLiteral("holes %1 and %2 overlap").arg(j).arg(i);
  }
  return {};
}

bool liesInside(const Region &region, const Region &zone) {
  if (!zone.heights().contains(region.heights())) return false;
  const bool within = std::visit([](const auto &shape, const auto &outline) { return liesInside(shape, outline); },
                                 region.shape(), zone.shape());
  return within &&
         std::ranges::none_of(zone.holes(), [&](const Polygon &hole) { return reachesIntoHole(region, hole); });
}

}  // namespace tagwire::rtls
