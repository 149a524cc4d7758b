// SPDX-License-Identifier: Apache-2.0
#include "zonesjson.h"

#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>

#include "makemodel.h"
#include "testprogram.h"

namespace zonesjson_test {

using namespace tagwire;
using namespace tagwire::rtls;

namespace {

/// An instance with one zone and these further keys.
QByteArray withZone(const QByteArray &zoneKeys, const QByteArray &keys = {}, const QByteArray &manager = "M") {
  return "{\"managers\":[\"" + manager + "\"],\"zones\":[{\"id\":7,\"name\":\"Hall\"," + zoneKeys + "}]" + keys + "}";
}

const QByteArray square = "\"polygon\":[[0,0],[10,0],[10,10],[0,10]]";

/// As UTM counts: east 500 km, north 5,500 km.
const QByteArray utm =
    ",\"georeference\":{\"points\":[{\"local\":[500000,5500000],\"wgs84\":[9,49.65]},"
    "{\"local\":[500100,5500000],\"wgs84\":[9.001385,49.65]}]}";

QByteArray planOf(const QString &image) {
  return square + ",\"plan\":{\"image\":\"" + image.toUtf8() + "\",\"scale\":1,\"origin\":[0,0]}";
}

QJsonObject firstZone(const QJsonObject &json) {
  return json.value(QStringLiteral("zones")).toArray().at(0).toObject();
}

}  // namespace

class ZonesJsonTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void planUrlNamesTheManager();
  void aPlanThatIsNotThereIsNone();
  void originIsTheMiddleOfTheControlPoints();
  void aZoneFarFromTheControlPointsIsWarnedOf_data();
  void aZoneFarFromTheControlPointsIsWarnedOf();
};

void ZonesJsonTest::planUrlNamesTheManager() {
  QTemporaryDir folder;
  QFile file(folder.filePath(QStringLiteral("hall.png")));
  QVERIFY(file.open(QIODevice::WriteOnly));
  const QJsonObject plan = firstZone(zonesJson(*makeModel(withZone(planOf(file.fileName()), {}, "Plant-2"))))
                               .value(QStringLiteral("plan"))
                               .toObject();
  QCOMPARE(plan.value(QStringLiteral("url")).toString(), QStringLiteral("/api/v1/rtls/zones/7/plan?manager=Plant-2"));
  QCOMPARE(plan.value(QStringLiteral("scale")).toDouble(), 1.0);
}

void ZonesJsonTest::aPlanThatIsNotThereIsNone() {
  QString said;
  const auto model = makeModel(withZone(planOf(QStringLiteral("/nowhere/hall.png"))), &said);
  QVERIFY2(said.contains(QStringLiteral("there is no file /nowhere/hall.png to read; the zone has no plan")),
           qPrintable(said));
  QVERIFY(model);
  QVERIFY(!model->zones.front().plan);
  QVERIFY(!firstZone(zonesJson(*model)).contains(QStringLiteral("plan")));
}

void ZonesJsonTest::originIsTheMiddleOfTheControlPoints() {
  const QJsonObject json =
      zonesJson(*makeModel(withZone("\"polygon\":[[500000,5500000],[500100,5500000],[500100,5500100]]", utm)))
          .value(QStringLiteral("georeference"))
          .toObject();
  QCOMPARE(json.value(QStringLiteral("origin")).toArray(), (QJsonArray{500050, 5500000}));
  const QJsonArray place = json.value(QStringLiteral("origin_wgs84")).toArray();
  QVERIFY(std::abs(place.at(0).toDouble() - 9.0006925) < 1e-6);
  QVERIFY(std::abs(place.at(1).toDouble() - 49.65) < 1e-6);
}

void ZonesJsonTest::aZoneFarFromTheControlPointsIsWarnedOf_data() {
  QTest::addColumn<QByteArray>("zone");
  QTest::addColumn<int>("kilometres");
  QTest::newRow("there") << QByteArray("\"polygon\":[[500000,5500000],[500100,5500000],[500100,5500100]]") << 0;
  QTest::newRow("just near") << QByteArray("\"polygon\":[[500000,5500000],[599000,5500000],[500100,5500100]]") << 0;
  QTest::newRow("a corner") << QByteArray("\"polygon\":[[500000,5500000],[650050,5500000],[500100,5500100]]") << 150;
  QTest::newRow("at 0, 0") << square << 5523;
  QTest::newRow("wide circle") << QByteArray("\"circle\":{\"center\":[500050,5500000],\"radius\":95000}") << 0;
  QTest::newRow("wider circle") << QByteArray("\"circle\":{\"center\":[500050,5500000],\"radius\":120000}") << 120;
}

void ZonesJsonTest::aZoneFarFromTheControlPointsIsWarnedOf() {
  QFETCH(QByteArray, zone);
  QFETCH(int, kilometres);
  QString said;
  QVERIFY(makeModel(withZone(zone, utm), &said));
  if (kilometres == 0) {
    QCOMPARE(said, QString());
    return;
  }
  const QRegularExpression text(
      QStringLiteral("warning: config\\.zones\\[0\\]: zone \"Hall\" is up to (\\d+) km from the control points, "
                     ".*\\(expected: up to 100 km\\)"));
  const QRegularExpressionMatch match = text.match(said);
  QVERIFY2(match.hasMatch(), qPrintable(said));
  QVERIFY2(std::abs(match.captured(1).toInt() - kilometres) <= 0.005 * kilometres, qPrintable(said));
}

TAGWIRE_TEST(ZonesJsonTest)

}  // namespace zonesjson_test

#include "zonesjson_test.moc"
