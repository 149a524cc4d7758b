// SPDX-License-Identifier: Apache-2.0
#include "regionindex.h"

#include <QtTest>

#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "taggrid.h"
#include "testprogram.h"

namespace regionindex_test {

using namespace tagwire::rtls;

/// The two that find what is near, held against a look at everything.
class RegionIndexTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void findsEveryBox_data();
  void findsEveryBox();
  void emptyIndexFindsNothing();
  void gridFindsAllThatIsNear_data();
  void gridFindsAllThatIsNear();
  void gridForgetsWhatIsRemoved();
  void gridTakesOnlyRealPlaces();
  void gridEndsFarAway();
};

void RegionIndexTest::findsEveryBox_data() {
  QTest::addColumn<double>("spread");
  QTest::addColumn<double>("smallest");
  QTest::addColumn<double>("largest");
  QTest::newRow("alike") << 100.0 << 5.0 << 10.0;
  QTest::newRow("of every size") << 1e3 << 1e-6 << 2e3;
  QTest::newRow("as far as can be") << 1e9 << 1e-6 << 2e9;
  QTest::newRow("points") << 10.0 << 0.0 << 0.0;
}

void RegionIndexTest::findsEveryBox() {
  QFETCH(double, spread);
  QFETCH(double, smallest);
  QFETCH(double, largest);
  std::mt19937 random(5);
  const auto real = [&](double from, double to) { return std::uniform_real_distribution(from, to)(random); };
  const auto extent = [&] { return smallest + (largest - smallest) * std::pow(real(0, 1), 8); };
  std::vector<RegionIndex::Entry> entries;
  for (int id = 0; id < 400; ++id) {
    const Vertex at{real(-spread, spread), real(-spread, spread)};
    entries.push_back({{at, {at.x + extent(), at.y + extent()}}, id});
  }
  const RegionIndex index(entries);
  int hits = 0;
  for (int i = 0; i < 4000; ++i) {
    Vertex at{real(-spread, spread), real(-spread, spread)};
    const Box &box = entries[static_cast<size_t>(i) % entries.size()].box;
    if (i % 3 == 0) at = i % 2 ? box.lowest : box.highest;
    if (i % 3 == 1) at = {real(box.lowest.x, box.highest.x), real(box.lowest.y, box.highest.y)};
    std::multiset<int> found, due;
    index.find(at, [&](int id) { found.insert(id); });
    for (const auto &[each, id] : entries) {
      if (at.x >= each.lowest.x && at.x <= each.highest.x && at.y >= each.lowest.y && at.y <= each.highest.y) {
        due.insert(id);
      }
    }
    QVERIFY(found == due);
    hits += static_cast<int>(due.size());
  }
  QVERIFY(hits >= 2600);
}

void RegionIndexTest::emptyIndexFindsNothing() {
  RegionIndex({}).find({0, 0}, [](int) { QFAIL("found something"); });
}

void RegionIndexTest::gridFindsAllThatIsNear_data() {
  QTest::addColumn<double>("cell");
  QTest::addColumn<double>("radius");
  QTest::newRow("radius of a cell") << 5.0 << 5.0;
  QTest::newRow("small radius") << 5.0 << 0.1;
  QTest::newRow("many cells") << 0.5 << 20.0;
  QTest::newRow("everything") << 1e-6 << 1e9;
}

void RegionIndexTest::gridFindsAllThatIsNear() {
  QFETCH(double, cell);
  QFETCH(double, radius);
  std::mt19937 random(6);
  const auto real = [&](double from, double to) { return std::uniform_real_distribution(from, to)(random); };
  TagGrid grid(cell);
  std::map<int, Vertex> places;
  for (int i = 0; i < 3000; ++i) {
    const int id = std::uniform_int_distribution(0, 99)(random);
    if (i % 4 == 0) {
      grid.remove(id);
      places.erase(id);
    } else {
      places[id] = {std::round(real(-50, 50)), real(-50, 50)};
      grid.move(id, places[id]);
    }
    const Vertex at{std::round(real(-50, 50)), real(-50, 50)};
    std::multiset<int> found, due;
    grid.near(at, radius, [&](int each) { found.insert(each); });
    for (const auto &[each, place] : places) {
      if (std::abs(place.x - at.x) <= radius && std::abs(place.y - at.y) <= radius) due.insert(each);
    }
    QVERIFY(found == due);
  }
}

void RegionIndexTest::gridForgetsWhatIsRemoved() {
  TagGrid grid(1);
  grid.remove(7);
  grid.move(3, {0, 0});
  grid.remove(3);
  grid.remove(3);
  grid.near({0, 0}, 10, [](int) { QFAIL("found something"); });
}

void RegionIndexTest::gridTakesOnlyRealPlaces() {
  const double nan = std::nan(""), infinite = std::numeric_limits<double>::infinity();
  TagGrid grid(2);
  for (const Vertex &nowhere : {Vertex{nan, 5}, Vertex{5, nan}, Vertex{infinite, 5}, Vertex{5, -infinite}}) {
    grid.move(0, {5, 5});
    grid.move(0, nowhere);  // is nowhere then
    grid.near({5, 5}, 1e9, [](int) { QFAIL("found something"); });
    grid.near(nowhere, 2, [](int) { QFAIL("found something"); });
    grid.move(0, nowhere);
    grid.remove(0);
    grid.move(0, {6, 5});
    int found = 0;
    grid.near({5, 5}, 2, [&](int) { ++found; });
    QCOMPARE(found, 1);
    grid.near({5, 5}, nan, [](int) { QFAIL("found something"); });
  }
}

/// Where neighbouring cells have the same number as floating point.
void RegionIndexTest::gridEndsFarAway() {
  TagGrid grid(2);
  for (int i = 0; i < 6; ++i) grid.move(i, {i * 10.0, 5});
  for (const double far : {1.7e18, -1.7e18, 1e300, -1e300}) {
    grid.move(9, {far, 5});
    QList<int> found;
    grid.near({far, 5}, 2, [&](int each) { found << each; });
    QCOMPARE(found, QList<int>{9});
    grid.remove(9);
    grid.near({far, 5}, 2, [](int) { QFAIL("found something"); });
  }
}

TAGWIRE_TEST(RegionIndexTest)

}  // namespace regionindex_test

#include "regionindex_test.moc"
