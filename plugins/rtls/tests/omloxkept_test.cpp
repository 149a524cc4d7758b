// SPDX-License-Identifier: Apache-2.0
#include "omloxfixture.h"
#include "testprogram.h"

namespace omloxkept_test {

using namespace tagwire;
using namespace tagwire::rtls;

namespace {

const QString trackables = QStringLiteral("trackables");
const QString providers = QStringLiteral("providers");
const QString zones = QStringLiteral("zones");
const QString fences = QStringLiteral("fences");

QString idOf(const HubAnswer &answer) { return QJsonDocument::fromJson(answer.json)[u"id"].toString(); }

QByteArray fenceOf(const QString &zone) {
  return "{\"region\":{\"type\":\"Point\",\"coordinates\":[5,5]},\"radius\":2,\"crs\":\"local\",\"zone_id\":\"" +
         zone.toLatin1() + "\"}";
}

QByteArray cart(const char *provider) {
  return QByteArray("{\"type\":\"omlox\",\"location_providers\":[\"") + provider + "\"]}";
}

}  // namespace

/// What clients make, where it meets what others have: files with doubled objects, several instances, heights.
class OmloxKeptTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void doubledObjectsAreSetAside_data();
  void doubledObjectsAreSetAside();
  void allIsDeletedOrNothing();
  void heightsAboveTheEllipsoid();
  void heightsOfFences();
  void roomForTrackables();
  void staysAreReadAsWritten();
};

void OmloxKeptTest::doubledObjectsAreSetAside_data() {
  QTest::addColumn<QByteArray>("first");
  QTest::addColumn<QByteArray>("second");
  QTest::addColumn<QString>("says");
  const QByteArray id = "\"id\":\"11111111-1111-4111-8111-111111111111\"";
  const QByteArray other = "\"id\":\"22222222-2222-4222-8222-222222222222\"";
  const QByteArray own = "{\"version\":1,\"zones\":[{\"type\":\"uwb\"," + id +
                         "}],\"trackables\":[{\"type\":\"omlox\"," + id + ",\"location_providers\":[\"P1\"]}]}";
  const auto zone = "{\"version\":1,\"zones\":[{\"type\":\"wifi\",\"ground_control_points\":null," + id +
                    "},{\"type\":\"uwb\"," + other + "}]}";
  QTest::newRow("an id") << own << QByteArray(zone).replace("wifi", "uwb")
                         << QStringLiteral("zones \"1111.*id \".*is taken");
  const QByteArray cartOf = "{\"version\":1,\"zones\":[{\"type\":\"uwb\"," + other +
                            "}],\"trackables\":[{\"type\":"
                            "\"omlox\",\"id\":\"33333333-3333-4333-8333-333333333333\",\"location_providers\":[\"";
  QTest::newRow("a provider") << own << cartOf + "P1\"]}]}"
                              << QStringLiteral("trackables \"3333.*\"P1\" belongs to another");
  QTest::newRow("a tag of the other's manifest")
      << own << cartOf + "SIM1\"]}]}" << QStringLiteral("trackables \"3333.*\"SIM1\" belongs to another");
  const QString listed = hubId(QStringLiteral("hall"), "trackable", QStringLiteral("SIM1"));
  QTest::newRow("an id of the other's manifest")
      << own
      << "{\"version\":1,\"zones\":[{\"type\":\"uwb\"," + other + "}],\"trackables\":[{\"type\":\"omlox\",\"id\":\"" +
             listed.toLatin1() + "\"}]}"
      << QStringLiteral("trackables \".*is taken");
  QTest::newRow("within one file") << QByteArray()
                                   << "{\"version\":1,\"zones\":[{\"type\":\"uwb\"," + other + "},{\"type\":\"uwb\"," +
                                          other + "}]}"
                                   << QStringLiteral("zones \"2222.*id \".*is taken");
}

