// SPDX-License-Identifier: Apache-2.0
#include "georeference.h"

#include <QtTest>
#include <cmath>
#include "testprogram.h"

namespace georeference_test {

using namespace tagwire;
using namespace tagwire::rtls;

class GeoReferenceTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void twoPointsFit();
  void knownDistances();
  void bothWaysUndoEachOther_data();
  void bothWaysUndoEachOther();
  void residualTellsAWrongPoint();
  void refusals_data();
  void refusals();
};

void GeoReferenceTest::twoPointsFit() {
  // x goes north here: a plane turned by 90 degrees. A minute of arc of the equator is 1855.3248 m.
  const auto made = GeoReference::fit({{0, 0, {10, 0}}, {1000, 0, {10, 1 / 60.0}}});
  QVERIFY(made);
  QVERIFY(made->residual() < 1e-6);
  // A minute of latitude at the equator is 1842.90 m.
  QVERIFY(std::abs(made->metresPerUnit() - 1.84290) < 1e-4);
  const Wgs84 west = made->toWgs84(0, 1000);
  QVERIFY(std::abs(west.latitude) < 1e-6);
  QVERIFY(std::abs((10 - west.longitude) * 60 - 1842.90 / 1855.3248) < 1e-4);
}

void GeoReferenceTest::knownDistances() {
  // Paris to a place 1000 m due east of it along the geodesic, by an independent sphere: good to 0.4 %.
  const Wgs84 paris{2.3522, 48.8566};
  const double degree = 1000 / (6'371'000 * std::cos(paris.latitude * M_PI / 180)) * 180 / M_PI;
  const auto made = GeoReference::fit({{0, 0, paris}, {1000, 0, {paris.longitude + degree, paris.latitude}}});
  QVERIFY(made);
  QVERIFY(std::abs(made->metresPerUnit() - 1) < 0.004);
  QVERIFY(made->toWgs84(0, 500).latitude > paris.latitude);
  QCOMPARE(made->centre(), QPointF(500, 0));
  QVERIFY(std::abs(made->distanceOf(500, 100'000) / 100'000 - 1) < 0.004);
}

void GeoReferenceTest::bothWaysUndoEachOther_data() {
  QTest::addColumn<double>("longitude");
  QTest::addColumn<double>("latitude");
  QTest::newRow("middle") << 8.5 << 47.4;
  QTest::newRow("south west") << -70.6 << -33.4;
  QTest::newRow("on the date line") << 179.9995 << -17.0;
  QTest::newRow("near a pole") << 15.0 << 89.99;
  QTest::newRow("null island") << 0.0 << 0.0;
}

void GeoReferenceTest::bothWaysUndoEachOther() {
  QFETCH(double, longitude);
  QFETCH(double, latitude);
  const auto wrapped = [](double degrees) { return degrees > 180 ? degrees - 360 : degrees; };
  const auto made = GeoReference::fit({{0, 0, {longitude, latitude}},
                                       {100, 0, {wrapped(longitude + 0.001), latitude}},
                                       {100, 60, {wrapped(longitude + 0.001), latitude + 0.0005}}});
  QVERIFY2(made, made ? "" : qPrintable(made.error()));
  for (const QPointF point : {QPointF(0, 0), QPointF(33.25, -12.5), QPointF(-500, 900), QPointF(40'000, 30'000)}) {
    const QPointF back = made->toLocal(made->toWgs84(point.x(), point.y()));
    QVERIFY(std::hypot(back.x() - point.x(), back.y() - point.y()) < 1e-6);
  }
}

void GeoReferenceTest::residualTellsAWrongPoint() {
  const auto place = [](double x, double y) { return Wgs84{x / 111'319.49, y / 110'574.28}; };
  std::vector<GeoReference::ControlPoint> points{
      {0, 0, place(0, 0)}, {100, 0, place(100, 0)}, {100, 50, place(100, 50)}, {0, 50, place(0, 50)}};
  const auto good = GeoReference::fit(points);
  QVERIFY(good);
  QVERIFY(good->residual() < 0.001);
  QVERIFY(std::abs(good->metresPerUnit() - 1) < 1e-5);
  points[2].wgs84 = place(108, 50);
  const auto bad = GeoReference::fit(points);
  QVERIFY(bad);
  QVERIFY(bad->residual() > 2 && bad->residual() < 8);
}

void GeoReferenceTest::refusals_data() {
  using Points = std::vector<GeoReference::ControlPoint>;
  QTest::addColumn<Points>("points");
  QTest::addColumn<QString>("error");
  QTest::newRow("one") << Points{{0, 0, {8, 47}}} << "two control points are due, better three";
  QTest::newRow("same local") << Points{{1, 2, {8, 47}}, {0, 0, {8, 47.1}}, {1, 2, {8, 47.2}}}
                              << "points 0 and 2 have the same local position";
  QTest::newRow("same place") << Points{{1, 2, {8, 47}}, {3, 4, {8, 47}}}
                              << "points 0 and 1 have the same place on earth";
  QTest::newRow("the date line is one place")
      << Points{{1, 2, {180, 47}}, {3, 4, {-180, 47}}} << "points 0 and 1 have the same place on earth";
  QTest::newRow("swapped") << Points{{1, 2, {47, 120}}, {3, 4, {8, 47}}}
                           << "point 0: latitude 120 is out of range (allowed: -90 to 90; it stands second)";
  QTest::newRow("longitude") << Points{{1, 2, {8, 47}}, {3, 4, {200, 47}}}
                             << "point 1: longitude 200 is out of range (allowed: -180 to 180; it stands first)";
  QTest::newRow("nan") << Points{{1, 2, {8, 47}}, {3, 4, {std::nan(""), 47}}}
                       << "point 1: longitude nan is out of range (allowed: -180 to 180; it stands first)";
  QTest::newRow("far") << Points{{0, 0, {8, 47}}, {1, 0, {8, 48}}}
                       << "points 0 and 1 are 111.2 km apart (allowed: 100)";
}

void GeoReferenceTest::refusals() {
  QFETCH(std::vector<GeoReference::ControlPoint>, points);
  QFETCH(QString, error);
  const auto made = GeoReference::fit(points);
  QVERIFY(!made);
  QCOMPARE(made.error(), error);
}

TAGWIRE_TEST(GeoReferenceTest)

}  // namespace georeference_test

#include "georeference_test.moc"
