// SPDX-License-Identifier: Apache-2.0
#include "omloxfixture.h"
#include "testprogram.h"

namespace omloxrest_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

namespace {

const QString wgs84 = QStringLiteral("EPSG:4326");
const QString local = QStringLiteral("local");

QString zoneId(int number) { return hubId(QStringLiteral("uwb"), "zone", QString::number(number)); }
QString trackableId(const char *tag) { return hubId(QStringLiteral("uwb"), "trackable", QString::fromLatin1(tag)); }
QString zoneFence(int number) { return hubId(QStringLiteral("uwb"), "fence", QStringLiteral("zone/%1").arg(number)); }
QString triggerFence() { return hubId(QStringLiteral("uwb"), "fence", QStringLiteral("trigger/123/0")); }

QStringList texts(const QJsonArray &array) {
  QStringList list;
  for (const QJsonValue &each : array) list << each.toString();
  list.sort();
  return list;
}

QStringList sorted(QStringList list) {
  list.sort();
  return list;
}

QString idOf(const HubAnswer &answer) { return QJsonDocument::fromJson(answer.json)[u"id"].toString(); }

constexpr const char *square =
    "\"region\":{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[2,0],[2,2],[0,2],[0,0]]]},\"crs\":\"local\","
    "\"zone_id\":\"417\"";

}  // namespace

/// The hub's REST API, asked of real instances.
class OmloxRestTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void manifestIsSeen();
  void manifestIsFixed_data();
  void manifestIsFixed();
  void locationsOfFixes();
  void locationsAreTakenIn();
  void wrongLocations_data();
  void wrongLocations();
  void unknownProvidersAreTagsOfTheirOwn();
  void trackablesGatherProviders();
  void providersOfOthersAreRefused();
  void objectsAreMadeChangedAndDeleted();
  void wrongObjects_data();
  void wrongObjects();
  void objectsOutliveTheProgram();
  void damagedFileIsPutAside();
};

