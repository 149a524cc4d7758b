// SPDX-License-Identifier: Apache-2.0
#include "omloxfixture.h"
#include "testprogram.h"

namespace omloxnews_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

namespace {

constexpr auto localCrs = HubCrs::Local;

QString nameOf(const QJsonObject &event) {
  return event.value(QStringLiteral("event_type")).toString() + u' ' +
         event.value(QStringLiteral("foreign_id")).toString();
}

}  // namespace

/// What listeners of the hub hear.
class OmloxNewsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void locationsAndMotions();
  void geoJson();
  void onlyWhatIsWanted();
  void fenceEvents();
  void whoWasInsideBefore();
  void fencesOfClients();
  void fencesLeaveByTheClock();
  void signsOfLifeKeepWhoStandsStill();
  void afterAStallNobodyLeaves();
  void staysOutliveTheProgram();
  void longStaysOutliveTheProgram();
  void staysThatEndedMeanwhile();
  void damagedStaysArePutAside();
  void proximity();
  void collisions();
  void collisionsOfARule();
  void listenersThatAreGone();
};

void OmloxNewsTest::locationsAndMotions() {
  OmloxFixture fixture;
  const auto heard = fixture.listen({{HubTopic::LocationUpdates, localCrs}, {HubTopic::TrackableMotions, localCrs}});
  fixture.fix("SIM1", 15, 15);
  QCOMPARE(heard->news.size(), 2);
  const HubNews &news = heard->news[0];
  QCOMPARE(news.topic, HubTopic::LocationUpdates);
  QCOMPARE(news.tags, QStringList{QStringLiteral("SIM1")});
  QVERIFY(!news.isEvent);
  QCOMPARE(news.zones, (QStringList{hubId(QStringLiteral("uwb"), "zone", QStringLiteral("418")),
                                    hubId(QStringLiteral("uwb"), "zone", QStringLiteral("417"))}));
  QCOMPARE(news.providers, QStringList{QStringLiteral("SIM1")});
  QCOMPARE(news.subject, QStringLiteral("SIM1"));
  const QJsonObject body = heard->body(0);
  QCOMPARE(body, fixture.object(QStringLiteral("providers/SIM1/location")));
  QCOMPARE(heard->body(1), fixture.object(QStringLiteral("trackables/%1/motion").arg(news.trackables.value(0))));
  fixture.ask("PUT", QStringLiteral("providers/SIM2/location"),
              location("SIM2", 1, 1, "\"crs\":\"local\",\"accuracy\":0.3"));
  QCOMPARE(heard->news.value(2).accuracy.value_or(0), 0.3);
}

void OmloxNewsTest::geoJson() {
  OmloxFixture fixture(yard);
  const auto heard = fixture.listen(
      {{HubTopic::LocationUpdatesGeoJson, HubCrs::Wgs84}, {HubTopic::FenceEventsGeoJson, HubCrs::Wgs84}});
  fixture.fix("A", 300, 500);
  QCOMPARE(heard->news.size(), 2);
  const QJsonValue place = QJsonValue(heard->body(0))[u"features"][0];
  QCOMPARE(heard->body(0).value(QStringLiteral("type")).toString(), QStringLiteral("FeatureCollection"));
  QCOMPARE(place[u"geometry"][u"type"].toString(), QStringLiteral("Point"));
  QVERIFY(std::abs(place[u"geometry"][u"coordinates"][0].toDouble() - 8.00418) < 0.0001);
  QCOMPARE(place[u"properties"][u"provider_id"].toString(), QStringLiteral("A"));
  const QJsonValue fence = QJsonValue(heard->body(1))[u"features"][0];
  QCOMPARE(fence[u"geometry"][u"type"].toString(), QStringLiteral("Polygon"));
  QVERIFY(std::abs(fence[u"geometry"][u"coordinates"][0][0][0].toDouble() - 8) < 1e-6);
  QCOMPARE(fence[u"properties"][u"event_type"].toString(), QStringLiteral("region_entry"));
}

void OmloxNewsTest::onlyWhatIsWanted() {
  OmloxFixture fixture;
  const auto heard = fixture.listen({{HubTopic::LocationUpdates, HubCrs::Wgs84}});
  fixture.fix("SIM1", 15, 15);
  QVERIFY(heard->news.isEmpty());
  bool isGeoreferenced = true;
  fixture.instances.front()->listen([&](Result<bool> answer) { isGeoreferenced = answer.value_or(true); }, heard);
  QVERIFY(!isGeoreferenced);
}