/// Of two files that hold the same, as when one was copied; and what the other's manifest has, running or not.
void OmloxKeptTest::doubledObjectsAreSetAside() {
  QFETCH(QByteArray, first);
  QFETCH(QByteArray, second);
  QFETCH(QString, says);
  TwoInstances fixture(hall, "hall", hall);
  fixture.instances.clear();
  const auto write = [](const QString &path, const QByteArray &content) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate) && file.write(content) == content.size());
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner));
  };
  if (!first.isEmpty()) write(fixture.shared.dataDir() + QStringLiteral("/omlox-hall.json"), first);
  write(fixture.context.dataDir() + QStringLiteral("/omlox-uwb.json"), second);
  fixture.start(hall, &fixture.shared);
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(says));
  fixture.start(hall);
  const QByteArray ids = fixture.ask("GET", zones).json;
  QCOMPARE(ids.count("22222222-"), 1);
  QCOMPARE(ids.count("11111111-"), first.isEmpty() ? 0 : 1);
  QCOMPARE(fixture.ask("GET", trackables).json.count("33333333-"), 0);
}

/// Of all instances together.
void OmloxKeptTest::allIsDeletedOrNothing() {
  TwoInstances fixture(hall, "yard", yard);
  const QString first = idOf(fixture.ask("POST", zones, "{\"type\":\"uwb\"}"));
  const QByteArray body = "{\"type\":\"uwb\",\"foreign_id\":\"AP\",\"properties\":{\"instance\":\"yard\"}}";
  QCOMPARE(fixture.ask("POST", zones, body).status, 201);
  QByteArray fence = fenceOf(QStringLiteral("AP"));
  fence.chop(1);
  const HubAnswer made = fixture.ask("POST", fences, fence + ",\"properties\":{\"instance\":\"yard\"}}");
  QCOMPARE(made.status, 201);
  const HubAnswer refused = fixture.ask("DELETE", zones);
  QCOMPARE(refused.status, 400);
  QVERIFY(OmloxFixture::message(refused).contains(idOf(made)));
  QCOMPARE(fixture.ask("GET", zones + u'/' + first).status, 200);
  QCOMPARE(fixture.ask("DELETE", fences).status, 204);
  QCOMPARE(fixture.ask("DELETE", zones).status, 204);
  QCOMPARE(fixture.ask("GET", zones + u'/' + first).status, 404);
}

void OmloxKeptTest::heightsAboveTheEllipsoid() {
  OmloxFixture fixture(yard);
  QCOMPARE(fixture.ask("POST", zones, "{\"type\":\"uwb\",\"foreign_id\":\"hill\",\"wgs84_height\":150}").status, 201);
  const auto send = [&](const char *source, const char *position) {
    return fixture.ask("PUT", providers + QStringLiteral("/A/location"),
                       QByteArray("{\"position\":{\"type\":\"Point\",\"coordinates\":") + position + "},\"source\":\"" +
                           source + "\",\"provider_type\":\"gps\",\"provider_id\":\"A\",\"elevation_ref\":\"wgs84\"}");
  };
  const auto height = [&] {
    const QJsonObject at = fixture.object(providers + QStringLiteral("/A/location"));
    return at[u"position"][u"coordinates"][2].toDouble(-1);
  };
  QCOMPARE(send("hill", "[8.001,50.001,152.5]").status, 204);
  QCOMPARE(height(), 2.5);
  QCOMPARE(fixture.object(providers + QStringLiteral("/A/location")).value(QStringLiteral("elevation_ref")).toString(),
           QStringLiteral("floor"));
  QCOMPARE(send("hill", "[8.001,50.001]").status, 204);
  QCOMPARE(height(), 0.0);
  for (const char *source : {"1", "nowhere"}) {
    const HubAnswer answer = send(source, "[8.001,50.001,152.5]");
    QCOMPARE(answer.status, 400);
    QVERIFY(OmloxFixture::message(answer).contains(QStringLiteral("source is no zone with a wgs84_height")));
  }
}