void OmloxRestTest::manifestIsSeen() {
  OmloxFixture fixture;
  QCOMPARE(texts(fixture.list(QStringLiteral("zones"))), sorted({zoneId(417), zoneId(418)}));
  const QJsonObject gate = fixture.object(QStringLiteral("zones/") + zoneId(418));
  QCOMPARE(gate.value(QStringLiteral("name")).toString(), QStringLiteral("Gate"));
  QCOMPARE(gate.value(QStringLiteral("foreign_id")).toString(), QStringLiteral("418"));
  QCOMPARE(gate.value(QStringLiteral("type")).toString(), QStringLiteral("uwb"));
  QCOMPARE(gate.value(QStringLiteral("incomplete_configuration")), QJsonValue(true));
  QCOMPARE(QJsonValue(gate)[u"properties"][u"parent"].toString(), zoneId(417));
  QCOMPARE(fixture.list(QStringLiteral("zones/summary")).size(), 2);

  QCOMPARE(texts(fixture.list(QStringLiteral("trackables"))), sorted({trackableId("SIM1"), trackableId("SIM2")}));
  const QJsonObject badge = fixture.object(QStringLiteral("trackables/") + trackableId("SIM1"));
  QCOMPARE(badge.value(QStringLiteral("type")).toString(), QStringLiteral("virtual"));
  QCOMPARE(badge.value(QStringLiteral("name")).toString(), QStringLiteral("Badge 1"));
  QCOMPARE(badge.value(QStringLiteral("location_providers")).toArray(), QJsonArray{QStringLiteral("SIM1")});
  QCOMPARE(texts(fixture.list(QStringLiteral("providers"))),
           (QStringList{QStringLiteral("SIM1"), QStringLiteral("SIM2")}));

  QCOMPARE(texts(fixture.list(QStringLiteral("fences"))), sorted({zoneFence(417), zoneFence(418), triggerFence()}));
  const QJsonObject trigger = fixture.object(QStringLiteral("fences/") + triggerFence());
  QCOMPARE(trigger.value(QStringLiteral("radius")).toDouble(), 3.048);
  QCOMPARE(trigger.value(QStringLiteral("extrusion")).toDouble(), 3.048);
  QCOMPARE(trigger.value(QStringLiteral("region")), json("{\"type\":\"Point\",\"coordinates\":[15.24,9.144,0]}"));
  QCOMPARE(trigger.value(QStringLiteral("zone_id")).toString(), zoneId(417));
  QCOMPARE(trigger.value(QStringLiteral("timeout")).toInt(), 30'000);
  QJsonObject outline = fixture.object(QStringLiteral("zones/") + zoneId(417) + QStringLiteral("/createfence"));
  QJsonObject fence = fixture.object(QStringLiteral("fences/") + zoneFence(417));
  QVERIFY(outline.take(QStringLiteral("id")) != fence.take(QStringLiteral("id")));
  fence.remove(QStringLiteral("foreign_id"));
  QCOMPARE(outline, fence);
}

void OmloxRestTest::manifestIsFixed_data() {
  QTest::addColumn<QString>("path");
  QTest::addColumn<QByteArray>("body");
  QTest::newRow("zone") << QStringLiteral("zones/") + zoneId(417) << QByteArray("{\"type\":\"uwb\"}");
  QTest::newRow("fence") << QStringLiteral("fences/") + triggerFence() << QByteArray("{}");
  QTest::newRow("trackable") << QStringLiteral("trackables/") + trackableId("SIM1")
                             << QByteArray("{\"type\":\"virtual\"}");
  QTest::newRow("provider") << QStringLiteral("providers/SIM1") << QByteArray("{\"id\":\"SIM1\",\"type\":\"uwb\"}");
}

void OmloxRestTest::manifestIsFixed() {
  QFETCH(QString, path);
  QFETCH(QByteArray, body);
  OmloxFixture fixture;
  for (const HubAnswer &answer : {fixture.ask("PUT", path, body), fixture.ask("DELETE", path)}) {
    QCOMPARE(answer.status, 403);
    QVERIFY(OmloxFixture::message(answer).contains(QStringLiteral("stands in the manifest")));
  }
  const QString all = path.section(u'/', 0, 0);
  const qsizetype before = fixture.list(all).size();
  QCOMPARE(fixture.ask("DELETE", all).status, 204);
  QCOMPARE(fixture.list(all).size(), before);
}

void OmloxRestTest::locationsOfFixes() {
  OmloxFixture fixture;
  const QString path = QStringLiteral("trackables/") + trackableId("SIM1");
  QCOMPARE(fixture.ask("GET", path + QStringLiteral("/location"), {}, local).status, 404);
  QCOMPARE(fixture.list(QStringLiteral("trackables/motions")).size(), 0);
  QCOMPARE(fixture.fix("SIM1", 15, 15, 2), QString());
  const QJsonObject at = fixture.object(path + QStringLiteral("/location"));
  QCOMPARE(at.value(QStringLiteral("position")), json("{\"type\":\"Point\",\"coordinates\":[4.572,4.572,0.6096]}"));
  QCOMPARE(at.value(QStringLiteral("source")).toString(), zoneId(418));
  QCOMPARE(at.value(QStringLiteral("provider_id")).toString(), QStringLiteral("SIM1"));
  QCOMPARE(at.value(QStringLiteral("provider_type")).toString(), QStringLiteral("uwb"));
  QCOMPARE(at.value(QStringLiteral("timestamp_generated")).toString(), QStringLiteral("2026-01-01T00:00:00.000Z"));
  QCOMPARE(at.value(QStringLiteral("crs")).toString(), local);
  QCOMPARE(at.value(QStringLiteral("trackables")).toArray(), QJsonArray{trackableId("SIM1")});
  QVERIFY(!at.contains(QStringLiteral("speed")));
  QCOMPARE(fixture.object(QStringLiteral("providers/SIM1/location")), at);
  QCOMPARE(fixture.list(QStringLiteral("providers/locations")), QJsonArray{at});
  QCOMPARE(fixture.list(path + QStringLiteral("/locations")), QJsonArray{at});
  QCOMPARE(fixture.list(QStringLiteral("fences/") + zoneFence(418) + QStringLiteral("/locations")), QJsonArray{at});
  QCOMPARE(texts(fixture.list(path + QStringLiteral("/fences"))), sorted({zoneFence(417), zoneFence(418)}));
  QCOMPARE(texts(fixture.list(QStringLiteral("providers/SIM1/fences"))), sorted({zoneFence(417), zoneFence(418)}));
  QCOMPARE(texts(fixture.list(QStringLiteral("fences/") + zoneFence(418) + QStringLiteral("/trackables"))),
           QStringList{trackableId("SIM1")});
  QCOMPARE(texts(fixture.list(QStringLiteral("fences/") + zoneFence(418) + QStringLiteral("/providers"))),
           QStringList{QStringLiteral("SIM1")});
  const QJsonObject motion = fixture.object(path + QStringLiteral("/motion"));
  QCOMPARE(motion.value(QStringLiteral("location")).toObject(), at);
  QCOMPARE(motion.value(QStringLiteral("name")).toString(), QStringLiteral("Badge 1"));
  QCOMPARE(fixture.list(QStringLiteral("trackables/motions")), QJsonArray{motion});
  QCOMPARE(fixture.list(QStringLiteral("fences/") + zoneFence(417) + QStringLiteral("/motions")), QJsonArray{motion});
  QCOMPARE(texts(fixture.list(QStringLiteral("providers/SIM1/trackables"))), QStringList{trackableId("SIM1")});

  // 10 ft to the east in 2 s.
  fixture.wait(2s);
  QCOMPARE(fixture.fix("SIM1", 25, 15), QString());
  const QJsonObject later = fixture.object(path + QStringLiteral("/location"));
  QCOMPARE(later.value(QStringLiteral("speed")).toDouble(), 1.524);
  QCOMPARE(later.value(QStringLiteral("course")).toDouble(), 90.0);
  // Without a georeference there is but one system.
  const HubAnswer geographic = fixture.ask("GET", path + QStringLiteral("/location"));
  QCOMPARE(geographic.status, 400);
  QVERIFY(OmloxFixture::message(geographic).contains(QStringLiteral("allowed: local")));
  fixture.wait(31s);
  QCOMPARE(fixture.ask("GET", path + QStringLiteral("/location"), {}, local).status, 404);
}

void OmloxRestTest::locationsAreTakenIn() {
  OmloxFixture fixture;
  const QByteArray body = location("SIM2", 4.572, 4.572,
                                   "\"crs\":\"local\",\"accuracy\":0.5,\"floor\":2,\"speed\":3,\"timestamp_generated\":"
                                   "\"2025-12-31T23:59:59.500Z\",\"properties\":{\"a\":1}");
  QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/SIM2/location"), body).status, 204);
  const QJsonObject at = fixture.object(QStringLiteral("providers/SIM2/location"));
  QCOMPARE(at.value(QStringLiteral("accuracy")).toDouble(), 0.5);
  QCOMPARE(at.value(QStringLiteral("floor")).toDouble(), 2.0);
  QCOMPARE(at.value(QStringLiteral("speed")).toDouble(), 3.0);
  QCOMPARE(at.value(QStringLiteral("source")).toString(), zoneId(418));
  QCOMPARE(at.value(QStringLiteral("timestamp_generated")).toString(), QStringLiteral("2025-12-31T23:59:59.500Z"));
  QCOMPARE(QJsonValue(at)[u"properties"][u"a"].toInt(), 1);
  // One state: the same tag, in feet, is an ordinary point.
  fixture.context.pointTable();
  QCOMPARE(texts(fixture.list(QStringLiteral("fences/") + zoneFence(418) + QStringLiteral("/trackables"))),
           QStringList{trackableId("SIM2")});
  // What a location said is not said of the next, which came another way.
  QCOMPARE(fixture.fix("SIM2", 15, 15), QString());
  QVERIFY(!fixture.object(QStringLiteral("providers/SIM2/location")).contains(QStringLiteral("accuracy")));
}

void OmloxRestTest::wrongLocations_data() {
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<QString>("says");
  const auto row = [](const QByteArray &body, const char *says) {
    QTest::newRow(says) << body << QString::fromLatin1(says);
  };
  row("no JSON", "the body is no JSON");
  row("[]", "the body is no object");
  row("{}", "position is missing");
  row(location("SIM2", 1, 1), "provider_id is wrong (allowed: that of the path)");
  row(location("SIM1", 1, 1, "\"floor\":0"), "crs EPSG:4326, the default, is not served");
  row(location("SIM1", 1, 1, "\"crs\":\"EPSG:25832\""), "crs \"EPSG:25832\" is not served (allowed: local)");
  row(location("SIM1", 1, 1, "\"crs\":\"local\"", "999"), "source is unknown");
  row(location("SIM1", 1, 1, "\"crs\":\"local\",\"accuracy\":-1"),
      "accuracy is wrong (allowed: a number of 0 or more)");
  row(location("SIM1", 1, 1, "\"crs\":\"local\",\"timestamp_generated\":\"yesterday\""),
      "timestamp_generated is wrong");
  row(location("SIM1", 1, 1, "\"crs\":\"local\",\"elevation_ref\":\"wgs84\""),
      "elevation_ref wgs84: source is no zone with a wgs84_height");
  row(QByteArray(location("SIM1", 1, 1)).replace("\"uwb\"", "\"sonar\""), "provider_type is wrong (allowed: uwb, gps");
  row(QByteArray(location("SIM1", 1, 1)).replace("[1,1]", "[1]"), "position is wrong");
}

void OmloxRestTest::wrongLocations() {
  QFETCH(QByteArray, body);
  QFETCH(QString, says);
  OmloxFixture fixture;
  const HubAnswer answer = fixture.ask("PUT", QStringLiteral("providers/SIM1/location"), body);
  QCOMPARE(answer.status, 400);
  QVERIFY2(OmloxFixture::message(answer).contains(says), answer.json.constData());
  QCOMPARE(QJsonDocument::fromJson(answer.json)[u"code"].toInt(), 400);
  QCOMPARE(QJsonDocument::fromJson(answer.json)[u"type"].toString(), QStringLiteral("bad request"));
}

void OmloxRestTest::unknownProvidersAreTagsOfTheirOwn() {
  OmloxFixture fixture;
  QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/AA:01/location"), location("AA:01", 1, 1)).status, 204);
  QVERIFY(texts(fixture.list(QStringLiteral("providers"))).contains(QStringLiteral("AA:01")));
  QVERIFY(texts(fixture.list(QStringLiteral("trackables"))).contains(trackableId("AA:01")));
  QVERIFY(fixture.context.points().find(QStringLiteral("uwb/tag/AA:01/position")) != PointId::None);
  QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/a b/location"), location("a b", 1, 1)).status, 400);
}

void OmloxRestTest::trackablesGatherProviders() {
  OmloxFixture fixture;
  const HubAnswer made = fixture.ask("POST", QStringLiteral("trackables"),
                                     "{\"type\":\"omlox\",\"name\":\"Cart\",\"location_providers\":[\"AA:01\","
                                     "\"AA:02\"],\"properties\":{\"x\":1}}");
  QCOMPARE(made.status, 201);
  const QString id = idOf(made);
  QVERIFY(!QUuid::fromString(id).isNull());
  for (const char *provider : {"AA:01", "AA:02"}) {
    const QString name = QString::fromLatin1(provider);
    QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/%1/location").arg(name), location(provider, 3, 3)).status,
             204);
    QCOMPARE(fixture.object(QStringLiteral("trackables/%1/location").arg(id)).value(QStringLiteral("provider_id")),
             QJsonValue(name));
    QCOMPARE(texts(fixture.list(QStringLiteral("providers/%1/trackables").arg(name))), QStringList{id});
  }
  // The same when they come as fixes of a tag.
  QCOMPARE(fixture.fix("AA:01", 50, 50), QString());
  const QJsonObject motion = fixture.object(QStringLiteral("trackables/%1/motion").arg(id));
  QCOMPARE(QJsonValue(motion)[u"location"][u"position"][u"coordinates"][0].toDouble(), 15.24);
  QCOMPARE(motion.value(QStringLiteral("name")).toString(), QStringLiteral("Cart"));
  // They are no trackables of their own.
  QCOMPARE(fixture.list(QStringLiteral("trackables")).size(), 3);
  QCOMPARE(fixture.context.points().find(QStringLiteral("uwb/tag/AA:01/position")), PointId::None);
  QCOMPARE(fixture.ask("DELETE", QStringLiteral("trackables/") + id).status, 204);
  QCOMPARE(fixture.list(QStringLiteral("trackables")).size(), 2);
  QCOMPARE(fixture.list(QStringLiteral("providers/locations")).size(), 0);
  QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/AA:01/location"), location("AA:01", 3, 3)).status, 204);
  QCOMPARE(texts(fixture.list(QStringLiteral("providers/AA:01/trackables"))), QStringList{trackableId("AA:01")});
}