void OmloxNewsTest::fenceEvents() {
  OmloxFixture fixture;
  const auto heard = fixture.listen({{HubTopic::FenceEvents, localCrs}});
  fixture.fix("SIM1", 5, 5);
  QCOMPARE(heard->news.size(), 1);
  const QJsonObject entry = heard->body(0);
  QCOMPARE(nameOf(entry), QStringLiteral("region_entry zone/417"));
  QVERIFY(!QUuid::fromString(entry.value(QStringLiteral("id")).toString()).isNull());
  QCOMPARE(entry.value(QStringLiteral("fence_id")).toString(), heard->news[0].fence);
  QCOMPARE(entry.value(QStringLiteral("provider_id")).toString(), QStringLiteral("SIM1"));
  QCOMPARE(entry.value(QStringLiteral("trackable_id")).toString(),
           hubId(QStringLiteral("uwb"), "trackable", QStringLiteral("SIM1")));
  QCOMPARE(entry.value(QStringLiteral("entry_time")).toString(), QStringLiteral("2026-01-01T00:00:00.000Z"));
  QVERIFY(!entry.contains(QStringLiteral("exit_time")));
  QVERIFY(heard->news[0].isEvent);
  fixture.wait(2s);
  fixture.fix("SIM1", 50, 35);
  fixture.wait(3s);
  fixture.fix("SIM1", 50, 45);
  QCOMPARE(heard->news.size(), 3);
  QCOMPARE(nameOf(heard->body(1)), QStringLiteral("region_entry trigger/123/0"));
  const QJsonObject left = heard->body(2);
  QCOMPARE(nameOf(left), QStringLiteral("region_exit trigger/123/0"));
  QCOMPARE(left.value(QStringLiteral("entry_time")).toString(), QStringLiteral("2026-01-01T00:00:02.000Z"));
  QCOMPARE(left.value(QStringLiteral("exit_time")).toString(), QStringLiteral("2026-01-01T00:00:05.000Z"));
}

/// Nobody was there to be told; they leave all the same.
void OmloxNewsTest::whoWasInsideBefore() {
  OmloxFixture fixture;
  fixture.fix("SIM1", 5, 5);
  const auto heard = fixture.listen({{HubTopic::FenceEvents, localCrs}});
  fixture.fix("SIM1", 6, 5);
  QVERIFY(heard->news.isEmpty());
  fixture.fix("SIM1", 500, 5);
  QCOMPARE(heard->news.size(), 1);
  QCOMPARE(nameOf(heard->body(0)), QStringLiteral("region_exit zone/417"));
}

void OmloxNewsTest::fencesOfClients() {
  OmloxFixture fixture;
  const auto heard = fixture.listen({{HubTopic::FenceEvents, localCrs}});
  fixture.fix("SIM1", 90, 50);
  heard->news.clear();
  const HubAnswer made =
      fixture.ask("POST", QStringLiteral("fences"),
                  "{\"foreign_id\":\"mine\",\"properties\":{\"x\":1},\"region\":{\"type\":\"Point\","
                  "\"coordinates\":[3.048,3.048]},\"radius\":1,\"crs\":\"local\",\"zone_id\":\"418\"}");
  QVERIFY2(made.status == 201, made.json.constData());
  fixture.fix("SIM1", 10, 9);
  QCOMPARE(nameOf(heard->body(0)), QStringLiteral("region_entry mine"));
  QCOMPARE(QJsonValue(heard->body(0))[u"properties"][u"x"].toInt(), 1);
  const QString id = heard->body(0).value(QStringLiteral("fence_id")).toString();
  QCOMPARE(fixture.ask("DELETE", QStringLiteral("fences/") + id).status, 204);
  fixture.fix("SIM1", 90, 50);
  QCOMPARE(heard->news.size(), 1);
}

