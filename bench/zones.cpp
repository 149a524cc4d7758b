// SPDX-License-Identifier: Apache-2.0
// The deepest zone of a fix among 10 to 10,000 zones: ours, a look at every zone, Boost's R-tree, GEOS (STRtree and
// prepared polygons). And collisions among 10,000 tags that move once a second, beside a look at every pair.
#include <geos_c.h>
#include <boost/geometry.hpp>
#include <boost/geometry/geometries/box.hpp>
#include <boost/geometry/geometries/point_xy.hpp>
#include <boost/geometry/index/rtree.hpp>
#include <boost/iterator/function_output_iterator.hpp>

#include <cmath>
#include <cstdio>
#include <ctime>
#include <random>

#include "proximityboard.h"
#include "result.h"
#include "zonemap.h"

using namespace tagwire;
using namespace tagwire::rtls;

namespace {

using Point = boost::geometry::model::d2::point_xy<double>;
using Entry = std::pair<boost::geometry::model::box<Point>, int>;

/// A site of buildings of 100 × 100, each with 9 rooms of 8 to 16 corners, as many of them as make `count` zones.
std::vector<Zone> makeZones(int count, double &size) {
  std::mt19937 random(4);
  std::uniform_real_distribution<double> reach(0.8, 1);
  const int side = static_cast<int>(std::ceil(std::sqrt(count / 10.0)));
  size = side * 110.0;
  std::vector<Zone> zones;
  for (int building = 0; static_cast<int>(zones.size()) < count; ++building) {
    const double x = building % side * 110.0, y = building / side * 110.0;
    const int parent = static_cast<int>(zones.size());
    zones.push_back({{parent + 1, {}, {}, 0},
                     Level::Building,
                     Region(Polygon{{x, y}, {x + 100, y}, {x + 100, y + 100}, {x, y + 100}}, Heights()),
                     -1,
                     0});
    for (int room = 0; room < 9 && static_cast<int>(zones.size()) < count; ++room) {
      Polygon outline;
      const int corners = std::uniform_int_distribution(8, 16)(random);
      for (int i = 0; i < corners; ++i) {
        const double angle = 2 * M_PI * i / corners, radius = 15 * reach(random);
        outline.push_back(
            {x + 17 + room % 3 * 33 + radius * std::cos(angle), y + 17 + room / 3 * 33 + radius * std::sin(angle)});
      }
      zones.push_back({{static_cast<int>(zones.size()) + 1, {}, {}, parent + 1},
                       Level::Room,
                       Region(std::move(outline), Heights()),
                       parent,
                       1});
    }
  }
  return zones;
}

/// Of this process, so that others on the machine count less.
double cpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Thousand looks per second; `sum` of what was found must be the same for all.
template <class Look>
double rate(const std::vector<Vertex> &fixes, qint64 &sum, Look look) {
  const double begin = cpuSeconds();
  qint64 looks = 0;
  double taken = 0;
  sum = 0;
  while (taken < 0.3) {
    const size_t i = static_cast<size_t>(looks) % fixes.size();
    const int found = look(fixes[i]);
    if (looks < 2000) sum += found;
    ++looks;
    if (looks % 1000 == 0) taken = cpuSeconds() - begin;
  }
  return static_cast<double>(looks) / taken / 1000;
}

/// Building before room, as in the manifest: the higher index is the deeper one.
class Geos {
 public:
  explicit Geos(const std::vector<Zone> &zones) : m_tree(GEOSSTRtree_create_r(m_context, 10)), m_zones(zones.size()) {
    for (size_t i = 0; i < zones.size(); ++i) {
      const Polygon &polygon = std::get<Polygon>(zones[i].region.shape());
      GEOSCoordSequence *ring = GEOSCoordSeq_create_r(m_context, static_cast<unsigned>(polygon.size() + 1), 2);
      for (size_t k = 0; k <= polygon.size(); ++k) {
        const Vertex &vertex = polygon[k % polygon.size()];
        GEOSCoordSeq_setXY_r(m_context, ring, static_cast<unsigned>(k), vertex.x, vertex.y);
      }
      auto *area = GEOSGeom_createPolygon_r(m_context, GEOSGeom_createLinearRing_r(m_context, ring), nullptr, 0);
      m_zones[i] = {area, GEOSPrepare_r(m_context, area), static_cast<int>(i)};
      GEOSSTRtree_insert_r(m_context, m_tree, area, &m_zones[i]);
    }
  }
  ~Geos() {
    GEOSSTRtree_destroy_r(m_context, m_tree);
    for (const auto &[area, prepared, index] : m_zones) {
      GEOSPreparedGeom_destroy_r(m_context, prepared);
      GEOSGeom_destroy_r(m_context, area);
    }
    GEOS_finish_r(m_context);
  }
  Geos(const Geos &) = delete;
  Geos &operator=(const Geos &) = delete;

