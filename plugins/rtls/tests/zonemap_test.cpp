// SPDX-License-Identifier: Apache-2.0
#include "zonemap.h"

#include <QtTest>
#include <random>

#include "makemodel.h"
#include "testprogram.h"

namespace zonemap_test {

using namespace tagwire;
using namespace tagwire::rtls;

class ZoneMapTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_26_deepest();
  void R1_26_holesAndCircles();
  void R1_26_agreesWithALookAtEveryZone();
  void occupancy();
};

void ZoneMapTest::R1_26_deepest() {
  const Model model = *makeModel(R"({"managers": ["M"], "zones": [
    {"id": 1, "name": "a", "level": "building", "polygon": [[0,0],[9,0],[9,9],[0,9]]},
    {"id": 2, "name": "b", "level": "room", "parent": 1, "polygon": [[0,0],[4,0],[4,4],[0,4]], "z": [0, 3]},
    {"id": 3, "name": "c", "level": "room", "polygon": [[2,2],[3,2],[3,3],[2,3]]},
    {"id": 4, "name": "d", "level": "floor", "polygon": [[2,2],[2.5,2],[2.5,2.5],[2,2.5]]}]})");
  const ZoneMap map(model.zones);
  QCOMPARE(map.idOf(map.deepest(8, 8, 0)), 1);
  QCOMPARE(map.idOf(map.deepest(2.2, 2.2, 0)), 2);  // longer way up than 3
  QCOMPARE(map.idOf(map.deepest(2.2, 2.2, 4)), 3);
  QCOMPARE(map.idOf(map.deepest(4, 4, 0)), 2);
  QCOMPARE(map.deepest(10, 0, 0), -1);
  QVERIFY(map.isWithin(1, 0));
  QVERIFY(map.isWithin(1, 1));
  QVERIFY(!map.isWithin(0, 1));
  QVERIFY(!map.isWithin(-1, 0));
}

void ZoneMapTest::R1_26_holesAndCircles() {
  const Model model = *makeModel(R"({"managers": ["M"], "zones": [
    {"id": 1, "name": "ring", "polygon": [[0,0],[9,0],[9,9],[0,9]], "holes": [[[3,3],[6,3],[6,6],[3,6]]]},
    {"id": 2, "name": "pond", "circle": {"center": [20, 0], "radius": 5}}]})");
  const ZoneMap map(model.zones);
  QCOMPARE(map.idOf(map.deepest(1, 1, 0)), 1);
  QCOMPARE(map.idOf(map.deepest(4, 4, 0)), 0);
  QCOMPARE(map.idOf(map.deepest(3, 4, 0)), 1);  // a hole's edge belongs to the zone
  QCOMPARE(map.idOf(map.deepest(6, 6, 0)), 1);
  QCOMPARE(map.idOf(map.deepest(20, 5, 0)), 2);
  QCOMPARE(map.idOf(map.deepest(24, 4, 0)), 0);
}

void ZoneMapTest::R1_26_agreesWithALookAtEveryZone() {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> unit(0, 1);
  const auto rectangle = [&](double x, double y, double w, double h) {
    return Polygon{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}};
  };
  std::vector<Zone> zones;
  for (int i = 0; i < 300; ++i) {
    const double x = unit(random) * 100, y = unit(random) * 100, size = std::pow(10, unit(random) * 2.5 - 0.5);
    const Heights heights = i % 3 == 0 ? Heights{0, unit(random) * 10} : Heights();
    Region region = i % 2 == 0 ? Region(Circle{{x, y}, size}, heights)
                               : Region(rectangle(x, y, size, size), heights,
                                        {rectangle(x + size / 4, y + size / 4, size / 2, size / 2)});
    zones.push_back({{i + 1, {}, {}, 0}, static_cast<Level>(random() % 6), std::move(region), -1, 0, {}});
    zones.back().depth = static_cast<int>(random() % 3);
  }
  const ZoneMap map(zones);
  int inside = 0;
  for (int i = 0; i < 20'000; ++i) {
    const double x = unit(random) * 120 - 10, y = unit(random) * 120 - 10, z = unit(random) * 12;
    int expected = -1;
    for (int zone = 0; zone < 300; ++zone) {
      const Zone &each = zones[static_cast<size_t>(zone)];
      if (!each.region.contains(x, y, z)) continue;
      const auto rank = [&](const Zone &one) { return std::tuple(-int(one.level), -one.depth, one.region.area()); };
      if (expected < 0 || rank(each) < rank(zones[static_cast<size_t>(expected)])) expected = zone;
    }
    QCOMPARE(map.deepest(x, y, z), expected);
    if (expected >= 0) ++inside;
  }
  QVERIFY(inside > 10'000);
}

void ZoneMapTest::occupancy() {
  const Model model = *makeModel(R"({"managers": ["M"], "zones": [
    {"id": 1, "name": "a", "polygon": [[0,0],[9,0],[9,9],[0,9]]},
    {"id": 2, "name": "b", "parent": 1, "polygon": [[0,0],[4,0],[4,4],[0,4]]},
    {"id": 3, "name": "c", "parent": 1, "polygon": [[5,5],[6,5],[6,6],[5,6]]}]})");
  ZoneMap map(model.zones);
  QCOMPARE(map.move(-1, 1), (QList<int>{1, 0}));
  QCOMPARE(map.move(1, 2), (QList<int>{1, 2}));
  QCOMPARE(map.occupancy(0), 1);
  QCOMPARE(map.move(2, -1), (QList<int>{2, 0}));
  QCOMPARE(map.occupancy(0), 0);
}

TAGWIRE_TEST(ZoneMapTest)

}  // namespace zonemap_test

#include "zonemap_test.moc"