void OmloxNewsTest::fencesLeaveByTheClock() {
  OmloxFixture fixture;
  const auto heard = fixture.listen({{HubTopic::FenceEvents, localCrs}});
  fixture.ask("POST", QStringLiteral("fences"),
              "{\"foreign_id\":\"mine\",\"timeout\":4000,\"region\":{\"type\":\"Point\",\"coordinates\":[3.048,3.048]},"
              "\"radius\":1,\"crs\":\"local\",\"zone_id\":\"418\"}");
  fixture.fix("SIM1", 10, 9);
  QCOMPARE(heard->news.size(), 2);
  fixture.wait(4s);
  fixture.list(QStringLiteral("zones"));  // whoever asks brings time forward
  QCOMPARE(heard->news.size(), 3);
  QCOMPARE(nameOf(heard->body(2)), QStringLiteral("region_exit mine"));
  QCOMPARE(heard->body(2).value(QStringLiteral("exit_time")).toString(), QStringLiteral("2026-01-01T00:00:04.000Z"));
  // A lost tag leaves the manifest's fences, as its triggers say.
  fixture.wait(27s);
  fixture.list(QStringLiteral("zones"));
  QCOMPARE(heard->news.size(), 4);
  QCOMPARE(nameOf(heard->body(3)), QStringLiteral("region_exit zone/417"));
  QCOMPARE(heard->body(3).value(QStringLiteral("exit_time")).toString(), QStringLiteral("2026-01-01T00:00:30.000Z"));
  // Who listens to an upper zone hears of those in it, also when they are lost.
  fixture.fix("SIM2", 15, 15);
  fixture.wait(31s);
  QCOMPARE(heard->news.size(), 8);
  const QString upper = hubId(QStringLiteral("uwb"), "zone", QStringLiteral("417"));
  for (const HubNews &each : heard->news) QCOMPARE(each.zones.count(upper), 1);
}

/// Fixes that the filter refuses, as they are not new.
void OmloxNewsTest::signsOfLifeKeepWhoStandsStill() {
  OmloxFixture fixture(hall + ",\"timeout_ms\":5000,\"filter\":{\"duplicates\":true}");
  const auto heard = fixture.listen({{HubTopic::FenceEvents, localCrs}});
  const QByteArray still =
      location("SIM1", 1, 1, "\"crs\":\"local\",\"timestamp_generated\":\"2026-01-01T00:00:00.000Z\"");
  QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/SIM1/location"), still).status, 204);
  for (int i = 0; i < 4; ++i) {
    fixture.wait(2s);
    QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/SIM1/location"), still).status, 400);
  }
  QCOMPARE(heard->texts("event_type"), QStringList{QStringLiteral("region_entry")});
}

/// What waited meanwhile says that it is there.
void OmloxNewsTest::afterAStallNobodyLeaves() {
  OmloxFixture fixture;
  const auto heard = fixture.listen({{HubTopic::FenceEvents, localCrs}});
  fixture.fix("SIM1", 5, 5);
  fixture.context.manualClock().advance(31s);
  fixture.fix("SIM1", 6, 5);
  QCOMPARE(heard->texts("event_type"), QStringList{QStringLiteral("region_entry")});
  // Who does not come leaves when it is lost.
  fixture.wait(31s);
  QCOMPARE(heard->texts("exit_time"), (QStringList{QString(), QStringLiteral("2026-01-01T00:01:01.000Z")}));
}

/// The file says when it was entered, and not what came later.
void OmloxNewsTest::longStaysOutliveTheProgram() {
  OmloxFixture fixture;
  QCOMPARE(fixture
               .ask("POST", QStringLiteral("fences"),
                    "{\"foreign_id\":\"mine\",\"timeout\":10000,\"region\":{\"type\":\"Point\",\"coordinates\":"
                    "[3.048,3.048]},\"radius\":1,\"crs\":\"local\",\"zone_id\":\"418\"}")
               .status,
           201);
  fixture.fix("SIM1", 10, 9);
  QTRY_VERIFY(QFile::exists(fixture.context.dataDir() + QStringLiteral("/omlox-uwb.state")));
  for (int i = 0; i < 10; ++i) {
    fixture.wait(4s);
    fixture.fix("SIM1", 10, 9);
  }
  fixture.restart();
  const auto heard = fixture.listen({{HubTopic::FenceEvents, localCrs}});
  fixture.fix("SIM1", 90, 50);
  QCOMPARE(heard->news.size(), 1);
  QCOMPARE(nameOf(heard->body(0)), QStringLiteral("region_exit mine"));
  QCOMPARE(heard->body(0).value(QStringLiteral("entry_time")).toString(), QStringLiteral("2026-01-01T00:00:00.000Z"));
}

