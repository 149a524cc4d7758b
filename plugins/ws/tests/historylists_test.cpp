// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "historyfixture.h"
#include "testprogram.h"

namespace historylists_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

using Fixture = HistoryFixture;

}  // namespace

class HistoryListsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void lastValues();
  void storedPoints();
  void storedPointsByPages();
  void events();
  void wrongEvents_data();
  void wrongEvents();
  void noHistory();
  void aHistoryThatDoesNotRun();
  void theDatabaseIsAway();
  void whatIsWrongWithTheDatabaseIsLoggedOncePerChange();
  void aBusyHistorySaysSo();
  void whatTakesTooLongIsNotToBeAskedAgain();
  void whatTheHistoryRefuses();
  void severalHistories();
};

void HistoryListsTest::lastValues() {
  Fixture fixture;
  const QJsonObject now = fixture.object("/api/v1/history/last?point=plc1/boiler/temp&point=plc1/pump/run");
  QCOMPARE(fixture.history.asked, QList<Time>{begun});
  QCOMPARE(now[u"series"][0][u"last"][u"v"].toDouble(), 29.0);
  QCOMPARE(now[u"series"][1][u"last"][u"v"], QJsonValue(true));
  const QJsonObject then =
      fixture.object("/api/v1/history/last?point=plc1/boiler/temp,plc1/pump/run&at=2025-12-31T23:52:00Z");
  QCOMPARE(then[u"series"][0][u"last"][u"v"].toDouble(), 21.0);
  QVERIFY(then[u"series"][1].toObject().contains(QStringLiteral("last")));
  QVERIFY(then[u"series"][1][u"last"].isNull());
  QVERIFY(fixture.errorOf("/api/v1/history/last?point=a/b&at=noon", 400).contains(QStringLiteral("at is wrong")));
  QVERIFY(fixture.errorOf("/api/v1/history/last", 400).contains(QStringLiteral("point is missing")));
}

void HistoryListsTest::storedPoints() {
  Fixture fixture;
  const QJsonObject json = fixture.object("/api/v1/history/points");
  QCOMPARE(json[u"points"][0].toObject(), (QJsonObject{{QStringLiteral("name"), QStringLiteral("plc1/boiler/temp")},
                                                       {QStringLiteral("type"), QStringLiteral("double")},
                                                       {QStringLiteral("unit"), QStringLiteral("°C")}}));
  QCOMPARE(json[u"points"].toArray().size(), 2);
  QVERIFY(json[u"next"].isNull());
  QVERIFY(fixture.errorOf("/api/v1/history/points?limit=10001", 400).contains(QStringLiteral("1 to 10000")));
}

