// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "alarmhistory.h"
#include "protocols/tests/recordingsession.h"
#include "restfixture.h"
#include "testprogram.h"

namespace alarmhistory_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

constexpr const char *historyPath = "/api/v1/alarms/history";

struct Fixture : RestFixture {
  explicit Fixture(const QStringList &permissions = {QStringLiteral("*:*")}) : RestFixture(config(permissions)) {
    context.addInstance(QStringLiteral("alarms"), QStringLiteral("alarms"), &desk);
  }
  static void record(FakeAlarms &desk, std::chrono::seconds at, decltype(Event::body) body) {
    Event event;
    event.sequence = static_cast<quint64>(desk.records.size() + 1);
    event.time = Time(at);
    event.body = std::move(body);
    desk.records.append(event);
  }
  HttpReply history(const QByteArray &query = {}) { return get(historyPath + query); }
  QList<int> rules(const QByteArray &query = {}) { return rulesOf(history(query)); }
  static QList<int> rulesOf(const HttpReply &reply) {
    QList<int> ids;
    for (const QJsonValue &each : reply.object().value(QStringLiteral("events")).toArray()) {
      ids << each[u"rule_id"].toInt();
    }
    return ids;
  }
  /// All pages of this size, one after the other.
  QList<int> pages(const QByteArray &query, int *count) {
    QList<int> all;
    QString next = QStringLiteral("0");
    for (*count = 0; !next.isEmpty() && *count < 100; ++*count) {
      const HttpReply reply = history(query + "&after=" + next.toUtf8());
      if (reply.status != 200) return {};
      all += rulesOf(reply);
      next = reply.object().value(QStringLiteral("next")).toString();
    }
    return all;
  }

  FakeAlarms desk;
};

QString errorOf(const HttpReply &reply) { return reply.object().value(QStringLiteral("error")).toString(); }

AlarmTransition rise(int rule, const char *area) { return alarmOf(rule, AlarmState::Alarm, AlarmState::Ok, area); }

}  // namespace

class AlarmHistoryTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_24_recordsAsTheyWereTold();
  void R3_24_whatTheQueryAsksFor();
  void R3_24_wrongQueries_data();
  void R3_24_wrongQueries();
  void R3_24_pagesOfOneDesk();
  void R3_24_pagesOfSeveralDesks();
  void R3_24_onlyOfTheCallersAreas();
  void R3_24_csv();
  void R3_24_csvCellsAreHarmless();
  void cursors_data();
  void cursors();
  void R3_25_figuresOfTheDesk();
  void R3_25_figuresOfAPartOfThePlant();
  void R3_25_figuresOfSeveralDesks();
  void aDeskThatCannotTellIsNoQuietPlant();
  void R3_25_wrongRanges_data();
  void R3_25_wrongRanges();
};

void AlarmHistoryTest::R3_24_recordsAsTheyWereTold() {
  Fixture fixture;
  Fixture::record(fixture.desk, 100s, rise(77, "hall"));
  auto change = changeOf(77, AlarmCondition::AcknowledgedActive, AlarmCondition::UnacknowledgedActive, "ack", "hall");
  change.comment = QStringLiteral("seen");
  Fixture::record(fixture.desk, 101s, change);
  const HttpReply reply = fixture.history();
  QCOMPARE(reply.status, 200);
  QVERIFY(reply.object().value(QStringLiteral("next")).isNull());
  const QJsonArray events = reply.object().value(QStringLiteral("events")).toArray();
  QCOMPARE(events.size(), 2);
  QCOMPARE(events[0][u"seq"].toInt(), 1);
  QCOMPARE(events[0][u"type"].toString(), QStringLiteral("alarm_state"));
  QCOMPARE(events[0][u"ts"].toString(), QStringLiteral("1970-01-01T00:01:40.000000+00:00"));
  QCOMPARE(events[0][u"state"].toString(), QStringLiteral("ALARM"));
  QCOMPARE(events[0][u"previous"].toString(), QStringLiteral("OK"));
  QCOMPARE(events[1][u"type"].toString(), QStringLiteral("alarm_condition"));
  QCOMPARE(events[1][u"by"].toString(), QStringLiteral("ann"));
  QCOMPARE(events[1][u"comment"].toString(), QStringLiteral("seen"));
}

