// SPDX-License-Identifier: Apache-2.0
#include "shapecheck.h"

#include <QtTest>

#include "polygons.h"
#include "testprogram.h"

namespace shapecheck_test {

using namespace tagwire::rtls;

class ShapeCheckTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_21_wrongOutlines_data();
  void R1_21_wrongOutlines();
  void R1_21_outlineCheckAgreesWithBoost();
  void R1_21_insideAZone_data();
  void R1_21_insideAZone();
  void R1_21_insideAZoneAgreesWithBoost();
  void R1_21_holes();
  void R1_21_wrongHoles_data();
  void R1_21_wrongHoles();
  void R1_21_manyHolesAreChecked();
  void R1_21_holesThatTakeTooLong();
  void R1_21_insideAZoneWithHoles();
  void R1_21_insideACircle();
  void R1_21_holesAgreeWithBoost();
};

void ShapeCheckTest::R1_21_wrongOutlines_data() {
  QTest::addColumn<QString>("outline");
  QTest::addColumn<QString>("message");
  const auto row = [](const char *name, const char *outline, const char *message) {
    QTest::newRow(name) << QString::fromLatin1(outline) << QString::fromLatin1(message);
  };
  row("square", "0,0 10,0 10,10 0,10", "");
  row("triangle", "0,0 10,0 10,10", "");
  row("collinear corner", "0,0 5,0 10,0 10,10", "");
  row("notch", "0,0 10,0 10,10 5,2 0,10", "");
  row("bow tie", "0,0 10,10 10,0 0,10", "vertex 0 and from vertex 2 cross");
  row("touches itself", "0,0 10,0 10,10 5,0 0,10", "cross or touch");
  row("line", "0,0 10,0 5,0", "runs back");
  row("spike", "0,0 10,0 20,0 10,0 10,10", "the edge from vertex 2 runs back");
  row("double corner", "0,0 10,0 10,0 10,10", "vertex 1 is there twice");
}

void ShapeCheckTest::R1_21_wrongOutlines() {
  QFETCH(QString, outline);
  QFETCH(QString, message);
  const QString wrong = wrongOutline(polygon(outline));
  QCOMPARE(wrong.isEmpty(), message.isEmpty());
  QVERIFY2(wrong.contains(message), qPrintable(wrong));
}

void ShapeCheckTest::R1_21_outlineCheckAgreesWithBoost() {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> unit(0, 100);
  int wrong = 0;
  for (int round = 0; round < 3000; ++round) {
    Polygon outline;
    for (int i = 0; i < 3 + round % 5; ++i) outline.push_back({unit(random), unit(random)});
    const bool valid = bg::is_valid(toBoost(outline));
    QCOMPARE(wrongOutline(outline).isEmpty(), valid);
    wrong += !valid;
  }
  QVERIFY(wrong > 500 && wrong < 2500);
}

void ShapeCheckTest::R1_21_insideAZone_data() {
  QTest::addColumn<QString>("inner");
  QTest::addColumn<bool>("inside");
  const auto row = [](const char *name, const char *inner, bool inside) {
    QTest::newRow(name) << QString::fromLatin1(inner) << inside;
  };
  // In an L: 0..10 by 0..10 without 5..10 by 5..10.
  row("within", "1,1 4,1 4,4 1,4", true);
  row("the zone itself", "0,0 10,0 10,5 5,5 5,10 0,10", true);
  row("common edges", "0,0 5,0 5,5 0,5", true);
  row("one corner out", "1,1 4,1 4,10.5 1,4", false);
  row("corners in, but over the notch", "1,9 9,1 9,2 1,9.5", false);
  row("in the notch", "6,6 9,6 9,9 6,9", false);
  row("around the zone", "-1,-1 11,-1 11,11 -1,11", false);
  row("far away", "100,100 110,100 110,110", false);
}

void ShapeCheckTest::R1_21_insideAZone() {
  QFETCH(QString, inner);
  QFETCH(bool, inside);
  const Region zone(polygon(QStringLiteral("0,0 10,0 10,5 5,5 5,10 0,10")), Heights{0, 20});
  QCOMPARE(liesInside(Region(polygon(inner), Heights{0, 20}), zone), inside);
  QVERIFY(!liesInside(Region(polygon(inner), Heights{0, 20.5}), zone));
  QVERIFY(liesInside(Region(Circle{{2.5, 2.5}, 2.5}, Heights{0, 20}), zone));
  QVERIFY(!liesInside(Region(Circle{{2.5, 2.5}, 2.6}, Heights{0, 20}), zone));
  QVERIFY(!liesInside(Region(Circle{{7, 7}, 0.5}, Heights{0, 20}), zone));
  QVERIFY(!liesInside(Region(Circle{{4, 4}, 2}, Heights{0, 20}), zone));
  // A part of a slanted outline, with corners that rounding puts beside the edge.
  const Region slanted(polygon(QStringLiteral("0,0 1,3 -5,3")), Heights());
  QVERIFY(liesInside(Region(polygon(QStringLiteral("0.1,0.3 0.7,2.1 -1,2")), Heights()), slanted));
}

