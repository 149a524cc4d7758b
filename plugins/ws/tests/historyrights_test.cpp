// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "fakehistory.h"
#include "restfixture.h"
#include "testprogram.h"

namespace historyrights_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

const Time begun = fromMilliseconds(1'767'225'600'000);

HistorySeries seriesOf(const char *name, const char *tag = "") {
  const bool isOfTag = *tag != 0;
  HistorySeries series{
      {QString::fromLatin1(name), isOfTag ? ValueType::Position : ValueType::Double, {}, QString::fromLatin1(tag)}};
  series.values << HistoryValue{begun - 1min, begun - 1min, isOfTag ? Value(Position{1, 2, 3, {}}) : Value(7.0), {}};
  return series;
}

struct Fixture : RestFixture {
  explicit Fixture(const QStringList &permissions = {QStringLiteral("*:*")}) : RestFixture(config(permissions)) {
    history.series = {seriesOf("old/track", "SIM9"), seriesOf("plc1/boiler/temp"), seriesOf("plc1/pump/run"),
                      seriesOf("uwb/SIM1", "SIM1")};
    PointInfo live;
    live.name = QStringLiteral("SIM1");
    live.type = ValueType::Position;
    live.tag = QStringLiteral("SIM1");
    context.declareUnder(QStringLiteral("uwb"), {live});
    context.addInstance(QStringLiteral("archive"), QStringLiteral("sql"), &history);
  }
  /// Names of the series, then of what is unknown.
  QString shown(const QByteArray &query) {
    const HttpReply reply = get("/api/v1/history?" + query);
    if (reply.status != 200) return QString::number(reply.status);
    QStringList names;
    for (const QJsonValue &each : reply.object()[u"series"].toArray()) names << each[u"point"].toString();
    QStringList unknown;
    for (const QJsonValue &each : reply.object()[u"unknown"].toArray()) unknown << each.toString();
    return names.join(u' ') + u'|' + unknown.join(u' ');
  }
  QStringList listed(const QByteArray &query = {}) {
    QStringList names;
    for (const QJsonValue &each : get("/api/v1/history/points" + query).object()[u"points"].toArray()) {
      names << each[u"name"].toString();
    }
    return names;
  }
  HttpReply postTo(const QByteArray &verb, const QByteArray &body) {
    return send("POST", "/api/v1/history/quarantine/" + verb, body);
  }

  FakeHistory history;
};

QStringList rights(const char *texts) { return QString::fromLatin1(texts).split(u' '); }

}  // namespace

class HistoryRightsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void onlyByName();
  void refusalsNameNothingElse();
  void pointsOfTagsNeedThePositionToo();
  void tags();
  void numbersTellNothing();
  void trendsAndLastValues();
  void theListOfPoints();
  void events_data();
  void events();
  void kindsThatNobodyMayRead();
  void quarantine();
  void quarantineVerbs();
  void wrongBodies_data();
  void wrongBodies();
  void quarantineIsForThoseWhoMayReadAll();
};

void HistoryRightsTest::onlyByName() {
  Fixture fixture(rights("history:plc1/boiler/*:read"));
  QCOMPARE(fixture.shown("point=plc1/boiler/temp"), QStringLiteral("plc1/boiler/temp|"));
  QCOMPARE(fixture.shown("point=plc1/pump/run"), QStringLiteral("403"));
  QCOMPARE(fixture.shown("point=plc1/boiler/temp,plc1/pump/run"), QStringLiteral("403"));
  QCOMPARE(fixture.shown("point=plc1/never"), QStringLiteral("403"));
  QCOMPARE(Fixture(rights("points:read")).shown("point=plc1/boiler/temp"), QStringLiteral("403"));
}

void HistoryRightsTest::refusalsNameNothingElse() {
  Fixture fixture(rights("history:plc1/boiler/*:read"));
  const QString error =
      fixture.get("/api/v1/history?point=plc1/boiler/temp,plc1/pump/run").object()[u"error"].toString();
  QCOMPARE(error, QStringLiteral("not permitted: history:read is due for \"plc1/pump/run\""));
  QVERIFY(fixture.history.queries.isEmpty());
}