void AlarmHistoryTest::R3_24_whatTheQueryAsksFor() {
  Fixture fixture;
  Fixture::record(fixture.desk, 100s, rise(1, "hall"));
  Fixture::record(fixture.desk, 200s, alarmOf(1, AlarmState::Ok, AlarmState::Alarm, "hall"));
  Fixture::record(fixture.desk, 300s, rise(2, "hall"));
  QCOMPARE(fixture.rules("?from=1970-01-01T00:03:20Z"), QList<int>({1, 2}));
  QCOMPARE(fixture.rules("?from=1970-01-01T01:03:20+01:00"), QList<int>({1, 2}));
  QCOMPARE(fixture.rules("?to=1970-01-01T00:03:20Z"), QList<int>({1}));
  QCOMPARE(fixture.rules("?rule=2,3"), QList<int>({2}));
  QCOMPARE(fixture.rules("?rule=2%2C3"), QList<int>({2}));
  QCOMPARE(fixture.rules("?state=ALARM"), QList<int>({1, 2}));
  QCOMPARE(fixture.rules("?order=desc"), QList<int>({2, 1, 1}));
  QCOMPARE(fixture.rules("?order=desc&limit=1"), QList<int>({2}));
  const AlarmHistoryQuery &last = fixture.desk.queries.last();
  QCOMPARE(last.limit, 1);
  QVERIFY(last.newestFirst);
}

void AlarmHistoryTest::R3_24_wrongQueries_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<QString>("error");
  QTest::newRow("from") << QByteArray("?from=yesterday") << "from is wrong";
  QTest::newRow("no zone") << QByteArray("?from=2025-01-01T00:00:00") << "from is wrong";
  QTest::newRow("behind") << QByteArray("?from=2025-01-02&to=2025-01-01") << "from must be before to";
  QTest::newRow("rule") << QByteArray("?rule=1e99") << "rule is wrong";
  QTest::newRow("many rules") << "?rule=1" + QByteArray(",1").repeated(1000) << "too many";
  QTest::newRow("state") << QByteArray("?state=BAD") << "OK, WARNING, ALARM";
  QTest::newRow("limit") << QByteArray("?limit=10001") << "1 to 10000";
  QTest::newRow("no limit") << QByteArray("?limit=0") << "1 to 10000";
  QTest::newRow("order") << QByteArray("?order=up") << "asc, desc";
  QTest::newRow("format") << QByteArray("?format=xml") << "json, csv";
  QTest::newRow("after") << QByteArray("?after=x") << "after is wrong";
  QTest::newRow("huge after") << QByteArray("?after=99999999999999999999") << "after is wrong";
}

void AlarmHistoryTest::R3_24_wrongQueries() {
  QFETCH(QByteArray, query);
  QFETCH(QString, error);
  Fixture fixture;
  const HttpReply reply = fixture.history(query);
  QCOMPARE(reply.status, 400);
  QVERIFY2(errorOf(reply).contains(error), reply.body.constData());
  QVERIFY(fixture.desk.queries.isEmpty());
}

void AlarmHistoryTest::R3_24_pagesOfOneDesk() {
  Fixture fixture;
  QList<int> all;
  for (int rule = 1; rule <= 25; ++rule) {
    Fixture::record(fixture.desk, std::chrono::seconds(rule), rise(rule, "hall"));
    all << rule;
  }
  int count = 0;
  QCOMPARE(fixture.pages("?limit=10", &count), all);
  QCOMPARE(count, 3);
  std::reverse(all.begin(), all.end());
  QCOMPARE(fixture.pages("?limit=10&order=desc", &count), all);
  QCOMPARE(fixture.history("?limit=10").object().value(QStringLiteral("next")).toString(), QStringLiteral("10"));
}

void AlarmHistoryTest::R3_24_pagesOfSeveralDesks() {
  Fixture fixture;
  FakeAlarms other;
  fixture.context.addInstance(QStringLiteral("cold"), QStringLiteral("alarms"), &other);
  QList<int> all;
  for (int rule = 1; rule <= 40; ++rule) {
    // The second one has few, and its numbers mean nothing to the first.
    Fixture::record(rule % 7 == 0 ? other : fixture.desk, std::chrono::seconds(rule), rise(rule, "hall"));
    all << rule;
  }
  int count = 0;
  for (const char *limit : {"?limit=1", "?limit=3", "?limit=10", "?limit=40"}) {
    QCOMPARE(fixture.pages(limit, &count), all);
  }
  std::reverse(all.begin(), all.end());
  QCOMPARE(fixture.pages("?limit=3&order=desc", &count), all);
}

