// SPDX-License-Identifier: Apache-2.0
#include <QTemporaryDir>
#include <QTest>

#include "protocols/makeprotocol.h"
#include "protocols/tests/fakertls.h"
#include "restfixture.h"
#include "testprogram.h"

namespace site_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

Whereabouts seen(const char *tag, Whereabouts::State state, int zone, Time when, const char *name = "") {
  return {QString::fromLatin1(tag),
          QString::fromLatin1(name),
          QStringLiteral("person"),
          state,
          zone,
          Position{1, 2, 3, {}},
          when};
}

/// A gateway and an RTLS instance "uwb": SIM1 in the room, SIM2 lost in the yard, SIM3 never seen.
struct Fixture : RestFixture {
  explicit Fixture(const QStringList &anonymous = {QStringLiteral("*:*")})
      : RestFixture(RestFixture::config(anonymous), &makeProtocol) {
    const Time now = context.clock().now();
    rtls.everybody = {seen("SIM1", Whereabouts::State::Present, 418, now, "Ann, \"A\""),
                      seen("SIM2", Whereabouts::State::Lost, 500, now - 90s, "=cmd"),
                      seen("SIM3", Whereabouts::State::Unseen, 0, Time())};
    rtls.shapes = {{QStringLiteral("length_unit"), QStringLiteral("m")}};
    context.addInstance(QStringLiteral("uwb"), QStringLiteral("rtls"), &rtls);
  }
  void putPlan(const char *name, const QByteArray &type, const QByteArray &bytes) { putPlan(rtls, name, type, bytes); }
  void putPlan(FakeRtls &site, const char *name, const QByteArray &type, const QByteArray &bytes) {
    site.planOf = 417;
    site.planFile = {folder.filePath(QString::fromLatin1(name)), type};
    QFile file(site.planFile.path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
  }
  static QStringList tagsOf(const QJsonValue &list) {
    QStringList tags;
    for (const QJsonValue &each : list.toArray()) tags << each.toObject().value(QStringLiteral("tag_id")).toString();
    return tags;
  }

  QTemporaryDir folder;
  FakeRtls rtls;
};

const QByteArray png = QByteArray("\x89PNG\r\n\x1a\n", 8) + "the rest";

}  // namespace

/// Zones, plans and the muster list, through real sockets.
class SiteTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void zonesOfEveryInstance();
  void planWithItsTag();
  void planOfSeveralInstances();
  void planRefusals_data();
  void planRefusals();
  void musterByZone();
  void musterOfAZone();
  void musterForASpreadsheet();
  void musterGuardsWhatASpreadsheetWouldRun_data();
  void musterGuardsWhatASpreadsheetWouldRun();
  void musterShowsOnlyPermittedTags();
  void musterRefusals_data();
  void musterRefusals();
};

void SiteTest::zonesOfEveryInstance() {
  Fixture fixture;
  FakeRtls yard(QStringLiteral("Yard"));
  fixture.context.addInstance(QStringLiteral("yard"), QStringLiteral("rtls"), &yard);
  QCOMPARE(fixture.get("/api/v1/rtls/zones").body,
           QByteArray("[{\"instance\":\"uwb\",\"length_unit\":\"m\",\"managers\":[\"Manager1\"]},"
                      "{\"instance\":\"yard\",\"managers\":[\"Yard\"]}]"));
  QCOMPARE(fixture.get("/api/v1/rtls/zones?manager=Yard").body,
           QByteArray("[{\"instance\":\"yard\",\"managers\":[\"Yard\"]}]"));
  QCOMPARE(fixture.get("/api/v1/rtls/zones?manager=Nobody").status, 404);
}

void SiteTest::planWithItsTag() {
  Fixture fixture;
  fixture.putPlan("hall.png", "image/png", png);
  const HttpReply reply = fixture.get("/api/v1/rtls/zones/417/plan");
  QCOMPARE(reply.status, 200);
  QCOMPARE(reply.body, png);
  QVERIFY(reply.head.contains("\r\nContent-Type: image/png\r\n"));
  QVERIFY(
      reply.head.contains("\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; sandbox\r\n"));
  QVERIFY(reply.head.contains("\r\nCache-Control: private, no-cache\r\n"));
  QVERIFY(!reply.head.contains("no-store"));
  const qsizetype at = reply.head.indexOf("\r\nETag: ") + 8;
  const QByteArray tag = reply.head.mid(at, reply.head.indexOf("\r\n", at) - at);
  QCOMPARE(tag.size(), 34);
  QCOMPARE(fixture.statusOf("GET", "/api/v1/rtls/zones/417/plan", "If-None-Match: \"x\", W/" + tag + "\r\n"), 304);
  QCOMPARE(fixture.statusOf("GET", "/api/v1/rtls/zones/417/plan", "If-None-Match: \"x\"\r\n"), 200);
  fixture.putPlan("hall.png", "image/png", png + "!");
  QCOMPARE(fixture.statusOf("GET", "/api/v1/rtls/zones/417/plan", "If-None-Match: " + tag + "\r\n"), 200);
}

