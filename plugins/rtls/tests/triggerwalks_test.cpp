// SPDX-License-Identifier: Apache-2.0
#include <QtTest>

#include <cmath>
#include <numbers>
#include <random>

#include "geosarea.h"
#include "shapecheck.h"
#include "testprogram.h"
#include "triggerboard.h"

namespace triggerwalks_test {

using namespace tagwire;
using namespace tagwire::rtls;

/// Random polygons, circles and walks: what TriggerBoard raises is what an independent look at every tag and every
/// trigger says.
class TriggerWalksTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_21_insideIsWhatGeosSays();
  void R1_24_distanceIsWhatGeosSays();
  void R1_20_walksThroughPolygons_data();
  void R1_20_walksThroughPolygons();
  void R1_22_carriersAmongTags();
};

namespace {

class Chance {
 public:
  explicit Chance(unsigned seed) : m_random(seed) {}
  double real(double from, double to) { return std::uniform_real_distribution(from, to)(m_random); }
  int whole(int from, int to) { return std::uniform_int_distribution(from, to)(m_random); }

  /// A star with dents, 3 to 32 corners.
  Polygon star(const Vertex &center, double radius) {
    const int corners = whole(3, 32);
    Polygon polygon;
    for (int i = 0; i < corners; ++i) {
      const double angle = 2 * std::numbers::pi * i / corners, length = radius * real(0.1, 1);
      polygon.push_back({center.x + length * std::cos(angle), center.y + length * std::sin(angle)});
    }
    return polygon;
  }

  /// Corners anywhere, as long as no edges cross.
  Polygon tangle(const Vertex &center, double radius) {
    for (;;) {
      Polygon polygon;
      const int corners = whole(3, 8);
      for (int i = 0; i < corners; ++i) {
        polygon.push_back({center.x + real(-radius, radius), center.y + real(-radius, radius)});
      }
      if (wrongOutline(polygon).isEmpty()) return polygon;
    }
  }

  Polygon polygon(const Vertex &center, double radius) {
    return whole(0, 1) ? star(center, radius) : tangle(center, radius);
  }

 private:
  std::mt19937 m_random;
};

Trigger triggerOf(int id, Direction direction, std::vector<Region> regions) {
  const Region everywhere(Circle{{0, 0}, 1e9}, Heights());
  return {
      TriggerInfo{id, QString(), 1, QString(), false}, direction, std::move(regions), {}, everywhere, {}, {}, {}, {}};
}

/// "<trigger id>:<tag>" of each event, in no order.
QStringList wordsOf(const QList<RaisedEvent> &events) {
  QStringList words;
  for (const auto &[event, time] : events) words << QStringLiteral("%1:%2").arg(event.triggerId).arg(event.tagId);
  words.sort();
  return words;
}

/// Floating point can't tell nearer than this.
bool isTooNear(const Polygon &polygon, const Vertex &position) {
  for (size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
    if (distanceToEdge(position, polygon[j], polygon[i]) < 1e-7) return true;
  }
  return false;
}

}  // namespace

