// SPDX-License-Identifier: Apache-2.0
#include <QJsonDocument>
#include <QtTest>

#include "omlox/hubplane.h"
#include "testprogram.h"

namespace omloxplane_test {

using namespace tagwire;
using namespace tagwire::rtls;

namespace {

/// x to the east, y to the north, in metres, from 8° E 50° N.
HubPlane earth() {
  return HubPlane(QStringLiteral("m"), *GeoReference::fit({{0, 0, {8, 50}}, {0, 1000, {8, 50.00899}}}));
}

QJsonValue parsed(const char *text) { return QJsonDocument::fromJson(text).object(); }

}  // namespace

/// Coordinates of clients and ours.
class OmloxPlaneTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void feetBecomeMetres();
  void localOnlyWithoutAGeoreference();
  void thereAndBack();
  void polygonsAndCircles();
  void wrongRegions_data();
  void wrongRegions();
  void course();
};

void OmloxPlaneTest::feetBecomeMetres() {
  const HubPlane plane(QStringLiteral("ft"), {});
  const QJsonArray metres = plane.coordinates(HubCrs::Local, Place{10, 100, -1});
  QCOMPARE(metres[0].toDouble(), 3.048);
  QCOMPARE(metres[1].toDouble(), 30.48);
  QCOMPARE(metres[2].toDouble(), -0.3048);
  const auto back = plane.place(HubCrs::Local, plane.point(HubCrs::Local, Place{10, 100, -1}), "position");
  QCOMPARE(back->x, 10.0);
  QCOMPARE(back->y, 100.0);
}

void OmloxPlaneTest::localOnlyWithoutAGeoreference() {
  const HubPlane plane(QStringLiteral("m"), {});
  QVERIFY(plane.crsOf(QStringLiteral("local")));
  QVERIFY(plane.crsOf(QString()).error().contains(QStringLiteral("(allowed: local)")));
  QVERIFY(!plane.crsOf(QStringLiteral("EPSG:4326")));
  QCOMPARE(*earth().crsOf(QString()), HubCrs::Wgs84);
  QVERIFY(earth().crsOf(QStringLiteral("EPSG:25832")).error().contains(QStringLiteral("allowed: local, EPSG:4326")));
}

void OmloxPlaneTest::thereAndBack() {
  const HubPlane plane = earth();
  const QJsonObject point = plane.point(HubCrs::Wgs84, {300, 500, 2});
  const QJsonArray numbers = point.value(QStringLiteral("coordinates")).toArray();
  QVERIFY(std::abs(numbers[0].toDouble() - 8.00418) < 0.0001);
  QVERIFY(std::abs(numbers[1].toDouble() - 50.0045) < 0.0001);
  const auto back = plane.place(HubCrs::Wgs84, point, "position");
  QVERIFY(std::abs(back->x - 300) < 0.001 && std::abs(back->y - 500) < 0.001 && back->z == 2);
}

void OmloxPlaneTest::polygonsAndCircles() {
  const HubPlane plane(QStringLiteral("ft"), {});
  const Region square(Polygon{{0, 0}, {10, 0}, {10, 10}, {0, 10}}, {5, 15});
  const QJsonObject json = plane.region(HubCrs::Local, square);
  const auto same = plane.region(HubCrs::Local, json, 0, plane.toMetres(10));
  QVERIFY2(same.has_value(), qPrintable(same ? QString() : same.error()));
  QCOMPARE(std::get<Polygon>(same->shape()).size(), size_t(4));
  QVERIFY(same->contains(5, 5, 5) && same->contains(5, 5, 14.99) && !same->contains(5, 5, 16));
  QVERIFY(!same->contains(5, 5, 4) && !same->contains(11, 5, 10));
  const Region ring(Polygon{{0, 0}, {10, 0}, {10, 10}, {0, 10}}, {}, {{{2, 2}, {8, 2}, {8, 8}, {2, 8}}});
  const auto sameRing = plane.region(HubCrs::Local, plane.region(HubCrs::Local, ring), 0, std::nullopt);
  QVERIFY2(sameRing.has_value(), qPrintable(sameRing ? QString() : sameRing.error()));
  QVERIFY(sameRing->contains(1, 1, 0) && !sameRing->contains(5, 5, 0));
  const Region round(Circle{{10, 10}, 5}, {});
  const auto circle = plane.region(HubCrs::Local, plane.region(HubCrs::Local, round), plane.toMetres(5), std::nullopt);
  QVERIFY(circle->contains(14.9, 10, 1000) && !circle->contains(15.1, 10, 0));
}

void OmloxPlaneTest::wrongRegions_data() {
  QTest::addColumn<QByteArray>("json");
  QTest::addColumn<QString>("says");
  const auto row = [](const char *text, const char *says) {
    QTest::newRow(says) << QByteArray(text) << QString::fromLatin1(says);
  };
  row("{}", "region is wrong or missing");
  row("{\"type\":\"Point\",\"coordinates\":[1,2]}", "radius is wrong or missing");
  row("{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[0,0]]]}", "a ring has 4 to 1000 positions");
  row("{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[1,1],[0,1]]]}", "ends where it began");
  row("{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,\"x\"],[1,1],[0,0]]]}", "position 1 is no");
  row("{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}", "cross");
  row("{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[9,0],[9,9],[0,0]],[[8,1],[20,1],[20,2],[8,1]]]}", "region: ");
}

void OmloxPlaneTest::wrongRegions() {
  QFETCH(QByteArray, json);
  QFETCH(QString, says);
  const auto region = HubPlane(QStringLiteral("m"), {}).region(HubCrs::Local, parsed(json.constData()), 0, {});
  QVERIFY(!region);
  QVERIFY2(region.error().contains(says), qPrintable(region.error()));
}

void OmloxPlaneTest::course() {
  const HubPlane flat(QStringLiteral("m"), {});
  QCOMPARE(flat.course({0, 0, 0}, {0, 1, 0}), 0.0);
  QCOMPARE(flat.course({0, 0, 0}, {1, 0, 0}), 90.0);
  QCOMPARE(flat.course({0, 0, 0}, {-1, 0, 0}), 270.0);
  // Where y is east, north is -x.
  const HubPlane turned(QStringLiteral("m"), *GeoReference::fit({{0, 0, {8, 50}}, {0, 1000, {8.01397, 50}}}));
  QVERIFY(std::abs(turned.course({0, 0, 0}, {0, 1, 0}) - 90) < 0.1);
}

TAGWIRE_TEST(OmloxPlaneTest)

}  // namespace omloxplane_test

#include "omloxplane_test.moc"
