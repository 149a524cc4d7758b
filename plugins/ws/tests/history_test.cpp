// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "historyfixture.h"
#include "rest/historyquery.h"
#include "testprogram.h"

namespace history_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

using Fixture = HistoryFixture;

}  // namespace

class HistoryTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void valuesOfTheLastHour();
  void valuesOfSeveralPoints();
  void whatTheQueryAsksFor();
  void pages();
  void numbersStandForPoints();
  void positionsOfATag();
  void gapsAndUnknown();
  void timesKeepTheirDigits();
  void csv();
  void csvOfTexts_data();
  void csvOfTexts();
  void commasInNames();
  void trendByInterval();
  void trendByBuckets();
  void intervals_data();
  void intervals();
  void wrongQueries_data();
  void wrongQueries();
};

void HistoryTest::valuesOfTheLastHour() {
  Fixture fixture;
  const HttpReply reply = fixture.get(temperaturePath);
  QCOMPARE(reply.status, 200);
  QVERIFY(reply.head.contains("Content-Type: application/json\r\n"));
  const HistoryQuery &query = fixture.history.queries.last();
  QCOMPARE(query.from, begun - 1h);
  QCOMPARE(query.to, begun);
  QCOMPARE(query.limit, 1000);
  QVERIFY(!query.newestFirst && !query.withBefore && query.after.isEmpty() && query.tags.isEmpty());
  const QJsonObject json = reply.object();
  QCOMPARE(json.keys().join(u' '), QStringLiteral("gaps next series unknown"));
  QVERIFY(json.value(QStringLiteral("next")).isNull());
  const QJsonObject series = json[u"series"][0].toObject();
  QCOMPARE(series.keys().join(u' '), QStringLiteral("point type unit values"));
  QCOMPARE(series[u"point"].toString(), QStringLiteral("plc1/boiler/temp"));
  QCOMPARE(series[u"type"].toString(), QStringLiteral("double"));
  QCOMPARE(series[u"unit"].toString(), QStringLiteral("°C"));
  QCOMPARE(series[u"values"].toArray().size(), 10);
  const QJsonObject first = series[u"values"][0].toObject();
  QCOMPARE(first, (QJsonObject{{QStringLiteral("t"), QStringLiteral("2025-12-31T23:50:00.000Z")},
                               {QStringLiteral("v"), 20.0},
                               {QStringLiteral("q"), QStringLiteral("good")}}));
}

void HistoryTest::valuesOfSeveralPoints() {
  Fixture fixture;
  const QJsonObject json =
      fixture.object("/api/v1/history?point=plc1/boiler/temp&point=plc1/pump/run&point=plc1/boiler/temp");
  QCOMPARE(fixture.history.queries.last().points,
           (QStringList{QStringLiteral("plc1/boiler/temp"), QStringLiteral("plc1/pump/run")}));
  QCOMPARE(json[u"series"].toArray().size(), 2);
  const QJsonObject value = json[u"series"][1][u"values"][0].toObject();
  QCOMPARE(value[u"v"], QJsonValue(true));
  QCOMPARE(value[u"q"].toString(), QStringLiteral("bad:no_connection"));
}

void HistoryTest::whatTheQueryAsksFor() {
  Fixture fixture;
  fixture.get(temperaturePath + QByteArray("&from=2025-12-31T00:00:00Z&to=2025-12-31T23:55:00+00:00&limit=3&order=desc"
                                           "&before=true&after=2"));
  const HistoryQuery query = fixture.history.queries.last();
  QCOMPARE(query.from, begun - 24h);
  QCOMPARE(query.to, begun - 5min);
  QCOMPARE(query.limit, 3);
  QVERIFY(query.newestFirst && query.withBefore);
  QCOMPARE(query.after, QStringLiteral("2"));
  const QJsonObject with = fixture.object(temperaturePath + QByteArray("&before=true"));
  QCOMPARE(with[u"series"][0][u"before"][u"v"].toDouble(), 10.5);
  fixture.get(temperaturePath + QByteArray("&to=2025-12-31T12:00:00Z"));
  QCOMPARE(fixture.history.queries.last().from, begun - 13h);
}