void ShapeCheckTest::R1_21_insideAZoneAgreesWithBoost() {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> unit(0, 1);
  int inside = 0;
  constexpr int rounds = 3000;
  for (int round = 0; round < rounds; ++round) {
    const Polygon zone = randomPolygon(random);
    const Box box = boundsOf(zone);
    const Vertex middle{box.lowest.x + unit(random) * (box.highest.x - box.lowest.x),
                        box.lowest.y + unit(random) * (box.highest.y - box.lowest.y)};
    const double size = (box.highest.x - box.lowest.x) * 0.15 * unit(random);
    Polygon inner;
    for (int i = 0; i < 5; ++i) {
      inner.push_back({middle.x + size * std::cos(i * 1.2), middle.y + size * std::sin(i * 1.2)});
    }
    const bool expected = bg::within(toBoost(inner), toBoost(zone));
    QCOMPARE(liesInside(Region(inner, Heights()), Region(zone, Heights())), expected);
    inside += expected;
  }
  QVERIFY2(inside > rounds / 10 && inside < rounds * 9 / 10, qPrintable(QString::number(inside)));
}

void ShapeCheckTest::R1_21_holes() {
  const Region ring(polygon(QStringLiteral("0,0 10,0 10,10 0,10")), Heights{0, 5},
                    {polygon(QStringLiteral("2,2 8,2 8,8 2,8"))});
  QVERIFY(ring.contains(1, 5, 0));
  QVERIFY(!ring.contains(5, 5, 0));
  QVERIFY(ring.contains(2, 5, 0));
  QVERIFY(ring.contains(8, 8, 0));
  QCOMPARE(ring.distance(1, 5, 0), 0.0);
  QCOMPARE(ring.distance(5, 4, 0), 2.0);
  QCOMPARE(ring.distance(5, 5, 9), 5.0);
  QCOMPARE(ring.distance(12, 5, 0), 2.0);
  QCOMPARE(ring.area(), 64.0);
}

void ShapeCheckTest::R1_21_wrongHoles_data() {
  QTest::addColumn<QString>("first");
  QTest::addColumn<QString>("second");
  QTest::addColumn<QString>("wrong");
  const auto row = [](const char *name, const char *first, const char *second, const char *wrong) {
    QTest::newRow(name) << QString::fromLatin1(first) << QString::fromLatin1(second) << QString::fromLatin1(wrong);
  };
  row("apart", "1,1 2,1 2,2", "3,3 4,3 4,4", "");
  row("side by side", "1,1 2,1 2,2 1,2", "2,1 3,1 3,2 2,2", "");
  row("at the outline", "0,1 2,1 2,2", "3,3 4,3 4,4", "");
  row("reaches out", "1,1 2,1 2,2", "9,9 11,9 9,10", "hole 1 is not wholly inside the outline");
  row("outside", "20,20 30,20 30,30", "1,1 2,1 2,2", "hole 0 is not wholly inside the outline");
  row("crossing", "1,1 5,1 5,5 1,5", "4,4 6,4 6,6 4,6", "holes 0 and 1 overlap");
  row("one in the other", "1,1 5,1 5,5 1,5", "2,2 3,2 3,3", "holes 0 and 1 overlap");
  row("the other in the one", "2,2 3,2 3,3", "1,1 5,1 5,5 1,5", "holes 0 and 1 overlap");
  row("the same", "1,1 5,1 5,5 1,5", "5,5 1,5 1,1 5,1", "holes 0 and 1 overlap");
  row("a cross", "1,2 5,2 5,3 1,3", "2,1 3,1 3,5 2,5", "holes 0 and 1 overlap");
}

void ShapeCheckTest::R1_21_wrongHoles() {
  QFETCH(QString, first);
  QFETCH(QString, second);
  QFETCH(QString, wrong);
  const Polygon outline = polygon(QStringLiteral("0,0 10,0 10,10 0,10"));
  QCOMPARE(wrongHoles(outline, {polygon(first), polygon(second)}), wrong);
}