/// Since when, and that it stands within the tolerance.
void OmloxNewsTest::staysOutliveTheProgram() {
  OmloxFixture fixture;
  QCOMPARE(fixture
               .ask("POST", QStringLiteral("fences"),
                    "{\"foreign_id\":\"mine\",\"exit_tolerance\":3.048,\"region\":{\"type\":\"Point\","
                    "\"coordinates\":[3.048,3.048]},\"radius\":1.524,\"crs\":\"local\",\"zone_id\":\"418\"}")
               .status,
           201);
  fixture.fix("SIM1", 10, 10);
  fixture.fix("SIM2", 60, 50);
  fixture.wait(5s);
  fixture.fix("SIM1", 20, 10);  // 5 ft outside
  fixture.restart();
  // Fixes come before anybody asks.
  fixture.restarted->manualClock().advance(7s);
  fixture.fix("SIM1", 21, 10);
  const auto heard = fixture.listen({{HubTopic::FenceEvents, localCrs}});
  QVERIFY(heard->news.isEmpty());
  fixture.fix("SIM1", 40, 10);
  QCOMPARE(heard->news.size(), 1);
  QCOMPARE(nameOf(heard->body(0)), QStringLiteral("region_exit mine"));
  QCOMPARE(heard->body(0).value(QStringLiteral("entry_time")).toString(), QStringLiteral("2026-01-01T00:00:00.000Z"));
  fixture.fix("SIM2", 600, 50);
  QCOMPARE(nameOf(heard->body(1)), QStringLiteral("region_exit zone/417"));
  QCOMPARE(heard->body(1).value(QStringLiteral("entry_time")).toString(), QStringLiteral("2026-01-01T00:00:00.000Z"));
}

/// By the clock, or because the fence is gone.
void OmloxNewsTest::staysThatEndedMeanwhile() {
  OmloxFixture fixture;
  QCOMPARE(fixture
               .ask("POST", QStringLiteral("fences"),
                    "{\"foreign_id\":\"mine\",\"timeout\":4000,\"region\":{\"type\":\"Point\",\"coordinates\":"
                    "[3.048,3.048]},\"radius\":1,\"crs\":\"local\",\"zone_id\":\"418\"}")
               .status,
           201);
  fixture.fix("SIM1", 10, 9);
  const QString path = fixture.context.dataDir() + QStringLiteral("/omlox-uwb.state");
  QTRY_VERIFY(QFile::exists(path));
  fixture.restart(QByteArray(hall).replace("418", "419"));
  fixture.restarted->manualClock().advance(5s);
  const auto heard = fixture.listen({{HubTopic::FenceEvents, localCrs}});
  fixture.fix("SIM1", 900, 10);
  QStringList names;
  for (qsizetype i = 0; i < heard->news.size(); ++i) names << nameOf(heard->body(i));
  names.sort();
  QCOMPARE(names, QStringList{QStringLiteral("region_exit zone/417")});
}

void OmloxNewsTest::damagedStaysArePutAside() {
  OmloxFixture fixture;
  fixture.list(QStringLiteral("zones"));
  fixture.fix("SIM1", 15, 15);
  const QString path = fixture.context.dataDir() + QStringLiteral("/omlox-uwb.state");
  for (const QByteArray &content : {QByteArray("{"), QByteArray("{\"version\":1,\"saved\":5,\"stays\":[[1]]}")}) {
    fixture.instances.front()->stop();
    fixture.instances.clear();
    QFile file(path);
    QVERIFY(file.exists());
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.write(content);
    file.close();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("omlox-uwb.state is damaged.*put aside")));
    fixture.start(hall);
    QVERIFY(QFile::exists(path + QStringLiteral(".damaged")));
    QCOMPARE(fixture.list(QStringLiteral("zones")).size(), 2);
    fixture.fix("SIM1", 15, 15);
  }
}

void OmloxNewsTest::proximity() {
  OmloxFixture fixture;
  const auto heard = fixture.listen({{HubTopic::ProximityUpdates, localCrs}});
  const QByteArray body = "{\"source\":\"418\",\"provider_type\":\"rfid\",\"provider_id\":\"SIM1\"}";
  QCOMPARE(fixture.ask("PUT", QStringLiteral("providers/SIM1/proximity"), body).status, 204);
  QCOMPARE(heard->news.size(), 1);
  QCOMPARE(heard->body(0), QJsonDocument::fromJson(body).object());
  QVERIFY(heard->news[0].zones.contains(hubId(QStringLiteral("uwb"), "zone", QStringLiteral("418"))));
}