void HistoryListsTest::storedPointsByPages() {
  Fixture fixture;
  const QJsonObject first = fixture.object("/api/v1/history/points?limit=1");
  QCOMPARE(first[u"points"].toArray().size(), 1);
  QCOMPARE(first[u"next"].toString(), QStringLiteral("plc1/boiler/temp"));
  const QJsonObject second = fixture.object("/api/v1/history/points?limit=1&after=plc1/boiler/temp");
  QCOMPARE(second[u"points"][0][u"name"].toString(), QStringLiteral("plc1/pump/run"));
  QVERIFY(second[u"next"].isNull());
  fixture.history.series.clear();
  for (int i = 0; i < 10'001; ++i) {
    const QString name = QStringLiteral("p/%1").arg(i, 5, 10, QLatin1Char('0'));
    fixture.history.series << HistorySeries{{name, ValueType::Double, {}, {}}, {}, {}, {}};
  }
  const QJsonObject most = fixture.object("/api/v1/history/points?limit=10000");
  QCOMPARE(most[u"points"].toArray().size(), 10'000);
  QCOMPARE(most[u"next"].toString(), QStringLiteral("p/09999"));
}

void HistoryListsTest::events() {
  Fixture fixture;
  for (int i = 0; i < 3; ++i) {
    fixture.history.eventList << HistoryEvent{begun, QStringLiteral("plc1"), QStringLiteral("system"),
                                              "{\"seq\":" + QByteArray::number(i) + ",\"type\":\"system\"}"};
  }
  const QJsonObject json =
      fixture.object("/api/v1/history/events?kind=system,alarm&source=plc1&from=2025-12-31&limit=2&order=desc");
  QCOMPARE(json[u"events"].toArray().size(), 2);
  QCOMPARE(json[u"events"][1][u"seq"].toInt(), 1);
  QCOMPARE(json[u"next"].toString(), QStringLiteral("2"));
  const HistoryEventQuery query = fixture.history.eventQueries.last();
  QCOMPARE(query.kinds, (QStringList{QStringLiteral("system"), QStringLiteral("alarm")}));
  QCOMPARE(query.sources, QStringList{QStringLiteral("plc1")});
  QCOMPARE(query.from, begun - 24h);
  QVERIFY(query.newestFirst);
  const QJsonObject rest = fixture.object("/api/v1/history/events?limit=2&after=2");
  QCOMPARE(rest[u"events"].toArray().size(), 1);
  QVERIFY(rest[u"next"].isNull());
  const HttpReply csv = fixture.get("/api/v1/history/events?format=csv&limit=1");
  QCOMPARE(csv.body, QByteArray("time,source,kind,event\r\n2026-01-01T00:00:00.000Z,plc1,system,"
                                "\"{\"\"seq\"\":0,\"\"type\"\":\"\"system\"\"}\"\r\n"));
  QVERIFY(csv.head.contains("X-Next: 1\r\n"));
}

void HistoryListsTest::wrongEvents_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<QString>("error");
  QTest::newRow("from") << QByteArray("from=x") << "from is wrong";
  QTest::newRow("limit") << QByteArray("limit=-1") << "1 to 10000";
  QTest::newRow("order") << QByteArray("order=x") << "asc, desc";
  QTest::newRow("format") << QByteArray("format=x") << "json, csv";
  QTest::newRow("kinds") << "kind=a" + QByteArray(",a").repeated(100) << "kind names too many (allowed: 100)";
  QTest::newRow("sources") << "source=a" + QByteArray(",a").repeated(100) << "source names too many";
}

void HistoryListsTest::wrongEvents() {
  QFETCH(QByteArray, query);
  QFETCH(QString, error);
  Fixture fixture;
  const QString told = fixture.errorOf("/api/v1/history/events?" + query, 400);
  QVERIFY2(told.contains(error), qPrintable(told));
  QVERIFY(fixture.history.eventQueries.isEmpty());
}

void HistoryListsTest::noHistory() {
  RestFixture fixture;
  for (const char *target :
       {temperaturePath, "/api/v1/history/last?point=a/b", "/api/v1/history/points", "/api/v1/history/events",
        "/api/v1/history/quarantine", "/api/v1/history/export?point=a/b"}) {
    const HttpReply reply = fixture.get(target);
    QCOMPARE(reply.status, 404);
    QCOMPARE(reply.object()[u"error"].toString(), QStringLiteral("no instance keeps a history"));
  }
}

void HistoryListsTest::aHistoryThatDoesNotRun() {
  Fixture fixture;
  fixture.context.addInstance(QStringLiteral("archive"), QStringLiteral("sql"), &fixture.history);
  fixture.context.setInstances({{QStringLiteral("archive"), QStringLiteral("sql"), PluginState::Failed, {}}});
  const HttpReply reply = fixture.get(QByteArray(temperaturePath) + "&history=archive");
  QCOMPARE(reply.status, 503);
  QVERIFY(reply.head.contains("\r\nRetry-After: 5\r\n"));
  QVERIFY(reply.object()[u"error"].toString().startsWith(QStringLiteral("history \"archive\" does not run")));
}