/// As many as a zone may have. Compared corner by corner they would take minutes, and CTest ends what takes so long.
void ShapeCheckTest::R1_21_manyHolesAreChecked() {
  const Polygon outline = polygon(QStringLiteral("0,0 1000,0 1000,1000 0,1000"));
  std::vector<Polygon> holes;
  for (int i = 0; i < 100; ++i) holes.push_back(manyCorners({50 + 100.0 * (i % 10), 50 + 100.0 * (i / 10)}, 40));
  QCOMPARE(wrongHoles(outline, holes), QString());
  holes.back() = manyCorners({870, 950}, 40);
  QCOMPARE(wrongHoles(outline, holes), QStringLiteral("holes 98 and 99 overlap"));
}

/// Each around the next, as nearly closed rings: every box is in every larger one.
void ShapeCheckTest::R1_21_holesThatTakeTooLong() {
  const Polygon outline = polygon(QStringLiteral("-1000,-1000 1000,-1000 1000,1000 -1000,1000"));
  std::vector<Polygon> holes;
  for (int i = 1; i <= 5; ++i) holes.push_back(ring(i * 9.0));
  QCOMPARE(wrongHoles(outline, holes), QString());
  for (int i = 6; i <= 100; ++i) holes.push_back(ring(i * 9.0));
  QVERIFY(wrongHoles(outline, holes).startsWith(QStringLiteral("too many holes")));
}

void ShapeCheckTest::R1_21_insideAZoneWithHoles() {
  const Polygon outline = polygon(QStringLiteral("0,0 10,0 10,10 0,10"));
  const Polygon hole = polygon(QStringLiteral("4,4 6,4 6,6 4,6"));
  const Region zone(outline, Heights(), {hole});
  const auto isInside = [&](const char *corners) {
    return liesInside(Region(polygon(QString::fromLatin1(corners)), Heights()), zone);
  };
  QVERIFY(isInside("1,1 3,1 3,3"));
  QVERIFY(isInside("1,4 4,4 4,6 1,6"));
  QVERIFY(!isInside("3,3 7,3 7,7 3,7"));
  QVERIFY(!isInside("4,4 6,4 6,6 4,6"));
  QVERIFY(!isInside("4.5,4.5 5,4.5 5,5"));
  QVERIFY(!isInside("3,4.5 7,4.5 7,5 3,5"));
  QVERIFY(liesInside(Region(outline, Heights(), {hole}), zone));
  QVERIFY(!liesInside(Region(outline, Heights()), zone));
  QVERIFY(liesInside(Region(Circle{{2, 5}, 2}, Heights()), zone));
  QVERIFY(!liesInside(Region(Circle{{2, 5}, 2.1}, Heights()), zone));
  QVERIFY(!liesInside(Region(Circle{{5, 5}, 0.1}, Heights()), zone));
  QVERIFY(!liesInside(Region(Circle{{5, 5}, 4}, Heights()), zone));
}

void ShapeCheckTest::R1_21_insideACircle() {
  const Region zone(Circle{{0, 0}, 5}, Heights());
  QVERIFY(liesInside(Region(polygon(QStringLiteral("3,4 -3,4 -3,-4 3,-4")), Heights()), zone));
  QVERIFY(!liesInside(Region(polygon(QStringLiteral("3,4.1 -3,4 -3,-4 3,-4")), Heights()), zone));
  QVERIFY(liesInside(Region(Circle{{3, 0}, 2}, Heights()), zone));
  QVERIFY(!liesInside(Region(Circle{{3, 0}, 2.1}, Heights()), zone));
}

void ShapeCheckTest::R1_21_holesAgreeWithBoost() {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> unit(-1, 1);
  int good = 0;
  for (int round = 0; round < 3000; ++round) {
    const auto around = [&](double x, double y, double size) {
      Polygon made;
      for (int i = 0; i < 7; ++i) {
        const double reach = size * (0.6 + 0.4 * unit(random));
        made.push_back({x + reach * std::cos(i * 0.9), y + reach * std::sin(i * 0.9)});
      }
      return made;
    };
    const Polygon outline = around(0, 0, 10);
    const Polygon first = around(unit(random) * 6, unit(random) * 6, 2);
    const Polygon second = around(unit(random) * 6, unit(random) * 6, 2);
    const bool fine = bg::within(toBoost(first), toBoost(outline)) && bg::within(toBoost(second), toBoost(outline)) &&
                      !bg::intersects(toBoost(first), toBoost(second));
    QCOMPARE(wrongHoles(outline, {first, second}).isEmpty(), fine);
    good += fine;
  }
  QVERIFY2(good > 300 && good < 2700, qPrintable(QString::number(good)));
}

TAGWIRE_TEST(ShapeCheckTest)

}  // namespace shapecheck_test

#include "shapecheck_test.moc"