void HistoryTest::pages() {
  Fixture fixture;
  QList<double> all;
  QString next;
  int count = 0;
  do {
    const QJsonObject json = fixture.object(temperaturePath + QByteArray("&limit=4&after=") + next.toUtf8());
    for (const QJsonValue &each : json[u"series"][0][u"values"].toArray()) all << each[u"v"].toDouble();
    next = json[u"next"].toString();
  } while (++count < 10 && !next.isEmpty());
  QCOMPARE(count, 3);
  QCOMPARE(all, (QList<double>{20, 21, 22, 23, 24, 25, 26, 27, 28, 29}));
}

void HistoryTest::numbersStandForPoints() {
  Fixture fixture;
  const QJsonObject json = fixture.object("/api/v1/history?point=59,61&point=99999999999999999999");
  QCOMPARE(json[u"series"][0][u"point"].toString(), QStringLiteral("plc1/boiler/temp"));
  QCOMPARE(json[u"unknown"].toArray(), (QJsonArray{QStringLiteral("61"), QStringLiteral("99999999999999999999")}));
}

void HistoryTest::positionsOfATag() {
  Fixture fixture;
  HistorySeries track{{QStringLiteral("uwb/SIM1"), ValueType::Position, QStringLiteral("m"), QStringLiteral("SIM1")}};
  auto fix = std::make_shared<Fix>();
  fix->tag = QStringLiteral("SIM1");
  fix->zone = 417;
  fix->battery = 80;
  track.values << valueAt(begun - 1min, Position{1.5, 2.5, 0, fix}) << valueAt(begun - 30s, {});
  fixture.history.series << track;
  const QJsonObject json = fixture.object("/api/v1/history?tag=SIM1");
  QCOMPARE(fixture.history.queries.last().tags, QStringList{QStringLiteral("SIM1")});
  const QJsonObject series = json[u"series"][0].toObject();
  QCOMPARE(series[u"tag"].toString(), QStringLiteral("SIM1"));
  QCOMPARE(series[u"values"][0][u"v"].toObject(), (QJsonObject{{QStringLiteral("x"), 1.5},
                                                               {QStringLiteral("y"), 2.5},
                                                               {QStringLiteral("z"), 0.0},
                                                               {QStringLiteral("zone"), 417},
                                                               {QStringLiteral("battery"), 80}}));
  QVERIFY(series[u"values"][1][u"v"].isNull());
  const QByteArray csv = fixture.get("/api/v1/history?tag=SIM1&format=csv").body;
  QVERIFY2(
      csv.contains(
          "2025-12-31T23:59:00.000Z,uwb/SIM1,,good,m,position,2025-12-31T23:59:00.000Z,false,1.5,2.5,0,SIM1,417\r\n"),
      csv.constData());
  // Neither a lost tag nor what else is known of one is a place.
  QVERIFY2(csv.contains(",uwb/SIM1,,good,m,position,2025-12-31T23:59:30.000Z,false,,,,,\r\n"), csv.constData());
  HistorySeries battery{
      {QStringLiteral("uwb/SIM1/battery"), ValueType::Double, QStringLiteral("%"), QStringLiteral("SIM1")}};
  battery.values << valueAt(begun - 1min, 80.0);
  fixture.history.series = {battery};
  const QByteArray other = fixture.get("/api/v1/history?point=uwb/SIM1/battery&format=csv").body;
  QVERIFY2(other.contains(",uwb/SIM1/battery,80,good,%,double,2025-12-31T23:59:00.000Z,false,,,,,\r\n"),
           other.constData());
}

void HistoryTest::gapsAndUnknown() {
  Fixture fixture;
  fixture.history.gaps = {{begun - 20min, begun - 15min, 1234, QStringLiteral("overflow")}};
  const QJsonObject json = fixture.object(temperaturePath + QByteArray("&point=plc1/never"));
  QCOMPARE(json[u"unknown"].toArray(), QJsonArray{QStringLiteral("plc1/never")});
  QCOMPARE(json[u"gaps"].toArray(),
           (QJsonArray{QJsonObject{{QStringLiteral("from"), QStringLiteral("2025-12-31T23:40:00.000Z")},
                                   {QStringLiteral("to"), QStringLiteral("2025-12-31T23:45:00.000Z")},
                                   {QStringLiteral("records"), 1234},
                                   {QStringLiteral("reason"), QStringLiteral("overflow")}}}));
}