void SiteTest::planOfSeveralInstances() {
  Fixture fixture;
  fixture.putPlan("hall.png", "image/png", png);
  FakeRtls yard(QStringLiteral("Yard"));
  fixture.context.addInstance(QStringLiteral("yard"), QStringLiteral("rtls"), &yard);
  QCOMPARE(fixture.get("/api/v1/rtls/zones/417/plan").body, png);  // only one has it
  fixture.putPlan(yard, "yard.png", "image/png", png + "of the yard");
  const HttpReply reply = fixture.get("/api/v1/rtls/zones/417/plan");
  QCOMPARE(reply.status, 409);
  QVERIFY2(reply.body.contains("2 instances have a zone of this number with a plan; say which by ?manager= (allowed: "
                               "Manager1, Yard)"),
           reply.body);
  QCOMPARE(fixture.get("/api/v1/rtls/zones/417/plan?manager=Manager1").body, png);
  QCOMPARE(fixture.get("/api/v1/rtls/zones/417/plan?manager=Yard").body, png + "of the yard");
}

void SiteTest::planRefusals_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::addColumn<QByteArray>("target");
  QTest::addColumn<int>("status");
  QTest::newRow("no plan") << png << QByteArray("/api/v1/rtls/zones/418/plan") << 404;
  QTest::newRow("no number") << png << QByteArray("/api/v1/rtls/zones/hall/plan") << 400;
  QTest::newRow("zero") << png << QByteArray("/api/v1/rtls/zones/0/plan") << 400;
  QTest::newRow("no picture") << QByteArray("<html>") << QByteArray("/api/v1/rtls/zones/417/plan") << 404;
  QTest::newRow("too large") << png + QByteArray(20 * 1024 * 1024, 'x') << QByteArray("/api/v1/rtls/zones/417/plan")
                             << 404;
}

void SiteTest::planRefusals() {
  QFETCH(QByteArray, bytes);
  QFETCH(QByteArray, target);
  QFETCH(int, status);
  Fixture fixture;
  fixture.putPlan("hall.png", "image/png", bytes);
  QCOMPARE(fixture.get(target).status, status);
  QFile::remove(fixture.rtls.planFile.path);
  QVERIFY(fixture.get("/api/v1/rtls/zones/417/plan").status == 404);
}