void OmloxKeptTest::heightsOfFences() {
  OmloxFixture fixture(yard);
  const HubAnswer zone = fixture.ask("POST", zones, "{\"type\":\"uwb\",\"foreign_id\":\"hill\",\"wgs84_height\":150}");
  const QByteArray body =
      "{\"region\":{\"type\":\"Polygon\",\"coordinates\":[[[8,50,152],[8.001,50,152],[8.001,50.001,152],"
      "[8,50.001,152],[8,50,152]]]},\"extrusion\":3,\"elevation_ref\":\"wgs84\",\"zone_id\":\"hill\"}";
  QVERIFY(OmloxFixture::message(fixture.ask("POST", fences, QByteArray(body).replace("hill", "1")))
              .contains(QStringLiteral("zone_id is no zone with a wgs84_height")));
  const HubAnswer made = fixture.ask("POST", fences, body);
  QCOMPARE(made.status, 201);
  const auto inside = [&](double z) {
    fixture.fix("A", 20, 20, z);
    return fixture.list(fences + u'/' + idOf(made) + QStringLiteral("/trackables")).size();
  };
  QCOMPARE(inside(1), 0);
  QCOMPARE(inside(3), 1);
  QCOMPARE(inside(5.5), 0);
  // As high as nobody knows it could not be read any more.
  const HubAnswer lower = fixture.ask("PUT", zones + u'/' + idOf(zone), "{\"type\":\"uwb\",\"foreign_id\":\"hill\"}");
  QCOMPARE(lower.status, 400);
  fixture.restart(yard);
  QCOMPARE(fixture.ask("GET", fences + u'/' + idOf(made)).status, 200);
}

/// Points are never given back.
void OmloxKeptTest::roomForTrackables() {
  OmloxFixture fixture;
  const auto known = [&fixture] { return fixture.context.metrics().gauge("tagwire_rtls_client_tags", "").value(); };
  QCOMPARE(fixture.ask("POST", trackables, cart("P1")).status, 201);
  QCOMPARE(known(), 0.0);
  QCOMPARE(fixture.ask("PUT", providers + QStringLiteral("/P1/location"), location("P1", 5, 5)).status, 204);
  QCOMPARE(known(), 1.0);
  QCOMPARE(fixture.ask("DELETE", trackables).status, 204);
  QCOMPARE(known(), 1.0);
}

void OmloxKeptTest::staysAreReadAsWritten() {
  using namespace std::chrono_literals;
  const auto at = [](std::chrono::nanoseconds time) {
    return Moment{fromMilliseconds(1'700'000'000'000) + time, 50s + time};
  };
  HubStays stays{at(123456789ns), {}};
  Presence inside;
  inside.stage = Presence::Stage::Inside;
  inside.firstSight = inside.timedOut = true;
  inside.entered = at(-60s);
  inside.heard = 49s;
  inside.outside = at(-3s);
  inside.leaving = at(-1ns);
  Presence entering;
  entering.stage = Presence::Stage::Entering;
  entering.dwelt = true;
  entering.entered = at(-1s);
  stays.stays = {{QStringLiteral("A"), QStringLiteral("f"), inside, at(-59s).time},
                 {QStringLiteral("\"B"), QStringLiteral("g"), entering, {}}};
  const auto read = hubStaysFromBytes(toBytes(stays));
  QVERIFY(read);
  QCOMPARE(read->saved.time, stays.saved.time);
  QCOMPARE(read->saved.elapsed, 0ns);
  HubStays moved = *read;
  for (auto &stay : moved.stays) stay.presence = shifted(stay.presence, stays.saved.elapsed);
  QVERIFY(moved.stays == stays.stays);
  QByteArray text = toBytes(stays);
  for (qsizetype length = 0; length < text.size(); ++length) QVERIFY(!hubStaysFromBytes(text.left(length)));
  QVERIFY(!hubStaysFromBytes(text.replace("\"f\",", "\"f\",9e30,")));
}

TAGWIRE_TEST(OmloxKeptTest)

}  // namespace omloxkept_test

#include "omloxkept_test.moc"
