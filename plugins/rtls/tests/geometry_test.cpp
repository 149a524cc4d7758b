// SPDX-License-Identifier: Apache-2.0
#include "geometry.h"

#include <QtTest>

#include "polygons.h"
#include "testprogram.h"

namespace geometry_test {

using namespace tagwire::rtls;

class GeometryTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_21_polygons_data();
  void R1_21_polygons();
  void R1_21_everyEdgeIsInside();
  void R1_21_agreesWithBoostOnRandomPolygons();
  void R1_21_circles();
  void R1_21_heights();
  void area();
};

void GeometryTest::R1_21_polygons_data() {
  QTest::addColumn<QString>("outline");
  QTest::addColumn<double>("x");
  QTest::addColumn<double>("y");
  QTest::addColumn<bool>("inside");
  const auto row = [](const char *name, const char *outline, double x, double y, bool inside) {
    QTest::newRow(name) << QString::fromLatin1(outline) << x << y << inside;
  };
  const char *square = "10,10 20,10 20,20 10,20", *reversed = "10,20 20,20 20,10 10,10";
  row("middle", square, 15, 15, true);
  row("middle, other way round", reversed, 15, 15, true);
  row("left", square, 9.999, 15, false);
  row("right", square, 20.001, 15, false);
  row("over", square, 15, 20.001, false);
  row("under", square, 15, 9.999, false);
  row("left edge", square, 10, 15, true);
  row("right edge", square, 20, 15, true);
  row("upper edge", square, 15, 20, true);
  row("lower edge", square, 15, 10, true);
  for (const auto &corner : {Vertex{10, 10}, Vertex{20, 10}, Vertex{20, 20}, Vertex{10, 20}}) {
    QTest::addRow("corner %g %g", corner.x, corner.y) << QString::fromLatin1(square) << corner.x << corner.y << true;
  }
  row("in line with an edge", square, 25, 20, false);
  row("in line with an edge, left", square, 5, 10, false);
  const char *cut = "0,0 10,0 10,10 5,2 0,10";
  row("notch", cut, 5, 5, false);
  row("beside the notch", cut, 1, 5, true);
  row("tip of the notch", cut, 5, 2, true);
  row("through a corner", cut, -1, 2, false);
  row("level with two corners", cut, 5, 10, false);
  // 3 * 0.1 is not 0.3: exact arithmetic would miss it.
  row("slanted edge", "0,0 1,3 -5,3", 0.1, 0.3, true);
  row("collinear corners", "0,0 5,0 10,0 10,10 0,10", 5, 0, true);
  row("even-odd", "0,0 10,0 10,10 2,10 2,2 8,2 8,8 0,8", 5, 5, false);
}

void GeometryTest::R1_21_polygons() {
  QFETCH(QString, outline);
  QFETCH(double, x);
  QFETCH(double, y);
  QFETCH(bool, inside);
  QCOMPARE(contains(polygon(outline), {x, y}), inside);
  QCOMPARE(Region(polygon(outline), Heights()).contains(x, y, 0), inside);
}

void GeometryTest::R1_21_everyEdgeIsInside() {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int round = 0; round < 500; ++round) {
    const Polygon outline = randomPolygon(random);
    const Region region(outline, Heights());
    for (size_t i = 0; i < outline.size(); ++i) {
      const Vertex &a = outline[i];
      const Vertex &b = outline[(i + 1) % outline.size()];
      const double t = unit(random);
      QVERIFY(region.contains(a.x, a.y, 0));
      QVERIFY(region.contains(a.x + t * (b.x - a.x), a.y + t * (b.y - a.y), 0));
    }
  }
}

void GeometryTest::R1_21_agreesWithBoostOnRandomPolygons() {
  std::mt19937 random(42);
  std::uniform_real_distribution<double> unit(-0.1, 1.1);
  int inside = 0;
  int compared = 0;
  for (int round = 0; round < 2000; ++round) {
    const Polygon outline = randomPolygon(random);
    const Region region(outline, Heights());
    const BoostPolygon boost = toBoost(outline);
    const Box box = boundsOf(outline);
    for (int i = 0; i < 50; ++i) {
      const Vertex at{box.lowest.x + unit(random) * (box.highest.x - box.lowest.x),
                      box.lowest.y + unit(random) * (box.highest.y - box.lowest.y)};
      // Nearer than rounding, both answers are right.
      if (distanceToOutline(outline, at) < 4 * edgeTolerance(at)) continue;
      const bool expected = bg::covered_by(BoostPoint(at.x, at.y), boost);
      QVERIFY2(region.contains(at.x, at.y, 0) == expected,
               qPrintable(QStringLiteral("round %1: (%2, %3)").arg(round).arg(at.x, 0, 'g', 17).arg(at.y, 0, 'g', 17)));
      inside += expected;
      ++compared;
    }
  }
  // The comparison is worth something only if both answers are common.
  QVERIFY2(compared > 90'000, qPrintable(QString::number(compared)));
  QVERIFY2(inside > compared / 5 && inside < compared * 4 / 5, qPrintable(QString::number(inside)));
}

void GeometryTest::R1_21_circles() {
  const Region circle(Circle{{3, 4}, 5}, Heights());
  QVERIFY(circle.contains(3, 4, 0));
  QVERIFY(circle.contains(0, 0, 0));
  QVERIFY(circle.contains(8, 4, 0));
  QVERIFY(circle.contains(-2, 4, 0));
  QVERIFY(circle.contains(3 + 5 * std::cos(1.0), 4 + 5 * std::sin(1.0), 0));
  QVERIFY(!circle.contains(8.00001, 4, 0));
  QVERIFY(!circle.contains(7.9, 8.9, 0));
}

void GeometryTest::R1_21_heights() {
  const Region region(polygon(QStringLiteral("0,0 10,0 10,10 0,10")), Heights{0, 3});
  QVERIFY(region.contains(5, 5, 0));
  QVERIFY(region.contains(5, 5, 3));
  QVERIFY(!region.contains(5, 5, 3.001));
  QVERIFY(!region.contains(5, 5, -0.001));
  QVERIFY(Region(Circle{{5, 5}, 1}, Heights()).contains(5, 5, 1e300));
}

void GeometryTest::area() {
  QCOMPARE(areaOf(polygon(QStringLiteral("0,0 10,0 10,5 5,5 5,10 0,10"))), 75.0);
  QCOMPARE(areaOf(polygon(QStringLiteral("0,10 5,10 5,5 10,5 10,0 0,0"))), 75.0);
  QCOMPARE(Region(Circle{{1, 1}, 2}, Heights()).area(), 4 * M_PI);
}

TAGWIRE_TEST(GeometryTest)

}  // namespace geometry_test

#include "geometry_test.moc"