/// One that the Tracker found, told in the hub's words.
void OmloxNewsTest::collisions() {
  struct Host : HubHost {
    explicit Host(const Model &model) : known(model, 30s) {}
    const Tracker &tracker() const override { return known; }
    Moment now() const override { return {}; }
    Result<void> take(const IncomingFix &) override { return {}; }
    void forget(int) override {}
    void objectsChanged() override {}
    void staysChanged() override {}
    void whenKept(const std::function<void(const Result<void> &)> &done) override { done({}); }
    bool wants(HubTopic topic, HubCrs crs) const override {
      return topic == HubTopic::CollisionEvents && crs == HubCrs::Local;
    }
    void tell(const HubNews &each) override { news << each; }
    Tracker known;
    QList<HubNews> news;
  };
  Model model;
  model.lengthUnit = QStringLiteral("ft");
  model.tags = {{QStringLiteral("P1"), {}}, {QStringLiteral("F1"), {}}};
  Host host(model);
  HubSite site(QStringLiteral("uwb"), model, 30s, host);
  site.wake();
  const Time start = fromMilliseconds(1'000);
  Tracker::Outcome outcome;
  outcome.collisions << Collision{Collision::Phase::Start, 0,  0,     1,     {0, 0, 0, {}},
                                  {10, 0, 0, {}},          10, start, start, {}};
  outcome.collisions << Collision{Collision::Phase::End, 0,  0,     1,          {0, 0, 0, {}},
                                  {20, 0, 0, {}},        20, start, start + 2s, {}};
  site.took(outcome);
  QCOMPARE(host.news.size(), 2);
  QCOMPARE(host.news[0].tags, (QStringList{QStringLiteral("P1"), QStringLiteral("F1")}));
  QVERIFY(host.news[0].isEvent);
  const QJsonObject first = QJsonDocument::fromJson(host.news[0].json).object();
  const QJsonObject last = QJsonDocument::fromJson(host.news[1].json).object();
  QCOMPARE(first.value(QStringLiteral("id")), last.value(QStringLiteral("id")));
  QCOMPARE(first.value(QStringLiteral("collision_type")).toString(), QStringLiteral("collision_start"));
  QCOMPARE(first.value(QStringLiteral("center_distance")).toDouble(), 3.048);
  QVERIFY(!first.contains(QStringLiteral("end_time")));
  QCOMPARE(QJsonValue(first)[u"collisions"][1][u"position"][u"coordinates"][0].toDouble(), 3.048);
  QCOMPARE(QJsonValue(first)[u"collisions"][0][u"object_type"].toString(), QStringLiteral("trackable"));
  QCOMPARE(last.value(QStringLiteral("collision_type")).toString(), QStringLiteral("collision_end"));
  QCOMPARE(last.value(QStringLiteral("end_time")).toString(), QStringLiteral("1970-01-01T00:00:03.000Z"));
}

void OmloxNewsTest::collisionsOfARule() {
  OmloxFixture fixture(
      "\"zones\":[{\"id\":1,\"name\":\"Hall\",\"polygon\":[[0,0],[100,0],[100,60],[0,60]]}],\"tags\":[{\"id\":"
      "\"P1\",\"class\":\"person\"},{\"id\":\"F1\",\"class\":\"vehicle\"}],\"proximity\":[{\"id\":1,\"name\":"
      "\"Near\",\"between\":[\"person\",\"vehicle\"],\"distance\":10}]");
  const auto heard = fixture.listen({{HubTopic::CollisionEvents, localCrs}});
  fixture.fix("P1", 10, 10);
  fixture.fix("F1", 16, 10);
  fixture.fix("F1", 50, 10);
  QCOMPARE(heard->texts("collision_type"),
           (QStringList{QStringLiteral("collision_start"), QStringLiteral("collision_end")}));
  QCOMPARE(heard->body(0).value(QStringLiteral("center_distance")).toDouble(), 6.0);
  QCOMPARE(QJsonValue(heard->body(0))[u"collisions"][1][u"id"].toString(),
           hubId(QStringLiteral("uwb"), "trackable", QStringLiteral("F1")));
  QCOMPARE(heard->news[0].providers, (QStringList{QStringLiteral("P1"), QStringLiteral("F1")}));
  // Also of those that end as both are lost.
  fixture.fix("F1", 16, 10);
  fixture.wait(31s);
  QCOMPARE(heard->news.size(), 4);
  for (const HubNews &each : heard->news) {
    QCOMPARE(each.zones, QStringList{hubId(QStringLiteral("uwb"), "zone", QStringLiteral("1"))});
  }
}

void OmloxNewsTest::listenersThatAreGone() {
  OmloxFixture fixture;
  auto heard = fixture.listen({{HubTopic::LocationUpdates, localCrs}});
  heard.reset();
  QCOMPARE(fixture.fix("SIM1", 5, 5), QString());
}

TAGWIRE_TEST(OmloxNewsTest)

}  // namespace omloxnews_test

#include "omloxnews_test.moc"