void SiteTest::musterByZone() {
  Fixture fixture;
  const QJsonObject list = fixture.get("/api/v1/rtls/muster").object();
  QCOMPARE(list.value(QStringLiteral("present")).toInt(), 1);
  QCOMPARE(list.value(QStringLiteral("lost")).toInt(), 1);
  QCOMPARE(list.value(QStringLiteral("unseen")).toInt(), 1);
  const QJsonObject room = list.value(QStringLiteral("zones")).toArray().at(0).toObject();
  QCOMPARE(room.value(QStringLiteral("zone_name")).toString(), QStringLiteral("Room"));
  const QJsonObject ann = room.value(QStringLiteral("tags")).toArray().at(0).toObject();
  QCOMPARE(ann.value(QStringLiteral("tag_id")).toString(), QStringLiteral("SIM1"));
  QCOMPARE(ann.value(QStringLiteral("class")).toString(), QStringLiteral("person"));
  QCOMPARE(ann.value(QStringLiteral("quality")).toString(), QStringLiteral("good"));
  QCOMPARE(ann.value(QStringLiteral("age_ms")).toInt(-1), 0);
  const QJsonObject lost = list.value(QStringLiteral("lost_tags")).toArray().at(0).toObject();
  QCOMPARE(lost.value(QStringLiteral("zone_name")).toString(), QStringLiteral("Yard"));
  QCOMPARE(lost.value(QStringLiteral("quality")).toString(), QStringLiteral("bad"));
  QCOMPARE(lost.value(QStringLiteral("age_ms")).toInt(), 90'000);
  const QJsonObject unseen = list.value(QStringLiteral("unseen_tags")).toArray().at(0).toObject();
  QCOMPARE(unseen.value(QStringLiteral("tag_id")).toString(), QStringLiteral("SIM3"));
  QVERIFY(!unseen.contains(QStringLiteral("x")));
}

void SiteTest::musterOfAZone() {
  Fixture fixture;
  const QJsonObject hall = fixture.get("/api/v1/rtls/muster?zone=417").object();
  QCOMPARE(hall.value(QStringLiteral("present")).toInt(), 1);  // in the room, which is in the hall
  QCOMPARE(hall.value(QStringLiteral("lost")).toInt(), 0);
  QCOMPARE(hall.value(QStringLiteral("unseen")).toInt(), 1);
  const QJsonObject yard = fixture.get("/api/v1/rtls/muster?zone=500").object();
  QCOMPARE(yard.value(QStringLiteral("present")).toInt(), 0);
  QCOMPARE(fixture.tagsOf(yard.value(QStringLiteral("lost_tags"))), QStringList{QStringLiteral("SIM2")});
}

void SiteTest::musterForASpreadsheet() {
  Fixture fixture;
  const HttpReply reply = fixture.get("/api/v1/rtls/muster?format=csv");
  QVERIFY(reply.head.contains("\r\nContent-Type: text/csv; charset=utf-8\r\n"));
  QCOMPARE(reply.body,
           QByteArray("instance,state,zone_id,zone_name,tag_id,name,class,x,y,z,last_fix,age_ms\r\n"
                      "uwb,present,418,Room,SIM1,\"Ann, \"\"A\"\"\",person,1,2,3,2026-01-01T00:00:00.000Z,0\r\n"
                      "uwb,lost,500,Yard,SIM2,'=cmd,person,1,2,3,2025-12-31T23:58:30.000Z,90000\r\n"
                      "uwb,unseen,,,SIM3,,person,,,,,\r\n"));
}

void SiteTest::musterGuardsWhatASpreadsheetWouldRun_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QByteArray>("cell");
  const auto row = [](const char *text, const char *cell) {
    QTest::newRow(text) << QString::fromLatin1(text) << QByteArray(cell);
  };
  row("A;=HYPERLINK(B1)", "\"A;'=HYPERLINK(B1)\"");
  row("A\t+1", "\"A\t'+1\"");
  row("A; @x;-1", "\"A;' @x;'-1\"");
  row("A\r\n=1", "\"A\r\n'=1\"");
  row(" =1", "' =1");
  row("-1", "'-1");
  row("A;B", "\"A;B\"");
  row("5\"-pipe", "\"5\"\"-pipe\"");
  row("A-B=C@D", "A-B=C@D");
}

void SiteTest::musterGuardsWhatASpreadsheetWouldRun() {
  QFETCH(QString, text);
  QFETCH(QByteArray, cell);
  Fixture fixture;
  Whereabouts tag = seen("", Whereabouts::State::Unseen, 0, Time());
  tag.tag = text;
  fixture.rtls.everybody = {tag};
  QVERIFY2(
      fixture.get("/api/v1/rtls/muster?format=csv").body.endsWith("\r\nuwb,unseen,,," + cell + ",,person,,,,,\r\n"),
      cell);
}

void SiteTest::musterShowsOnlyPermittedTags() {
  Fixture fixture({QStringLiteral("positions:SIM2:read")});
  const QJsonObject list = fixture.get("/api/v1/rtls/muster").object();
  QCOMPARE(list.value(QStringLiteral("present")).toInt(), 0);
  QCOMPARE(list.value(QStringLiteral("unseen")).toInt(), 0);
  QCOMPARE(fixture.tagsOf(list.value(QStringLiteral("lost_tags"))), QStringList{QStringLiteral("SIM2")});
  QVERIFY(!fixture.get("/api/v1/rtls/muster?format=csv").body.contains("SIM1"));
}

void SiteTest::musterRefusals_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<int>("status");
  QTest::newRow("unknown zone") << QByteArray("zone=9") << 404;
  QTest::newRow("zone is no number") << QByteArray("zone=hall") << 400;
  QTest::newRow("format") << QByteArray("format=xml") << 400;
  QTest::newRow("manager") << QByteArray("manager=Nobody") << 404;
}

void SiteTest::musterRefusals() {
  QFETCH(QByteArray, query);
  QFETCH(int, status);
  Fixture fixture;
  QCOMPARE(fixture.get("/api/v1/rtls/muster?" + query).status, status);
}

TAGWIRE_TEST(SiteTest)

}  // namespace site_test

#include "site_test.moc"
