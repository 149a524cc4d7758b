// SPDX-License-Identifier: Apache-2.0
#include "omloxfixture.h"
#include "testprogram.h"

namespace omloxplaces_test {

using namespace tagwire;
using namespace tagwire::rtls;

namespace {

const QString wgs84 = QStringLiteral("EPSG:4326");
const QString local = QStringLiteral("local");

QString zoneId(int number) { return hubId(QStringLiteral("uwb"), "zone", QString::number(number)); }
QString trackableId(const char *tag) { return hubId(QStringLiteral("uwb"), "trackable", QString::fromLatin1(tag)); }
QString zoneFence(int number) { return hubId(QStringLiteral("uwb"), "fence", QStringLiteral("zone/%1").arg(number)); }

QStringList texts(const QJsonArray &array) {
  QStringList list;
  for (const QJsonValue &each : array) list << each.toString();
  list.sort();
  return list;
}

QString idOf(const HubAnswer &answer) { return QJsonDocument::fromJson(answer.json)[u"id"].toString(); }

}  // namespace

/// The hub's REST API as far as it depends on coordinates, permissions and other instances.
class OmloxPlacesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void proximityPutsItAtTheZone();
  void forgottenLocations();
  void severalAtOnce();
  void georeferenced();
  void zonesWithCoordinatesOfTheirOwn();
  void permissionsOfTags();
  void severalInstancesAreOneHub();
  void stoppedAnswersAnError();
};

void OmloxPlacesTest::proximityPutsItAtTheZone() {
  OmloxFixture fixture;
  const HubAnswer zone = fixture.ask("POST", QStringLiteral("zones"),
                                     "{\"type\":\"rfid\",\"foreign_id\":\"door\",\"radius\":2,\"crs\":\"local\","
                                     "\"position\":{\"type\":\"Point\",\"coordinates\":[3.048,6.096]}}");
  QCOMPARE(zone.status, 201);
  const auto near = [&](const char *source) {
    return fixture.ask(
        "PUT", QStringLiteral("providers/SIM1/proximity"),
        QByteArray("{\"source\":\"") + source + "\",\"provider_type\":\"rfid\",\"provider_id\":\"SIM1\"}");
  };
  QCOMPARE(near("door").status, 204);
  const QJsonObject at = fixture.object(QStringLiteral("providers/SIM1/location"));
  QCOMPARE(at.value(QStringLiteral("position")), json("{\"type\":\"Point\",\"coordinates\":[3.048,6.096,0]}"));
  QCOMPARE(at.value(QStringLiteral("accuracy")).toDouble(), 2.0);
  QCOMPARE(at.value(QStringLiteral("provider_type")).toString(), QStringLiteral("rfid"));
  QCOMPARE(near("418").status, 204);
  const QJsonObject inGate = fixture.object(QStringLiteral("providers/SIM1/location"));
  QVERIFY(std::abs(QJsonValue(inGate)[u"position"][u"coordinates"][0].toDouble() - 4.572) < 1e-6);
  QCOMPARE(near("window").status, 400);
  QCOMPARE(fixture.object(QStringLiteral("zones/%1/createfence").arg(idOf(zone))).value(QStringLiteral("radius")),
           QJsonValue(2));
}

void OmloxPlacesTest::forgottenLocations() {
  OmloxFixture fixture;
  fixture.fix("SIM1", 15, 15);
  fixture.fix("SIM2", 15, 15);
  QCOMPARE(fixture.ask("DELETE", QStringLiteral("providers/SIM1/location")).status, 204);
  QCOMPARE(fixture.ask("GET", QStringLiteral("providers/SIM1/location"), {}, local).status, 404);
  QCOMPARE(fixture.list(QStringLiteral("providers/locations")).size(), 1);
  QCOMPARE(texts(fixture.list(QStringLiteral("fences/") + zoneFence(418) + QStringLiteral("/trackables"))),
           QStringList{trackableId("SIM2")});
  QCOMPARE(fixture.ask("DELETE", QStringLiteral("providers/locations")).status, 204);
  QCOMPARE(fixture.list(QStringLiteral("providers/locations")).size(), 0);
  QCOMPARE(fixture.ask("DELETE", QStringLiteral("providers/SIM1/location")).status, 204);
}