/// As for live points: history:read alone does not tell where a tag was, nor whether there was one.
void HistoryRightsTest::pointsOfTagsNeedThePositionToo() {
  Fixture narrow(rights("history:read"));
  QCOMPARE(narrow.shown("point=uwb/SIM1,plc1/pump/run"), QStringLiteral("plc1/pump/run|uwb/SIM1"));
  QCOMPARE(narrow.shown("point=old/track"), QStringLiteral("|old/track"));
  for (const HistoryQuery &query : narrow.history.queries) {
    QVERIFY(!query.points.contains(QStringLiteral("uwb/SIM1")) && !query.points.contains(QStringLiteral("old/track")));
  }
  Fixture one(rights("history:read positions:SIM1:read"));
  QCOMPARE(one.shown("point=uwb/SIM1,old/track"), QStringLiteral("uwb/SIM1|old/track"));
  Fixture wide(rights("history:read positions:read"));
  QCOMPARE(wide.shown("point=uwb/SIM1,old/track"), QStringLiteral("old/track uwb/SIM1|"));
  // Positions of whoever it is are for those who may see everybody.
  wide.history.series[0].point.tag.clear();
  one.history.series[0].point.tag.clear();
  QCOMPARE(wide.shown("point=old/track"), QStringLiteral("old/track|"));
  QCOMPARE(one.shown("point=old/track"), QStringLiteral("|old/track"));
}

void HistoryRightsTest::tags() {
  QCOMPARE(Fixture(rights("history:read")).shown("tag=SIM1"), QStringLiteral("403"));
  Fixture one(rights("history:read positions:SIM1:read"));
  QCOMPARE(one.shown("tag=SIM1"), QStringLiteral("uwb/SIM1|"));
  QCOMPARE(one.shown("tag=SIM1,SIM9"), QStringLiteral("403"));
  // The point's own name matters as well.
  Fixture other(rights("history:plc1/#:read positions:read"));
  QCOMPARE(other.shown("tag=SIM1"), QStringLiteral("|SIM1"));
  QVERIFY(other.history.queries.isEmpty());
  Fixture some(rights("history:uwb/#:read positions:read"));
  some.history.series << seriesOf("yard/SIM1", "SIM1");
  QCOMPARE(some.shown("tag=SIM1,SIM9"), QStringLiteral("uwb/SIM1|SIM9"));
  QCOMPARE(some.history.queries.last().points, rights("uwb/SIM1"));
}

void HistoryRightsTest::numbersTellNothing() {
  Fixture fixture(rights("history:plc1/boiler/*:read"));
  QCOMPARE(fixture.shown("point=59"), QStringLiteral("plc1/boiler/temp|"));
  QCOMPARE(fixture.shown("point=60"), QStringLiteral("|60"));
  QCOMPARE(fixture.shown("point=61"), QStringLiteral("|61"));
}

void HistoryRightsTest::trendsAndLastValues() {
  Fixture fixture(rights("history:read"));
  const auto unknown = [&](const QByteArray &target) { return fixture.get(target).object()[u"unknown"].toArray(); };
  const QJsonArray both{QStringLiteral("uwb/SIM1"), QStringLiteral("old/track")};
  QCOMPARE(unknown("/api/v1/history?buckets=5&point=uwb/SIM1,old/track"), both);
  QCOMPARE(unknown("/api/v1/history/last?point=uwb/SIM1,old/track"), both);
  Fixture narrow(rights("history:plc1/boiler/*:read"));
  for (const char *target : {"/api/v1/history?buckets=5&point=plc1/pump/run",
                             "/api/v1/history/last?point=plc1/pump/run", "/api/v1/history/export?point=plc1/pump/run",
                             "/api/v1/history/export?tag=SIM1", "/api/v1/history/last?tag=SIM1"}) {
    QCOMPARE(narrow.get(target).status, 403);
  }
}