void HistoryTest::timesKeepTheirDigits() {
  Fixture fixture;
  HistoryValue fine = valueAt(begun - 1min + 1ns, 1.0);
  fine.received = begun - 30s + 5us;
  fine.isHistorical = true;
  fixture.history.series[0].values = {fine};
  const QJsonObject value = fixture.object(temperaturePath)[u"series"][0][u"values"][0].toObject();
  QCOMPARE(value[u"t"].toString(), QStringLiteral("2025-12-31T23:59:00.000000001Z"));
  QCOMPARE(value[u"received"].toString(), QStringLiteral("2025-12-31T23:59:30.000005Z"));
  QCOMPARE(value[u"historical"], QJsonValue(true));
}

void HistoryTest::csv() {
  Fixture fixture;
  fixture.history.series[0].values = {valueAt(begun - 1min, 0.1), valueAt(begun - 30s, std::nan(""))};
  fixture.history.series[1].values = {valueAt(begun - 1min, QStringLiteral("=1+1, \"x\""))};
  const HttpReply reply =
      fixture.ask("GET", "/api/v1/history?limit=2&point=plc1/boiler/temp,plc1/pump/run", "Accept: text/csv\r\n");
  QCOMPARE(reply.status, 200);
  QVERIFY(reply.head.contains("Content-Type: text/csv; charset=utf-8\r\n"));
  QVERIFY(reply.head.contains("X-Next: 2\r\n"));
  QCOMPARE(
      reply.body,
      QByteArray("time,point,value,quality,unit,type,received,historical,x,y,z,tag,zone\r\n"
                 "2025-12-31T23:59:00.000Z,plc1/boiler/temp,0.1,good,°C,double,2025-12-31T23:59:00.000Z,false,,,,,\r\n"
                 "2025-12-31T23:59:30.000Z,plc1/boiler/temp,,good,°C,double,2025-12-31T23:59:30.000Z,false,,,,,\r\n"));
  const HttpReply text = fixture.get("/api/v1/history?format=csv&point=plc1/pump/run");
  QVERIFY2(text.body.contains(",\"'=1+1, \"\"x\"\"\",good,,bool,"), text.body.constData());
  QVERIFY(!text.head.contains("X-Next"));
}

void HistoryTest::csvOfTexts_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QByteArray>("cell");
  const auto row = [](const char *text, const char *cell) {
    QTest::newRow(text) << QString::fromLatin1(text) << QByteArray(cell);
  };
  row("", "");
  row("on", "on");
  row("=1+1", "'=1+1");
  row("+1", "'+1");
  row("-5", "'-5");
  row("@SUM(A1)", "'@SUM(A1)");
  row("'=1", "''=1");
  row("'on'", "'on'");
  row("'", "'");
  row("a;=1", "\"a;=1\"");
  row("a\r\n-b", "\"a\r\n-b\"");
  row("a=b", "a=b");
  row(" =1", "' =1");
  row("' =1", "'' =1");
  row("# off", "\"# off\"");
}

void HistoryTest::csvOfTexts() {
  QFETCH(QString, text);
  QFETCH(QByteArray, cell);
  Fixture fixture;
  fixture.history.series[1].point.unit = QStringLiteral("-");  // only values are guarded
  fixture.history.series[1].values = {valueAt(begun - 1min, text)};
  const QByteArray csv = fixture.get("/api/v1/history?format=csv&point=plc1/pump/run").body;
  QVERIFY2(csv.contains(",plc1/pump/run," + cell + ",good,-,bool,"), csv.constData());
}