void OmloxPlacesTest::severalAtOnce() {
  OmloxFixture fixture;
  const QByteArray good = location("SIM1", 1, 1) + ',' + location("SIM2", 2, 2);
  QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/locations"), '[' + good + ']').status, 204);
  QCOMPARE(fixture.list(QStringLiteral("providers/locations")).size(), 2);
  const HubAnswer answer =
      fixture.ask("PUT", QStringLiteral("providers/locations"), '[' + location("SIM1", 1, 1) + ",{}]");
  QCOMPARE(answer.status, 400);
  QVERIFY(OmloxFixture::message(answer).startsWith(QStringLiteral("[1]: position is missing")));
  QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/locations"), "{}").status, 400);
  QCOMPARE(fixture
               .ask("PUT", QStringLiteral("providers/proximities"),
                    "[{\"source\":\"418\",\"provider_type\":\"ibeacon\",\"provider_id\":\"SIM1\"}]")
               .status,
           204);
}

void OmloxPlacesTest::georeferenced() {
  OmloxFixture fixture(yard);
  QCOMPARE(
      fixture.ask("PUT", QStringLiteral("providers/AA/location"), location("AA", 8.00418, 50.004495, "\"floor\":0"))
          .status,
      204);
  const QJsonObject here = fixture.object(QStringLiteral("providers/AA/location"));
  QVERIFY(std::abs(QJsonValue(here)[u"position"][u"coordinates"][0].toDouble() - 300) < 1);
  QVERIFY(std::abs(QJsonValue(here)[u"position"][u"coordinates"][1].toDouble() - 500) < 1);
  const QJsonObject there = fixture.object(QStringLiteral("providers/AA/location"), {});
  QCOMPARE(there.value(QStringLiteral("crs")).toString(), wgs84);
  QVERIFY(std::abs(QJsonValue(there)[u"position"][u"coordinates"][0].toDouble() - 8.00418) < 1e-7);

  const QJsonObject zone = fixture.object(QStringLiteral("zones/") + zoneId(1));
  QCOMPARE(zone.value(QStringLiteral("ground_control_points")).toArray().size(), 3);
  const HubAnswer moved = fixture.ask("PUT", QStringLiteral("zones/%1/transform").arg(zoneId(1)),
                                      "{\"position\":{\"type\":\"Point\",\"coordinates\":[0,0]},\"crs\":\"local\"}");
  const QJsonObject transformed = QJsonDocument::fromJson(moved.json).object();
  QCOMPARE(transformed.value(QStringLiteral("crs")).toString(), wgs84);
  QVERIFY(std::abs(QJsonValue(transformed)[u"position"][u"coordinates"][0].toDouble() - 8) < 1e-9);
  QCOMPARE(fixture.ask("PUT", QStringLiteral("zones/%1/transform").arg(zoneId(1)), "{}").status, 400);

  const HubAnswer fence =
      fixture.ask("POST", QStringLiteral("fences"),
                  "{\"region\":{\"type\":\"Point\",\"coordinates\":[8.00418,50.004495]},\"radius\":5}");
  QCOMPARE(fence.status, 201);
  QCOMPARE(
      fixture.ask("PUT", QStringLiteral("providers/AA/location"), location("AA", 8.00418, 50.004495, "\"floor\":0"))
          .status,
      204);
  QCOMPARE(fixture.list(QStringLiteral("fences/%1/trackables").arg(idOf(fence))).size(), 1);
}

void OmloxPlacesTest::zonesWithCoordinatesOfTheirOwn() {
  OmloxFixture fixture(yard);
  // Its origin lies where the yard has x 300, y 500; its x axis points north.
  const auto pair = [&](double x, double y, const char *own) {
    const QByteArray body = "{\"position\":{\"type\":\"Point\",\"coordinates\":[" + QByteArray::number(x) + ',' +
                            QByteArray::number(y) + "]},\"crs\":\"local\"}";
    const HubAnswer answer = fixture.ask("PUT", QStringLiteral("zones/%1/transform").arg(zoneId(1)), body);
    const QJsonObject point = QJsonDocument::fromJson(answer.json)[u"position"].toObject();
    return "{\"wgs84\":" + QJsonDocument(point).toJson(QJsonDocument::Compact) +
           ",\"local\":{\"type\":\"Point\",\"coordinates\":" + own + "}}";
  };
  const QByteArray points = '[' + pair(300, 500, "[0,0]") + ',' + pair(300, 600, "[100,0]") + ']';
  const HubAnswer zone =
      fixture.ask("POST", QStringLiteral("zones"),
                  "{\"type\":\"uwb\",\"foreign_id\":\"tent\",\"ground_control_points\":" + points + '}');
  QVERIFY2(zone.status == 201, zone.json.constData());
  QCOMPARE(
      fixture.ask("PUT", QStringLiteral("providers/AA/location"), location("AA", 10, 0, "\"crs\":\"local\"", "tent"))
          .status,
      204);
  const QJsonObject here = fixture.object(QStringLiteral("providers/AA/location"));
  QVERIFY(std::abs(QJsonValue(here)[u"position"][u"coordinates"][0].toDouble() - 300) < 0.01);
  QVERIFY(std::abs(QJsonValue(here)[u"position"][u"coordinates"][1].toDouble() - 510) < 0.01);
}