  int deepest(const Vertex &at) {
    m_point = GEOSGeom_createPointFromXY_r(m_context, at.x, at.y);
    m_found = -1;
    const auto visit = [](void *item, void *self) {
      auto *geos = static_cast<Geos *>(self);
      const auto *zone = static_cast<const Prepared *>(item);
      if (zone->index <= geos->m_found) return;
      if (GEOSPreparedIntersects_r(geos->m_context, zone->prepared, geos->m_point) == 1) geos->m_found = zone->index;
    };
    GEOSSTRtree_query_r(m_context, m_tree, m_point, visit, this);
    GEOSGeom_destroy_r(m_context, m_point);
    return m_found;
  }

 private:
  struct Prepared {
    GEOSGeometry *area = nullptr;
    const GEOSPreparedGeometry *prepared = nullptr;
    int index = 0;
  };
  GEOSContextHandle_t m_context = GEOS_init_r();
  GEOSSTRtree *m_tree;
  std::vector<Prepared> m_zones;
  GEOSGeometry *m_point = nullptr;
  int m_found = -1;
};

bool zones(int count) {
  double size = 0;
  const std::vector<Zone> zones = makeZones(count, size);
  std::mt19937 random(5);
  std::uniform_real_distribution<double> anywhere(0, size);
  std::vector<Vertex> fixes(20'000);
  for (Vertex &each : fixes) each = {anywhere(random), anywhere(random)};

  const ZoneMap map(zones);
  std::vector<Entry> boxes;
  for (const Zone &zone : zones) {
    const Box &box = zone.region.bounds();
    boxes.push_back(
        {{Point(box.lowest.x, box.lowest.y), Point(box.highest.x, box.highest.y)}, static_cast<int>(boxes.size())});
  }
  const boost::geometry::index::rtree<Entry, boost::geometry::index::rstar<8>> tree(boxes);
  Geos geos(zones);

  qint64 ours = 0, every = 0, boost = 0, others = 0;
  const double byMap = rate(fixes, ours, [&](const Vertex &at) { return map.deepest(at.x, at.y, 0); });
  const double byEvery = rate(fixes, every, [&](const Vertex &at) {
    int found = -1;
    for (int i = count - 1; i >= 0 && found < 0; --i) {
      if (zones[static_cast<size_t>(i)].region.contains(at.x, at.y, 0)) found = i;
    }
    return found;
  });
  const double byBoost = rate(fixes, boost, [&](const Vertex &at) {
    int found = -1;
    const auto visit = [&](const Entry &entry) {
      if (entry.second > found && zones[static_cast<size_t>(entry.second)].region.contains(at.x, at.y, 0)) {
        found = entry.second;
      }
    };
    tree.query(boost::geometry::index::intersects(Point(at.x, at.y)), boost::make_function_output_iterator(visit));
    return found;
  });
  const double byGeos = rate(fixes, others, [&](const Vertex &at) { return geos.deepest(at); });
  std::printf("%8d %10.0f %10.0f %10.0f %10.0f\n", count, byMap, byEvery, byBoost, byGeos);
  const bool agree = ours == every && ours == boost && ours == others;
  if (count >= 1000) {
    bench::report({QStringLiteral("deepest of %1 zones, one core").arg(QLocale(QLocale::English).toString(count)),
                   QStringLiteral("look-ups/s"),
                   byMap * 1000,
                   {},
                   bench::Beside{"GEOS", byGeos * 1000}});
  }
  if (!agree) std::fprintf(stderr, "zones: they do not agree at %d zones\n", count);
  return agree;
}

/// Tags of which one in ten is a vehicle, with 12 × 12 for each, that walk 1.4 at each fix.
bool collisions(int tags) {
  Model model;
  ProximityRule rule;
  rule.classA = QStringLiteral("vehicle");
  rule.classB = QStringLiteral("person");
  rule.distance = 5;
  rule.exitTolerance = 1;
  model.proximity = {rule};
  Crowd crowd(model);
  ProximityBoard board(model.proximity, crowd);
  const double size = 12 * std::sqrt(static_cast<double>(tags));
  std::mt19937 random(6);
  std::uniform_real_distribution<double> anywhere(0, size), step(-1.4, 1.4);
  std::vector<Position> at(static_cast<size_t>(tags));
  for (int tag = 0; tag < tags; ++tag) {
    crowd.addTag(tag % 10 == 0 ? rule.classA : rule.classB);
    board.addTag();
    at[static_cast<size_t>(tag)] = {anywhere(random), anywhere(random), 0, {}};
  }
  double taken = 0;
  qint64 fixes = 0, starts = 0, told = 0;
  while (taken < 1 || fixes < 2 * tags) {
    const double begin = cpuSeconds();
    for (int tag = 0; tag < tags; ++tag) {
      Position &mine = at[static_cast<size_t>(tag)];
      mine.x = std::clamp(mine.x + step(random), 0.0, size);
      mine.y = std::clamp(mine.y + step(random), 0.0, size);
      crowd.move(tag, mine, 0);
      QList<Collision> happened;
      board.moved(tag, Moment{}, happened);
      for (const Collision &each : happened) starts += each.phase == Collision::Phase::Start;
      told += happened.size();
    }
    fixes += tags;
    taken += cpuSeconds() - begin;
  }
  // A look at every other tag, for a part of the tags.
  const double begin = cpuSeconds();
  const int part = std::min(tags, 1000);
  qint64 near = 0;
  for (int tag = 0; tag < part; ++tag) {
    for (int other = 0; other < tags; ++other) {
      if ((tag % 10 == 0) == (other % 10 == 0)) continue;
      near += distanceBetween(at[static_cast<size_t>(tag)], at[static_cast<size_t>(other)]) <= rule.distance;
    }
  }
  const double every = cpuSeconds() - begin;
  std::printf("%8d %10.0f %10.0f %12.2f %10.1f\n", tags, static_cast<double>(fixes) / taken / 1000, part / every / 1000,
              100 * tags * taken / static_cast<double>(fixes),
              1000.0 * static_cast<double>(starts) / static_cast<double>(fixes));
  return near > 0 && told > 0;
}

}  // namespace

int main() {
  bool isGood = true;
  std::printf(
      "== zones ==\n1,000 look-ups/s of the deepest zone\n   zones       ours every_zone boost_rtree     geos\n");
  for (const int count : {10, 100, 1'000, 10'000}) isGood &= zones(count);
  std::printf(
      "\ncollisions: 1,000 fixes/s, percent of a core when each tag sends once a second, starts in 1,000 fixes\n"
      "    tags       ours  every_tag    %% of core     starts\n");
  for (const int tags : {1'000, 10'000, 100'000}) isGood &= collisions(tags);
  return isGood ? 0 : 1;
}