void OmloxRestTest::providersOfOthersAreRefused() {
  OmloxFixture fixture;
  const auto make = [&](const char *providers) {
    return fixture.ask("POST", QStringLiteral("trackables"),
                       QByteArray("{\"type\":\"omlox\",\"location_providers\":") + providers + '}');
  };
  QCOMPARE(make("[\"AA:01\"]").status, 201);
  for (const char *taken : {"[\"AA:01\"]", "[\"SIM1\"]"}) {
    const HubAnswer answer = make(taken);
    QCOMPARE(answer.status, 400);
    QVERIFY(OmloxFixture::message(answer).contains(QStringLiteral("belongs to another trackable")));
  }
}

void OmloxRestTest::objectsAreMadeChangedAndDeleted() {
  OmloxFixture fixture;
  const auto walk = [&](const QString &kind, const QByteArray &first, const QByteArray &second) {
    const qsizetype before = fixture.list(kind).size();
    const HubAnswer made = fixture.ask("POST", kind, first);
    QVERIFY2(made.status == 201, made.json.constData());
    const QString path = kind + u'/' + idOf(made);
    QCOMPARE(fixture.object(path), QJsonDocument::fromJson(made.json).object());
    QCOMPARE(fixture.list(kind).size(), before + 1);
    const HubAnswer changed = fixture.ask("PUT", path, second);
    QVERIFY2(changed.status == 200, changed.json.constData());
    QCOMPARE(fixture.object(path).value(QStringLiteral("name")).toString(), QStringLiteral("New"));
    const HubAnswer again = fixture.ask("POST", kind, made.json);
    QVERIFY(again.status == 400 && OmloxFixture::message(again).contains(QStringLiteral("is taken")));
    QCOMPARE(fixture.ask("DELETE", path).status, 204);
    QCOMPARE(fixture.ask("GET", path).status, 404);
    QCOMPARE(fixture.ask("DELETE", path).status, 404);
    QCOMPARE(fixture.ask("PUT", path, second).status, 404);
    QCOMPARE(fixture.ask("POST", kind, first).status, 201);
    QCOMPARE(fixture.ask("DELETE", kind).status, 204);
    QCOMPARE(fixture.list(kind).size(), before);
  };
  walk(QStringLiteral("zones"), "{\"type\":\"uwb\",\"name\":\"Old\"}",
       "{\"type\":\"wifi\",\"name\":\"New\",\"crs\":"
       "\"local\",\"position\":{\"type\":\"Point\",\"coordinates\":[1,2]}}");
  walk(QStringLiteral("fences"), QByteArray("{\"name\":\"Old\",") + square + '}',
       QByteArray("{\"name\":\"New\",") + square + '}');
  walk(QStringLiteral("trackables"), "{\"type\":\"omlox\"}", "{\"type\":\"omlox\",\"name\":\"New\"}");
  walk(QStringLiteral("providers"), "{\"type\":\"uwb\",\"id\":\"AA:01\"}",
       "{\"type\":\"gps\",\"id\":\"AA:01\",\"name\":\"New\",\"sensors\":{\"t\":20}}");
}