void HistoryRightsTest::theListOfPoints() {
  QCOMPARE(Fixture().listed().size(), 4);
  QCOMPARE(Fixture(rights("history:read")).listed(), rights("plc1/boiler/temp plc1/pump/run"));
  QCOMPARE(Fixture(rights("history:read positions:SIM1:read")).listed(),
           rights("plc1/boiler/temp plc1/pump/run uwb/SIM1"));
  Fixture narrow(rights("history:plc1/pump/*:read"));
  // What lies before and behind it does not show.
  QCOMPARE(narrow.listed("?limit=1"), rights("plc1/pump/run"));
  QVERIFY(narrow.get("/api/v1/history/points?limit=1").object()[u"next"].isNull());
}

void HistoryRightsTest::events_data() {
  QTest::addColumn<QString>("permissions");
  QTest::addColumn<QString>("shown");
  const auto row = [](const char *permissions, const char *shown) {
    QTest::newRow(permissions) << QString::fromLatin1(permissions) << QString::fromLatin1(shown);
  };
  row("*:read", "1 2 3 4 5 6 7 8");
  row("history:read", "");
  row("history:plc1/*:read alarms:hall/*:read", "1 2");
  row("history:read alarms:read", "1 2 3");
  row("history:read positions:SIM1:read", "4");
  row("history:read commands:plc1/boiler/*:read", "5");
  row("history:read commands:read", "5 6");
  row("history:read events:system:read", "7");
  row("history:read events:trigger:read", "4");
  row("history:read events:alarm:read", "8");
}

/// Each needs what it needed when it happened; what a plugin from outside calls alarm is none.
void HistoryRightsTest::events() {
  QFETCH(QString, permissions);
  QFETCH(QString, shown);
  Fixture fixture(permissions.split(u' '));
  const auto add = [&](const char *kind, const QByteArray &fields) {
    const QByteArray json = "{\"seq\":" + QByteArray::number(fixture.history.eventList.size() + 1) + fields + '}';
    fixture.history.eventList << HistoryEvent{begun, QStringLiteral("x"), QString::fromLatin1(kind), json};
  };
  add("alarm", ",\"area\":\"hall/a\"");
  add("alarm_condition", ",\"area\":\"hall/b\"");
  add("alarm", "");
  add("trigger", ",\"tag_id\":\"SIM1\"");
  add("command", ",\"point\":\"plc1/boiler/temp\"");
  add("command", "");
  add("system", ",\"kind\":\"plugin_status\"");
  add("alarm", ",\"json\":{\"area\":\"hall/a\"}");
  QStringList seen;
  for (const QJsonValue &each : fixture.get("/api/v1/history/events").object()[u"events"].toArray()) {
    seen << QString::number(each[u"seq"].toInt());
  }
  QCOMPARE(seen.join(u' '), shown);
  const QByteArray lines = fixture.get("/api/v1/history/events?format=csv").body;
  QCOMPARE(lines.count("\r\n"), seen.size() + 1);
}

void HistoryRightsTest::kindsThatNobodyMayRead() {
  Fixture fixture(rights("history:read alarms:read"));
  QCOMPARE(fixture.get("/api/v1/history/events?kind=alarm").status, 200);
  const HttpReply reply = fixture.get("/api/v1/history/events?kind=alarm,command");
  QCOMPARE(reply.status, 403);
  QCOMPARE(reply.object()[u"error"].toString(), QStringLiteral("not permitted: events of kind \"command\""));
}

void HistoryRightsTest::quarantine() {
  Fixture fixture;
  fixture.history.quarantine = {{{5, begun, begun - 1s, QStringLiteral("plc1/boiler/temp"), QStringLiteral("7"),
                                  QStringLiteral("value out of range")}},
                                12,
                                5};
  const QJsonObject json = fixture.get("/api/v1/history/quarantine?after=4&limit=1").object();
  QCOMPARE(fixture.history.quarantineAsked, (std::pair<qint64, int>(4, 1)));
  QCOMPARE(json[u"total"].toInt(), 12);
  QCOMPARE(json[u"next"].toInt(), 5);
  QCOMPARE(json[u"records"][0].toObject(),
           (QJsonObject{{QStringLiteral("id"), 5},
                        {QStringLiteral("since"), QStringLiteral("2026-01-01T00:00:00.000Z")},
                        {QStringLiteral("t"), QStringLiteral("2025-12-31T23:59:59.000Z")},
                        {QStringLiteral("what"), QStringLiteral("plc1/boiler/temp")},
                        {QStringLiteral("content"), QStringLiteral("7")},
                        {QStringLiteral("reason"), QStringLiteral("value out of range")}}));
  fixture.history.quarantine.next = 0;
  QVERIFY(fixture.get("/api/v1/history/quarantine").object()[u"next"].isNull());
  QCOMPARE(fixture.history.quarantineAsked, (std::pair<qint64, int>(0, 100)));
  for (const char *wrong : {"?limit=1001", "?limit=0", "?after=-1", "?after=x"}) {
    QCOMPARE(fixture.get(QByteArray("/api/v1/history/quarantine") + wrong).status, 400);
  }
}