void OmloxPlacesTest::permissionsOfTags() {
  OmloxFixture fixture;
  fixture.fix("SIM1", 15, 15);
  fixture.fix("SIM2", 15, 15);
  fixture.permissions = *Permissions::fromTexts({QStringLiteral("positions:SIM2:read")});
  QCOMPARE(texts(fixture.list(QStringLiteral("trackables"))), QStringList{trackableId("SIM2")});
  QCOMPARE(texts(fixture.list(QStringLiteral("providers"))), QStringList{QStringLiteral("SIM2")});
  QCOMPARE(fixture.list(QStringLiteral("providers/locations")).size(), 1);
  QCOMPARE(fixture.list(QStringLiteral("trackables/motions")).size(), 1);
  QCOMPARE(texts(fixture.list(QStringLiteral("fences/") + zoneFence(418) + QStringLiteral("/trackables"))),
           QStringList{trackableId("SIM2")});
  // What may not be seen is as if it were not there.
  const HubAnswer hidden = fixture.ask("GET", QStringLiteral("providers/SIM1"));
  const HubAnswer absent = fixture.ask("GET", QStringLiteral("providers/SIM9"));
  QCOMPARE(hidden.status, 404);
  QCOMPARE(QByteArray(hidden.json).replace("SIM1", "SIM9"), absent.json);
  QCOMPARE(fixture.ask("GET", QStringLiteral("trackables/%1/location").arg(trackableId("SIM1")), {}, local).status,
           404);
  QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/SIM2/location"), location("SIM2", 1, 1)).status, 403);
  fixture.permissions = *Permissions::fromTexts({QStringLiteral("positions:SIM1:write")});
  QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/SIM1/location"), location("SIM1", 1, 1)).status, 204);
  QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/SIM2/location"), location("SIM2", 1, 1)).status, 403);
  QCOMPARE(fixture.ask("DELETE", QStringLiteral("providers/locations")).status, 204);
  fixture.permissions = *Permissions::fromTexts({QStringLiteral("*:*")});
  QCOMPARE(fixture.list(QStringLiteral("providers/locations")).size(), 1);
}

void OmloxPlacesTest::severalInstancesAreOneHub() {
  OmloxFixture fixture;
  OmloxContext shared(QStringLiteral("yard"), &fixture.context);
  fixture.start(yard, &shared);
  QCOMPARE(fixture.list(QStringLiteral("zones")).size(), 3);
  const QString other = hubId(QStringLiteral("yard"), "zone", QStringLiteral("1"));
  QCOMPARE(fixture.object(QStringLiteral("zones/") + other).value(QStringLiteral("name")).toString(),
           QStringLiteral("Yard"));
  // An unknown provider goes where its zone is.
  QCOMPARE(fixture
               .ask("PUT", QStringLiteral("providers/AA/location"),
                    location("AA", 5, 5, "\"crs\":\"local\"", other.toLatin1().constData()))
               .status,
           204);
  QVERIFY(shared.points().find(QStringLiteral("yard/tag/AA/position")) != PointId::None);
  const HubAnswer made =
      fixture.ask("POST", QStringLiteral("zones"), "{\"type\":\"uwb\",\"properties\":{\"instance\":\"yard\"}}");
  QCOMPARE(made.status, 201);
  QTRY_VERIFY(QFile::exists(shared.dataDir() + QStringLiteral("/omlox-yard.json")));
  QVERIFY(!QFile::exists(fixture.context.dataDir() + QStringLiteral("/omlox-uwb.json")));
  QCOMPARE(fixture.ask("DELETE", QStringLiteral("zones/") + idOf(made)).status, 204);
  fixture.instances.pop_back();
  QCOMPARE(fixture.list(QStringLiteral("zones")).size(), 2);
}

void OmloxPlacesTest::stoppedAnswersAnError() {
  OmloxFixture fixture;
  fixture.instances.front()->stop();
  QCOMPARE(fixture.ask("GET", QStringLiteral("zones")).status, 599);
  fixture.instances.front()->start();
  QCOMPARE(fixture.ask("GET", QStringLiteral("zones")).status, 200);
}

TAGWIRE_TEST(OmloxPlacesTest)

}  // namespace omloxplaces_test

#include "omloxplaces_test.moc"