void HistoryTest::commasInNames() {
  Fixture fixture;
  QCOMPARE(fixture.get("/api/v1/history?point=plc1/a%2Cb,plc1/c&tag=T%2C1,T2").status, 200);
  QCOMPARE(fixture.history.queries.last().points, (QStringList{QStringLiteral("plc1/a,b"), QStringLiteral("plc1/c")}));
  QCOMPARE(fixture.history.queries.last().tags, (QStringList{QStringLiteral("T,1"), QStringLiteral("T2")}));
  fixture.get("/api/v1/history/events?kind=a%2Cb,c&source=plc%2C1");
  QCOMPARE(fixture.history.eventQueries.last().kinds, (QStringList{QStringLiteral("a,b"), QStringLiteral("c")}));
  QCOMPARE(fixture.history.eventQueries.last().sources, QStringList{QStringLiteral("plc,1")});
  // Words hold none: it stands between them however it is written.
  const QJsonObject some = fixture.object(temperaturePath + QByteArray("&interval=30min&aggregate=avg%2Cmax"));
  QCOMPARE(some[u"series"].toArray().size(), 1);
}

void HistoryTest::trendByInterval() {
  Fixture fixture;
  HistoryBucket bucket{begun - 1h, begun - 30min, 3, 2, 1.0, 4.0, 2.5, 4.0, begun - 31min};
  HistoryBucket empty{begun - 30min, begun, 1, 0};
  fixture.history.buckets = {bucket, empty};
  const QJsonObject json = fixture.object(temperaturePath + QByteArray("&interval=30min"));
  const HistoryTrendQuery query = fixture.history.trends.last();
  QCOMPARE(*query.interval, std::chrono::nanoseconds(30min));
  QCOMPARE(query.buckets, 0);
  QCOMPARE(query.from, begun - 1h);
  QCOMPARE(json[u"interval_ms"].toDouble(), 1'800'000.0);
  QVERIFY(!json.contains(QStringLiteral("next")));
  QCOMPARE(json[u"series"][0][u"buckets"][0].toObject(),
           (QJsonObject{{QStringLiteral("t"), QStringLiteral("2025-12-31T23:00:00.000Z")},
                        {QStringLiteral("min"), 1.0},
                        {QStringLiteral("max"), 4.0},
                        {QStringLiteral("avg"), 2.5},
                        {QStringLiteral("last"), 4.0},
                        {QStringLiteral("count"), 3},
                        {QStringLiteral("good"), 2}}));
  QVERIFY(json[u"series"][0][u"buckets"][1][u"min"].isNull());
  const QJsonObject some = fixture.object(temperaturePath + QByteArray("&interval=30min&aggregate=avg,max"));
  QCOMPARE(some[u"series"][0][u"buckets"][0].toObject().keys().join(u' '), QStringLiteral("avg max t"));
  QCOMPARE(fixture.get(temperaturePath + QByteArray("&interval=30min&aggregate=avg,count&format=csv")).body,
           QByteArray("time,point,unit,avg,count,good\r\n"
                      "2025-12-31T23:00:00.000Z,plc1/boiler/temp,°C,2.5,3,2\r\n"
                      "2025-12-31T23:30:00.000Z,plc1/boiler/temp,°C,,1,0\r\n"));
}

void HistoryTest::trendByBuckets() {
  Fixture fixture;
  QCOMPARE(fixture.get(temperaturePath + QByteArray("&buckets=500&before=true")).status, 200);
  const HistoryTrendQuery query = fixture.history.trends.last();
  QCOMPARE(query.buckets, 500);
  QVERIFY(!query.interval && query.withBefore);
  QVERIFY(fixture.history.queries.isEmpty());
}

void HistoryTest::intervals_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<qint64>("nanoseconds");  // 0: wrong
  const auto row = [](const char *text, std::chrono::nanoseconds time) {
    QTest::newRow(text) << QString::fromLatin1(text) << qint64(time.count());
  };
  row("500ms", 500ms);
  row("10s", 10s);
  row("1m", 1min);
  row("1min", 1min);
  row("1h", 1h);
  row("1d", 24h);
  row("366d", 366 * 24h);
  for (const char *wrong :
       {"", "1", "h", "0s", "-1s", "367d", "999999999d", "9999999999s", "1.5h", "1 h", "1H", "1w", "1us"}) {
    row(wrong, 0ns);
  }
}