void AlarmHistoryTest::R3_24_onlyOfTheCallersAreas() {
  Fixture fixture({QStringLiteral("alarms:hall:read")});
  Fixture::record(fixture.desk, 1s, rise(1, "hall"));
  Fixture::record(fixture.desk, 2s, rise(2, "cold-store"));
  Fixture::record(fixture.desk, 3s,
                  changeOf(2, AlarmCondition::Shelved, AlarmCondition::Normal, "shelve", "cold-store"));
  QCOMPARE(fixture.rules(), QList<int>({1}));
  const HttpReply csv = fixture.history("?format=csv");
  QCOMPARE(csv.body.count("\r\n"), 2);
  QVERIFY(!csv.body.contains("cold-store"));
}

void AlarmHistoryTest::R3_24_csv() {
  Fixture fixture;
  AlarmTransition alarm = rise(77, "hall");
  alarm.value = -3.5;
  Fixture::record(fixture.desk, 100s, alarm);
  auto change = changeOf(77, AlarmCondition::Shelved, AlarmCondition::UnacknowledgedActive, "shelve", "hall");
  change.comment = QStringLiteral("line one\nsays \"no\", twice");
  change.until = Time(160s);
  Fixture::record(fixture.desk, 101s, change);
  const HttpReply byAccept = fixture.ask("GET", historyPath, "Accept: text/csv\r\n");
  const HttpReply reply = fixture.history("?format=csv");
  QCOMPARE(byAccept.body, reply.body);
  QVERIFY(reply.head.contains("Content-Type: text/csv; charset=utf-8\r\n"));
  const QByteArrayList lines = reply.body.split('\r');
  QVERIFY(lines[0].startsWith("seq,ts,type,rule_id,rule_name,area,state,previous,condition,"));
  QCOMPARE(lines[1], QByteArray("\n1,1970-01-01T00:01:40.000000Z,alarm_state,77,Compressor Discharge High Temp,hall,"
                                "ALARM,OK,Normal,,critical,-3.5,,,Rule Compressor Discharge High Temp -> ALARM,,,,,"
                                "4277,42"));
  QCOMPARE(lines[2], QByteArray("\n2,1970-01-01T00:01:41.000000Z,alarm_condition,77,Compressor Discharge High Temp,"
                                "hall,ALARM,,Shelved,Unacknowledged-Active,critical,,,,,shelve,ann,"
                                "\"line one\nsays \"\"no\"\", twice\",1970-01-01T00:02:40.000000Z,4277,"));
  QVERIFY(!reply.head.contains("X-Next"));
  QVERIFY(fixture.history("?format=csv&limit=1").head.contains("X-Next: 1\r\n"));
}

void AlarmHistoryTest::R3_24_csvCellsAreHarmless() {
  Fixture fixture;
  auto change = changeOf(77, AlarmCondition::Normal, AlarmCondition::Normal, "comment", "hall");
  for (const char *formula : {"=1+1", "+1", "-1", "@SUM(A1)", " =1", "x;=1"}) {
    change.comment = QString::fromUtf8(formula);
    Fixture::record(fixture.desk, 1s, change);
  }
  const QByteArray csv = fixture.history("?format=csv").body;
  for (const char *cell : {",'=1+1,", ",'+1,", ",'-1,", ",'@SUM(A1),", ",' =1,", "\"x;'=1\""}) {
    QVERIFY2(csv.contains(cell), csv.constData());
  }
}

void AlarmHistoryTest::cursors_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<bool>("isGood");
  QTest::newRow("number") << "4711" << true;
  QTest::newRow("desks") << "alarms:1,cold:2" << true;
  QTest::newRow("empty") << "" << false;
  QTest::newRow("no desk") << ":1" << false;
  QTest::newRow("no number") << "alarms:" << false;
  QTest::newRow("negative") << "-1" << false;
}

void AlarmHistoryTest::cursors() {
  QFETCH(QString, text);
  QFETCH(bool, isGood);
  const auto cursor = AlarmCursor::fromText(text);
  QCOMPARE(cursor.has_value(), isGood);
  if (isGood) QCOMPARE(cursor->text(), text);
}