void OmloxRestTest::wrongObjects_data() {
  QTest::addColumn<QString>("kind");
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<QString>("says");
  const auto row = [](const char *kind, const QByteArray &body, const char *says) {
    QTest::newRow(says) << QString::fromLatin1(kind) << body << QString::fromLatin1(says);
  };
  row("zones", "{}", "type is missing (allowed: uwb, wifi, rfid, ibeacon)");
  row("zones", "{\"type\":\"rfid\"}", "position is missing");
  row("zones", "{\"type\":\"uwb\",\"id\":\"x\"}", "id is wrong (allowed: a UUID of 36");
  row("zones", "{\"type\":\"uwb\",\"ground_control_points\":[]}", "this instance has no georeference");
  row("zones", "{\"type\":\"uwb\",\"properties\":{\"instance\":\"moon\"}}",
      "properties.instance is unknown (allowed: uwb)");
  row("fences", "{}", "region is missing");
  row("fences", "{\"region\":{}}", "crs EPSG:4326, the default, is not served");
  row("fences", "{\"region\":{},\"crs\":\"local\"}", "zone_id is wrong or missing");
  row("fences", QByteArray("{\"timeout\":-2,") + square + '}',
      "timeout is wrong (allowed: milliseconds, or -1: endless)");
  row("trackables", "{\"type\":\"cart\"}", "type is wrong (allowed: omlox, virtual)");
  row("trackables", "{\"type\":\"omlox\",\"location_providers\":[1]}", "location_providers is wrong");
  row("trackables", "{\"type\":\"omlox\",\"locating_rules\":[{\"expression\":\"accuracy near\",\"priority\":1}]}",
      "locating_rules[0].expression at character 10: \"near\" (allowed: =, ==,");
  row("providers", "{\"type\":\"uwb\"}", "id is missing");
  row("providers", "{\"type\":\"uwb\",\"id\":\"a/b\"}", "id: a tag's id may not hold");
}