void HistoryListsTest::theDatabaseIsAway() {
  Fixture fixture;
  fixture.history.error = QStringLiteral("/var/lib/tagwire/history.sqlite: disk I/O error");
  for (const char *target : {temperaturePath, "/api/v1/history?buckets=5&point=plc1/boiler/temp",
                             "/api/v1/history/last?point=a/b", "/api/v1/history/points", "/api/v1/history/events",
                             "/api/v1/history/quarantine", "/api/v1/history/export?point=plc1/boiler/temp"}) {
    const HttpReply reply = fixture.get(target);
    QCOMPARE(reply.status, 503);
    QVERIFY(reply.head.contains("\r\nRetry-After: 5\r\n"));
    QCOMPARE(reply.object()[u"error"].toString(),
             QStringLiteral("the history can't be read now: its database is away"));
  }
}

void HistoryListsTest::whatIsWrongWithTheDatabaseIsLoggedOncePerChange() {
  static QStringList logged;
  logged.clear();
  Fixture fixture;
  const auto ask = [&](const QString &error) {
    fixture.history.error = error;
    fixture.get(temperaturePath);
  };
  const auto before = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &text) {
    if (text.contains(QStringLiteral("the history "))) logged << text;
  });
  for (int i = 0; i < 5; ++i) ask(QStringLiteral("10.0.0.5:5432: refused"));
  const QStringList first = logged;
  ask({});
  ask(QStringLiteral("10.0.0.5:5432: refused"));  // another question may fail beside it
  const QStringList mixed = logged;
  fixture.context.manualClock().advance(11s);
  ask(QStringLiteral("10.0.0.5:5432: no such table"));
  fixture.context.manualClock().advance(11s);
  for (int i = 0; i < 3; ++i) ask({});
  qInstallMessageHandler(before);
  QCOMPARE(first, QStringList{QStringLiteral("the history can't be read for clients: 10.0.0.5:5432: refused")});
  QCOMPARE(mixed, first);
  QCOMPARE(logged.size(), 3);
  QVERIFY(logged[1].endsWith(QStringLiteral("no such table")));
  QCOMPARE(logged[2], QStringLiteral("the history can be read again"));
}

void HistoryListsTest::aBusyHistorySaysSo() {
  Fixture fixture;
  fixture.history.error = QStringLiteral("the history is busy: 32 questions wait already");
  const HttpReply reply = fixture.get(temperaturePath);
  QCOMPARE(reply.status, 503);
  QVERIFY(reply.head.contains("\r\nRetry-After: 5\r\n"));
  QCOMPARE(reply.object()[u"error"].toString(), fixture.history.error);
}

void HistoryListsTest::whatTakesTooLongIsNotToBeAskedAgain() {
  Fixture fixture;
  fixture.history.error = QStringLiteral("it takes too long (allowed: fewer points or a shorter range)");
  for (const char *target : {temperaturePath, "/api/v1/history?buckets=5&point=plc1/boiler/temp",
                             "/api/v1/history/events", "/api/v1/history/export?point=plc1/boiler/temp"}) {
    const HttpReply reply = fixture.get(target);
    QCOMPARE(reply.status, 400);
    QVERIFY(!reply.head.contains("Retry-After"));
    QCOMPARE(reply.object()[u"error"].toString(), fixture.history.error);
  }
}

void HistoryListsTest::whatTheHistoryRefuses() {
  Fixture fixture;
  fixture.history.error = QStringLiteral("after is wrong (allowed: `next` of the page before)");
  QCOMPARE(fixture.errorOf(temperaturePath + QByteArray("&after=nonsense"), 400), fixture.history.error);
}

void HistoryListsTest::severalHistories() {
  Fixture fixture;
  FakeHistory other;
  fixture.context.addInstance(QStringLiteral("second"), QStringLiteral("sql"), &other);
  const QJsonObject json = fixture.object(temperaturePath + QByteArray("&history=second"));
  QCOMPARE(other.queries.size(), 1);
  QVERIFY(fixture.history.queries.isEmpty());
  QCOMPARE(json[u"unknown"].toArray(), QJsonArray{QStringLiteral("plc1/boiler/temp")});
  QCOMPARE(fixture.errorOf(temperaturePath + QByteArray("&history=third"), 404),
           QStringLiteral("history \"third\" is no instance that keeps one"));
}

TAGWIRE_TEST(HistoryListsTest)

}  // namespace historylists_test

#include "historylists_test.moc"