void HistoryRightsTest::quarantineVerbs() {
  Fixture fixture;
  const HttpReply some = fixture.postTo("requeue", "{\"ids\":[5,9007199254740991]}");
  QCOMPARE(some.status, 200);
  QCOMPARE(some.object()[u"requeued"].toInt(), 2);
  QCOMPARE(fixture.history.requeued.last(), (QList<qint64>{5, 9'007'199'254'740'991}));
  QCOMPARE(fixture.postTo("requeue", "{\"all\":true}").object()[u"requeued"].toInt(), 7);
  QVERIFY(fixture.history.requeued.last().isEmpty());
  QCOMPARE(fixture.postTo("discard", "{\"ids\":[6]}").object()[u"discarded"].toInt(), 1);
  QCOMPARE(fixture.history.discarded, (QList<QList<qint64>>{{6}}));
}

void HistoryRightsTest::wrongBodies_data() {
  QTest::addColumn<QByteArray>("body");
  for (const char *body : {"", "{}", "[]", "{\"ids\":[]}", "{\"ids\":5}", "{\"ids\":[0]}", "{\"ids\":[-1]}",
                           "{\"ids\":[1.5]}", "{\"ids\":[\"1\"]}", "{\"ids\":[1e300]}", "{\"all\":false}",
                           "{\"all\":1}", "{\"all\":true,\"ids\":[1]}", "{\"all\":true,\"ids\":[]}", "{\"idz\":[1]}"}) {
    QTest::newRow(body) << QByteArray(body);
  }
  QTest::newRow("many") << "{\"ids\":[1" + QByteArray(",1").repeated(1000) + "]}";
}

/// Above all, none of them means all.
void HistoryRightsTest::wrongBodies() {
  QFETCH(QByteArray, body);
  Fixture fixture;
  for (const char *verb : {"requeue", "discard"}) {
    const HttpReply reply = fixture.postTo(verb, body);
    QCOMPARE(reply.status, 400);
    QVERIFY(reply.object()[u"error"].toString().contains(QStringLiteral("(allowed: ")));
  }
  QVERIFY(fixture.history.requeued.isEmpty() && fixture.history.discarded.isEmpty());
}

void HistoryRightsTest::quarantineIsForThoseWhoMayReadAll() {
  Fixture narrow(rights("history:plc1/#:read history:plc1/#:write"));
  QCOMPARE(narrow.get("/api/v1/history/quarantine").status, 403);
  QCOMPARE(narrow.postTo("requeue", "{\"all\":true}").status, 403);
  QCOMPARE(narrow.postTo("discard", "{\"all\":true}").status, 403);
  Fixture reader(rights("history:read"));
  QCOMPARE(reader.get("/api/v1/history/quarantine").status, 200);
  QCOMPARE(reader.postTo("discard", "{\"all\":true}").status, 403);
  QVERIFY(narrow.history.discarded.isEmpty() && reader.history.discarded.isEmpty());
  Fixture writer(rights("history:write"));
  QCOMPARE(writer.postTo("discard", "{\"all\":true}").status, 200);
  QCOMPARE(writer.get("/api/v1/history/quarantine").status, 403);
}

TAGWIRE_TEST(HistoryRightsTest)

}  // namespace historyrights_test

#include "historyrights_test.moc"