void TriggerWalksTest::R1_21_insideIsWhatGeosSays() {
  Chance chance(1);
  int insides = 0;
  for (int round = 0; round < 2000; ++round) {
    const double scale = std::pow(10, chance.real(-2, 5));
    const Polygon polygon = chance.polygon({chance.real(-9, 9) * scale, chance.real(-9, 9) * scale}, scale);
    const Region region(polygon, Heights());
    const GeosArea area(polygon);
    const Box box = boundsOf(polygon);
    for (int i = 0; i < 200; ++i) {
      // Often at the height of a corner, where rays go wrong.
      const Vertex &corner = polygon[static_cast<size_t>(chance.whole(0, static_cast<int>(polygon.size()) - 1))];
      const Vertex at{chance.real(box.lowest.x - scale / 9, box.highest.x + scale / 9),
                      chance.whole(0, 3) ? chance.real(box.lowest.y, box.highest.y) : corner.y};
      if (isTooNear(polygon, at)) continue;
      QCOMPARE(region.contains(at.x, at.y, 0), area.holds(at));
      insides += area.holds(at);
    }
    for (const Vertex &corner : polygon) QVERIFY(region.contains(corner.x, corner.y, 0));
  }
  QVERIFY(insides > 50'000);
}

void TriggerWalksTest::R1_24_distanceIsWhatGeosSays() {
  Chance chance(2);
  for (int round = 0; round < 300; ++round) {
    const Polygon polygon = chance.polygon({0, 0}, 10);
    const Region region(polygon, Heights{0, 4});
    const GeosArea area(polygon);
    for (int i = 0; i < 100; ++i) {
      const Vertex at{chance.real(-15, 15), chance.real(-15, 15)};
      if (isTooNear(polygon, at)) continue;
      QVERIFY(std::abs(region.distance(at.x, at.y, 1) - area.distance(at)) < 1e-9);
      QVERIFY(std::abs(region.distance(at.x, at.y, 7) - std::hypot(area.distance(at), 3)) < 1e-9);
    }
  }
}

void TriggerWalksTest::R1_20_walksThroughPolygons_data() {
  QTest::addColumn<int>("triggers");
  QTest::addColumn<double>("largest");
  QTest::newRow("few, overlapping") << 5 << 60.0;
  QTest::newRow("many, small") << 300 << 6.0;
  QTest::newRow("from tiny to larger than the site") << 60 << 300.0;
}

void TriggerWalksTest::R1_20_walksThroughPolygons() {
  QFETCH(int, triggers);
  QFETCH(double, largest);
  constexpr int tags = 8;
  int raised = 0;
  for (unsigned seed = 1; seed <= 6; ++seed) {
    Chance chance(seed);
    std::vector<Polygon> polygons;
    std::vector<std::unique_ptr<GeosArea>> areas;
    std::vector<Trigger> model;
    for (int i = 0; i < triggers; ++i) {
      polygons.push_back(chance.polygon({chance.real(0, 100), chance.real(0, 100)}, largest * chance.real(0.01, 1)));
      areas.push_back(std::make_unique<GeosArea>(polygons.back()));
      const Region region(polygons.back(), Heights());
      model.push_back(triggerOf(2 * i, Direction::OnEnter, {region}));
      model.push_back(triggerOf(2 * i + 1, Direction::OnExit, {region}));
    }
    TriggerBoard board(model);
    for (int tag = 0; tag < tags; ++tag) board.addTag(QString::number(tag), QString());
    // -1: not seen; then what GEOS said last. An event is due for each change, so they alternate.
    std::vector<std::vector<int>> inside(tags, std::vector<int>(static_cast<size_t>(triggers), -1));
    std::vector<Vertex> at(tags);
    for (int step = 0; step < 800; ++step) {
      const int tag = chance.whole(0, tags - 1);
      Vertex &here = at[static_cast<size_t>(tag)];
      const double stride = chance.whole(0, 9) ? 3 : 50;
      here = {here.x + chance.real(-stride, stride), here.y + chance.real(-stride, stride)};
      if (here.x < -20 || here.x > 120 || here.y < -20 || here.y > 120) here = {50, 50};
      if (std::ranges::any_of(polygons, [&](const Polygon &each) { return isTooNear(each, here); })) continue;
      QStringList due;
      for (int i = 0; i < triggers; ++i) {
        int &before = inside[static_cast<size_t>(tag)][static_cast<size_t>(i)];
        const int now = areas[static_cast<size_t>(i)]->holds(here);
        if (before >= 0 && before != now) due << QStringLiteral("%1:%2").arg(2 * i + (now ? 0 : 1)).arg(tag);
        before = now;
      }
      due.sort();
      QList<RaisedEvent> events;
      board.move(tag, {here.x, here.y, 0}, Moment(), events);
      QCOMPARE(wordsOf(events), due);
      QVERIFY(std::ranges::all_of(board.staysOf(tag),
                                  [](const auto &stay) { return stay.presence.stage == Presence::Stage::Inside; }));
      raised += static_cast<int>(due.size());
    }
  }
  QVERIFY(raised > 400);
}

void TriggerWalksTest::R1_22_carriersAmongTags() {
  constexpr int tags = 60, carriers = 12;
  for (unsigned seed = 1; seed <= 6; ++seed) {
    Chance chance(seed);
    std::vector<Trigger> model;
    for (int i = 0; i < 2 * carriers; ++i) {
      model.push_back(triggerOf(i, i % 2 ? Direction::OnExit : Direction::OnEnter, {}));
      const double radius = i % 2 ? model.back().portable.emplace(*model[static_cast<size_t>(i - 1)].portable).radius
                                  : std::pow(10, chance.real(-0.5, 2.5));
      model.back().portable = Portable{QString::number(i / 2), radius, Heights()};
    }
    TriggerBoard board(model);
    for (int tag = 0; tag < tags; ++tag) board.addTag(QString::number(tag), QString());
    std::vector<std::optional<Vertex>> at(tags);
    std::vector<std::vector<int>> inside(tags, std::vector<int>(carriers, 0));
    std::set<int> seen;
    int raised = 0;
    for (int step = 0; step < 3000; ++step) {
      const int tag = chance.whole(0, tags - 1);
      const bool isLost = at[static_cast<size_t>(tag)] && chance.whole(0, 19) == 0;
      at[static_cast<size_t>(tag)] =
          isLost ? std::nullopt : std::optional(Vertex{chance.real(0, 99), chance.real(0, 99)});
      const bool firstSight = seen.insert(tag).second;
      QStringList due;
      for (int carrier = 0; carrier < carriers; ++carrier) {
        for (int other = 0; other < tags; ++other) {
          const auto &a = at[static_cast<size_t>(carrier)], &b = at[static_cast<size_t>(other)];
          if (carrier == other || (tag != carrier && tag != other)) continue;
          int &before = inside[static_cast<size_t>(other)][static_cast<size_t>(carrier)];
          const double radius = model[static_cast<size_t>(2 * carrier)].portable->radius;
          const int now = a && b && std::hypot(a->x - b->x, a->y - b->y) <= radius;
          if (!firstSight && before != now) due << QStringLiteral("%1:%2").arg(2 * carrier + (now ? 0 : 1)).arg(other);
          before = now;
        }
      }
      due.sort();
      QList<RaisedEvent> events;
      if (isLost) {
        board.lose(tag, Moment(), events);
      } else {
        board.move(tag, {at[static_cast<size_t>(tag)]->x, at[static_cast<size_t>(tag)]->y, 0}, Moment(), events);
      }
      QCOMPARE(wordsOf(events), due);
      raised += static_cast<int>(due.size());
    }
    QVERIFY(raised > 1000);
  }
}

TAGWIRE_TEST(TriggerWalksTest)

}  // namespace triggerwalks_test

#include "triggerwalks_test.moc"