void AlarmHistoryTest::R3_25_figuresOfTheDesk() {
  Fixture fixture;
  AlarmStatistics &figures = fixture.desk.figures;
  figures.total = 12;
  figures.perTenMinutes = {11, 1};
  figures.averagePerTenMinutes = 6;
  figures.peakPerTenMinutes = 11;
  figures.floodShare = 0.5;
  figures.standing = 3;
  figures.standingOverADay = 1;
  figures.unacknowledged = 2;
  figures.shelved = 1;
  figures.chattering = {{77, QStringLiteral("Pump"), QStringLiteral("hall"), 9}};
  figures.mostFrequent = {{77, QStringLiteral("Pump"), QStringLiteral("hall"), 11}};
  figures.bySeverity = {{Severity::Critical, 11}, {Severity::Minor, 1}};
  const HttpReply reply = fixture.get("/api/v1/alarms/statistics?from=1970-01-01T00:00:00Z&to=1970-01-01T00:20:00Z");
  QCOMPARE(reply.body,
           QByteArray("{\"from\":\"1970-01-01T00:00:00.000Z\",\"to\":\"1970-01-01T00:20:00.000Z\",\"total\":12,"
                      "\"per_10_min\":[11,1],\"average_per_10_min\":6.0,\"peak_per_10_min\":11,\"flood_share\":0.5,"
                      "\"standing\":3,\"standing_over_24_h\":1,\"unacknowledged\":2,\"shelved\":1,"
                      "\"chattering\":[{\"rule_id\":77,\"rule_name\":\"Pump\",\"area\":\"hall\",\"count\":9}],"
                      "\"most_frequent\":[{\"rule_id\":77,\"rule_name\":\"Pump\",\"area\":\"hall\",\"count\":11}],"
                      "\"by_severity\":{\"critical\":11,\"major\":0,\"minor\":1,\"info\":0}}"));
  // Without a range: the last day.
  const QJsonObject day = fixture.get("/api/v1/alarms/statistics").object();
  QCOMPARE(day.value(QStringLiteral("from")).toString(), QStringLiteral("2025-12-31T00:00:00.000Z"));
  QCOMPARE(day.value(QStringLiteral("to")).toString(), QStringLiteral("2026-01-01T00:00:00.000Z"));
  QCOMPARE(fixture.get("/api/v1/alarms/statistics?from=2025-12-31T18:00:00Z").object()[u"to"],
           day.value(QStringLiteral("to")));
}

void AlarmHistoryTest::R3_25_figuresOfAPartOfThePlant() {
  Fixture fixture({QStringLiteral("alarms:hall:read")});
  for (int i = 0; i < 12; ++i) Fixture::record(fixture.desk, 10s, rise(1, "hall"));
  for (int i = 0; i < 50; ++i) Fixture::record(fixture.desk, 20s, rise(9, "cold-store"));
  Fixture::record(fixture.desk, 30s, alarmOf(1, AlarmState::Warning, AlarmState::Alarm, "hall"));  // no rise
  Fixture::record(fixture.desk, 700s, alarmOf(2, AlarmState::Alarm, AlarmState::Warning, "hall"));
  Fixture::record(fixture.desk, 1500s, alarmOf(2, AlarmState::Ok, AlarmState::Alarm, "hall"));
  fixture.desk.figures.total = 999;
  fixture.desk.figures.chattering = {{1, QStringLiteral("a"), QStringLiteral("hall"), 12},
                                     {9, QStringLiteral("b"), QStringLiteral("cold-store"), 50}};
  AlarmTransition shelved = alarmOf(3, AlarmState::Ok, AlarmState::Ok, "hall");
  shelved.condition = AlarmCondition::Shelved;
  AlarmTransition open = rise(4, "hall");
  open.condition = AlarmCondition::UnacknowledgedActive;
  fixture.desk.active = {{.since = Time(0s), .transition = shelved},
                         {.since = Time(0s), .transition = open},
                         {.since = Time(0s), .transition = rise(9, "cold-store")}};
  const QJsonObject figures =
      fixture.get("/api/v1/alarms/statistics?from=1970-01-01T00:00:00Z&to=1970-01-01T00:25:00Z").object();
  QCOMPARE(figures[u"total"].toInt(), 13);
  QCOMPARE(figures[u"per_10_min"].toArray(), (QJsonArray{12, 1, 0}));
  QCOMPARE(figures[u"peak_per_10_min"].toInt(), 12);
  QCOMPARE(figures[u"average_per_10_min"].toDouble(), 5.2);
  QCOMPARE(figures[u"flood_share"].toDouble(), 1.0 / 3);
  QCOMPARE(figures[u"standing"].toInt(), 1);
  QCOMPARE(figures[u"standing_over_24_h"].toInt(), 1);
  QCOMPARE(figures[u"unacknowledged"].toInt(), 1);
  QCOMPARE(figures[u"shelved"].toInt(), 1);
  QCOMPARE(figures[u"chattering"].toArray().size(), 1);
  QCOMPARE(figures[u"most_frequent"].toArray().size(), 2);
  QCOMPARE(figures[u"most_frequent"].toArray()[0][u"count"].toInt(), 12);
  QCOMPARE(figures[u"by_severity"][u"critical"].toInt(), 13);
}