void OmloxRestTest::wrongObjects() {
  QFETCH(QString, kind);
  QFETCH(QByteArray, body);
  QFETCH(QString, says);
  OmloxFixture fixture;
  const HubAnswer answer = fixture.ask("POST", kind, body);
  QCOMPARE(answer.status, 400);
  QVERIFY2(OmloxFixture::message(answer).contains(says), answer.json.constData());
}

void OmloxRestTest::objectsOutliveTheProgram() {
  OmloxFixture fixture;
  const HubAnswer fence =
      fixture.ask("POST", QStringLiteral("fences"), QByteArray("{\"name\":\"Mine\",") + square + '}');
  const HubAnswer cart =
      fixture.ask("POST", QStringLiteral("trackables"), "{\"type\":\"omlox\",\"location_providers\":[\"AA:01\"]}");
  QCOMPARE(fixture.ask("POST", QStringLiteral("providers"), "{\"type\":\"uwb\",\"id\":\"AA:01\"}").status, 201);
  QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/AA:01/location"), location("AA:01", 1, 1)).status, 204);
  fixture.restart();
  QCOMPARE(fixture.object(QStringLiteral("fences/") + idOf(fence)), QJsonDocument::fromJson(fence.json).object());
  QCOMPARE(fixture.object(QStringLiteral("trackables/") + idOf(cart)), QJsonDocument::fromJson(cart.json).object());
  // Where it was is known, and that it is in the fence.
  QCOMPARE(texts(fixture.list(QStringLiteral("fences/%1/trackables").arg(idOf(fence)))), QStringList{idOf(cart)});
  QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/AA:01/location"), location("AA:01", 9, 9)).status, 204);
  QCOMPARE(fixture.list(QStringLiteral("fences/%1/trackables").arg(idOf(fence))).size(), 0);
}

void OmloxRestTest::damagedFileIsPutAside() {
  OmloxFixture fixture;
  QCOMPARE(fixture.ask("POST", QStringLiteral("zones"), "{\"type\":\"uwb\"}").status, 201);
  fixture.instances.clear();
  const QString path = fixture.context.dataDir() + QStringLiteral("/omlox-uwb.json");
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
  file.write("{\"version\":");
  file.close();
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("is damaged.*a copy is")));
  fixture.start(hall);
  QCOMPARE(fixture.list(QStringLiteral("zones")).size(), 2);
  QVERIFY(QFile::exists(path + QStringLiteral(".damaged")));
}

TAGWIRE_TEST(OmloxRestTest)

}  // namespace omloxrest_test

#include "omloxrest_test.moc"