void HistoryTest::intervals() {
  QFETCH(QString, text);
  QFETCH(qint64, nanoseconds);
  const auto interval = intervalFromText(text);
  QCOMPARE(interval.has_value(), nanoseconds != 0);
  if (interval) QCOMPARE(qint64(interval->count()), nanoseconds);
  if (!interval) QVERIFY(interval.error().contains(QStringLiteral("(allowed: ")));
}

void HistoryTest::wrongQueries_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<QString>("error");
  const QByteArray point = "point=plc1/boiler/temp";
  QTest::newRow("no point") << QByteArray("from=2025-01-01") << "point is missing (allowed: 1 to 100";
  QTest::newRow("empty point") << QByteArray("point=") << "point is missing";
  QByteArray many;
  for (int i = 0; i < 101; ++i) many += "point=plc1/p" + QByteArray::number(i) + '&';
  QTest::newRow("101 points") << many << "allowed: 1 to 100 points";
  QTest::newRow("101 of both") << many + "tag=SIM1"
                               << "allowed: 1 to 100 points";
  QTest::newRow("from") << point + "&from=yesterday"
                        << "from is wrong";
  QTest::newRow("behind") << point + "&from=2025-01-02&to=2025-01-01"
                          << "from must be before to";
  QTest::newRow("future") << point + "&from=2050-01-01"
                          << "from must be before to";
  QTest::newRow("limit") << point + "&limit=10001"
                         << "limit is wrong (allowed: 1 to 10000)";
  QTest::newRow("huge limit") << point + "&limit=99999999999999999999"
                              << "limit is wrong";
  QTest::newRow("no limit") << point + "&limit=0"
                            << "limit is wrong";
  QTest::newRow("order") << point + "&order=up"
                         << "order \"up\" is wrong (allowed: asc, desc)";
  QTest::newRow("before") << point + "&before=yes"
                          << "before \"yes\" is wrong (allowed: false, true)";
  QTest::newRow("format") << point + "&format=xml"
                          << "format \"xml\" is wrong (allowed: json, csv)";
  QTest::newRow("long cursor") << point + "&after=" + QByteArray(5000, 'x') << "after is wrong";
  QTest::newRow("interval") << point + "&interval=1fortnight"
                            << "interval \"1fortnight\" is wrong (allowed: ";
  QTest::newRow("both") << point + "&interval=1h&buckets=5"
                        << "interval and buckets";
  QTest::newRow("no buckets") << point + "&buckets=0"
                              << "buckets is wrong (allowed: 1 to 10000)";
  QTest::newRow("many buckets") << point + "&buckets=10001"
                                << "buckets is wrong";
  QTest::newRow("short interval") << point + "&interval=1ms"
                                  << "interval is too short";
  QTest::newRow("in all") << many.left(many.size() / 2) + point + "&buckets=10000"
                          << "too many buckets at once (allowed: 50000";
  QTest::newRow("aggregate") << point + "&interval=1h&aggregate=sum"
                             << "aggregate \"sum\" is wrong (allowed: avg";
  QTest::newRow("no aggregate") << point + "&interval=1h&aggregate="
                                << "aggregate is empty";
  QTest::newRow("aggregate alone") << point + "&aggregate=avg"
                                   << "aggregate needs a trend";
  QTest::newRow("limit of a trend") << point + "&interval=1h&limit=5"
                                    << "limit is not for a trend";
  QTest::newRow("trend of a tag") << QByteArray("tag=SIM1&interval=1h") << "a tag has no trend";
}

void HistoryTest::wrongQueries() {
  QFETCH(QByteArray, query);
  QFETCH(QString, error);
  Fixture fixture;
  const QString told = fixture.errorOf("/api/v1/history?" + query, 400);
  QVERIFY2(told.contains(error), qPrintable(told));
  QVERIFY(fixture.history.queries.isEmpty() && fixture.history.trends.isEmpty());
}

TAGWIRE_TEST(HistoryTest)

}  // namespace history_test

#include "history_test.moc"