void AlarmHistoryTest::R3_25_figuresOfSeveralDesks() {
  Fixture fixture;
  FakeAlarms other;
  fixture.context.addInstance(QStringLiteral("cold"), QStringLiteral("alarms"), &other);
  for (FakeAlarms *desk : {&fixture.desk, &other}) {
    desk->figures.total = 6;
    desk->figures.perTenMinutes = {6, 0};
    desk->figures.standing = 2;
    desk->figures.bySeverity = {{Severity::Major, 6}};
  }
  const QJsonObject figures =
      fixture.get("/api/v1/alarms/statistics?from=1970-01-01T00:00:00Z&to=1970-01-01T00:20:00Z").object();
  QCOMPARE(figures[u"total"].toInt(), 12);
  QCOMPARE(figures[u"per_10_min"].toArray(), (QJsonArray{12, 0}));
  QCOMPARE(figures[u"peak_per_10_min"].toInt(), 12);
  QCOMPARE(figures[u"flood_share"].toDouble(), 0.5);
  QCOMPARE(figures[u"average_per_10_min"].toDouble(), 6.0);
  QCOMPARE(figures[u"standing"].toInt(), 4);
  QCOMPARE(figures[u"by_severity"][u"major"].toInt(), 12);
}

void AlarmHistoryTest::aDeskThatCannotTellIsNoQuietPlant() {
  class Broken : public FakeAlarms {
    void history(Reply<QList<Event>> reply, AlarmHistoryQuery) override { reply(down()); }
    void statistics(Reply<AlarmStatistics> reply, Time, Time) override { reply(down()); }
    void areas(Reply<QList<AlarmArea>> reply) override { reply(down()); }
    static tl::unexpected<QString> down() { return failure(QStringLiteral("the alarm store is down")); }
  };
  Fixture fixture;
  Broken broken;
  fixture.context.addInstance(QStringLiteral("broken"), QStringLiteral("alarms"), &broken);
  for (const char *what : {"history", "statistics", "areas"}) {
    const HttpReply reply = fixture.get(QByteArray("/api/v1/alarms/") + what);
    QCOMPARE(reply.status, 503);
    QCOMPARE(errorOf(reply), QStringLiteral("the alarm store is down"));
  }
}

void AlarmHistoryTest::R3_25_wrongRanges_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<QString>("error");
  QTest::newRow("32 days") << QByteArray("?from=2025-01-01&to=2025-02-02") << "at most 31 days";
  QTest::newRow("32 days ago") << QByteArray("?from=2025-11-29") << "at most 31 days";
  QTest::newRow("behind") << QByteArray("?from=2025-01-02&to=2025-01-01") << "from must be before to";
  QTest::newRow("to come") << QByteArray("?from=2030-01-01") << "from must be before to";
  QTest::newRow("no time") << QByteArray("?to=now") << "to is wrong";
}

void AlarmHistoryTest::R3_25_wrongRanges() {
  QFETCH(QByteArray, query);
  QFETCH(QString, error);
  Fixture fixture;
  const HttpReply reply = fixture.get("/api/v1/alarms/statistics" + query);
  QCOMPARE(reply.status, 400);
  QVERIFY2(errorOf(reply).contains(error), reply.body.constData());
}

TAGWIRE_TEST(AlarmHistoryTest)

}  // namespace alarmhistory_test

#include "alarmhistory_test.moc"
