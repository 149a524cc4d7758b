// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "access/tokenstore.h"
#include "fakehistory.h"
#include "restfixture.h"
#include "testprogram.h"

namespace historyexport_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

const Time begun = fromMilliseconds(1'767'225'600'000);
constexpr const char *path = "/api/v1/history/export?point=plc1/boiler/temp";
constexpr int perPage = 2000;

struct Fixture : RestFixture {
  explicit Fixture(int values, const QStringList &permissions = {QStringLiteral("*:*")})
      : RestFixture(config(permissions)) {
    HistorySeries series{{QStringLiteral("plc1/boiler/temp"), ValueType::Double, QStringLiteral("°C"), {}}};
    for (int i = 0; i < values; ++i) {
      const Time time = begun - 30min + i * 1ms;
      series.values << HistoryValue{time, time, 20.0 + i, {}};
    }
    history.series = {series};
    context.addInstance(QStringLiteral("archive"), QStringLiteral("sql"), &history);
  }
  /// The number behind a line of the metrics that begins and goes on like this; 0 without one.
  double metric(const QByteArray &name, const QByteArray &label = {}) {
    for (const QByteArray &line : QByteArray::fromStdString(context.metrics().text()).split('\n')) {
      const bool isIt = line.startsWith(name + ' ') || (line.startsWith(name + '{') && line.contains(label));
      if (isIt) return line.mid(line.lastIndexOf(' ')).toDouble();
    }
    return 0;
  }
  double open() { return metric("tagwire_history_exports"); }
  /// How many ended like this.
  double ended(const QByteArray &how) { return metric("tagwire_history_exports_total", "end=\"" + how + '"'); }
  QByteArray tokenWith(const QString &permission) {
    TokenStore store(context.dataDir());
    const auto token = store.create(QStringLiteral("exporter"), *Permissions::fromTexts({permission}), std::nullopt,
                                    context.clock().now(), QStringLiteral("test"));
    return "Authorization: Bearer " + token.value_or(QByteArray()) + "\r\n";
  }

  FakeHistory history;
};

/// The body of a chunked answer; nothing without its last chunk.
std::optional<QByteArray> dechunked(const QByteArray &answer) {
  qsizetype at = answer.indexOf("\r\n\r\n") + 4;
  QByteArray body;
  for (;;) {
    const qsizetype end = answer.indexOf("\r\n", at);
    bool isNumber = false;
    const qsizetype size = end < 0 ? 0 : answer.mid(at, end - at).toLongLong(&isNumber, 16);
    if (!isNumber || answer.size() < end + 2 + size + 2) return std::nullopt;
    if (size == 0) return answer.mid(end) == "\r\n\r\n" ? std::optional(body) : std::nullopt;
    body += answer.mid(end + 2, size);
    at = end + 2 + size + 2;
  }
}

/// All that came until the other side closed.
QByteArray readToEnd(RawClient &client) {
  const bool isOver = waitUntil([&] { return client.socket().state() == QAbstractSocket::UnconnectedState; });
  return isOver ? client.input() : QByteArray("not closed");
}

}  // namespace

class HistoryExportTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void csvInChunks();
  void jsonLines();
  void toTheEndOfTheConnection();
  void events();
  void ofNothing();
  void headOnly();
  void aTroubleMidwayIsWaitedFor();
  void aTroubleThatStaysLeavesOutTheLastChunk();
  void aRefusalMidwayEndsItAtOnce();
  void aReaderThatDoesNotReadIsCutOff();
  void aSlowReaderGetsPageAfterPage();
  void aClientThatLeavesMidway();
  void aClientThatLeavesBeforeTheFirstPage();
  void aPipelinedRequestIsNotAnswered();
  void fourAtOnce();
  void aRevokedCredentialEndsIt();
  void stopEndsIt();
  void wrongQueries_data();
  void wrongQueries();
};

void HistoryExportTest::csvInChunks() {
  Fixture fixture(2 * perPage + 1);
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("GET", path));
  const QByteArray answer = readToEnd(client);
  const QByteArray head = answer.left(answer.indexOf("\r\n\r\n") + 2);
  QVERIFY(head.startsWith("HTTP/1.1 200 OK\r\n"));
  QVERIFY(head.contains("\r\nTransfer-Encoding: chunked\r\n"));
  QVERIFY(head.contains("\r\nConnection: close\r\n"));
  QVERIFY(head.contains("\r\nContent-Type: text/csv; charset=utf-8\r\n"));
  QVERIFY(!head.contains("Content-Length"));
  const auto body = dechunked(answer);
  QVERIFY(body);
  const QByteArrayList lines = body->split('\n');
  QCOMPARE(lines.size(), 2 * perPage + 3);  // with the header, and behind the last
  QCOMPARE(lines[0], QByteArray("time,point,value,quality,unit,type,received,historical,x,y,z,tag,zone\r"));
  for (int i = 0; i < 2 * perPage + 1; ++i) QCOMPARE(lines[i + 1].split(',')[2], QByteArray::number(20 + i));
  QCOMPARE(fixture.history.queries.size(), 3);
  QCOMPARE(fixture.history.queries[0].limit, perPage);
  QCOMPARE(fixture.history.queries[2].after, QString::number(2 * perPage));
  QCOMPARE(fixture.history.queries[2].to, begun);
  QTRY_COMPARE(fixture.ended("whole"), 1.0);
  QCOMPARE(fixture.open(), 0.0);
}

void HistoryExportTest::jsonLines() {
  Fixture fixture(2);
  fixture.history.gaps = {{begun - 20min, begun - 10min, 5, QStringLiteral("overflow")}};
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("GET", path + QByteArray("&format=jsonl")));
  const QByteArray answer = readToEnd(client);
  QVERIFY(answer.contains("\r\nContent-Type: application/jsonl\r\n"));
  const QByteArrayList lines = dechunked(answer).value_or(QByteArray()).split('\n');
  QCOMPARE(lines.size(), 4);
  QCOMPARE(QJsonDocument::fromJson(lines[0])[u"gap"][u"records"].toInt(), 5);
  QCOMPARE(QJsonDocument::fromJson(lines[2]).object(),
           (QJsonObject{{QStringLiteral("point"), QStringLiteral("plc1/boiler/temp")},
                        {QStringLiteral("t"), QStringLiteral("2025-12-31T23:30:00.001Z")},
                        {QStringLiteral("v"), 21.0},
                        {QStringLiteral("q"), QStringLiteral("good")},
                        {QStringLiteral("unit"), QStringLiteral("°C")}}));
}

void HistoryExportTest::toTheEndOfTheConnection() {
  Fixture fixture(perPage + 1);
  RawClient client(fixture.gateway.port());
  client.send("GET " + QByteArray(path) + " HTTP/1.0\r\nHost: localhost\r\n\r\n");
  const QByteArray answer = readToEnd(client);
  QVERIFY(answer.startsWith("HTTP/1.1 200 OK\r\n"));
  QVERIFY(!answer.contains("chunked"));
  const QByteArray body = answer.mid(answer.indexOf("\r\n\r\n") + 4);
  QVERIFY(body.startsWith("time,point,"));
  QCOMPARE(body.count("\r\n"), perPage + 2);
}

void HistoryExportTest::events() {
  Fixture fixture(0);
  for (int i = 0; i < 600; ++i) {
    fixture.history.eventList << HistoryEvent{begun, QStringLiteral("plc1"), QStringLiteral("system"), "{\"seq\":1}"};
  }
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("GET", "/api/v1/history/export?events=true&kind=system&format=jsonl"));
  const auto body = dechunked(readToEnd(client));
  QVERIFY(body);
  QCOMPARE(body->count("{\"seq\":1}\n"), 600);
  QCOMPARE(fixture.history.eventQueries.size(), 2);
  QCOMPARE(fixture.history.eventQueries[1].kinds, QStringList{QStringLiteral("system")});
}

void HistoryExportTest::ofNothing() {
  Fixture fixture(0, {QStringLiteral("history:read")});
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("GET", "/api/v1/history/export?point=77&format=jsonl"));
  const auto body = dechunked(readToEnd(client));
  QVERIFY(body);
  QVERIFY(body->isEmpty());
}

void HistoryExportTest::headOnly() {
  Fixture fixture(3);
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("HEAD", path) + RawClient::head("GET", "/healthz"));
  QVERIFY(waitUntil([&] { return client.input().count("HTTP/1.1 200 OK") == 2; }));
  QVERIFY(!client.input().contains("boiler"));
}

void HistoryExportTest::aTroubleMidwayIsWaitedFor() {
  Fixture fixture(3 * perPage);
  for (const char *error : {"the history is busy: 32 questions wait already", "the database is away"}) {
    fixture.history.queries.clear();
    fixture.history.error = QString::fromLatin1(error);
    fixture.history.failsAfter = 1;
    RawClient client(fixture.gateway.port());
    client.send(RawClient::head("GET", path));
    QVERIFY(waitUntil([&] {
      fixture.context.manualClock().advance(100ms);
      return fixture.history.queries.size() == 4;  // the second page in vain three times
    }));
    QCOMPARE(fixture.open(), 1.0);
    fixture.history.error.clear();
    fixture.context.manualClock().advance(5s);
    const auto body = dechunked(readToEnd(client));
    QVERIFY(body);
    QCOMPARE(body->count('\n'), 3 * perPage + 1);
    QCOMPARE(body->count(",2020,good"), 1);  // the first of the second page
    for (int i = 1; i < 5; ++i) QCOMPARE(fixture.history.queries[i].after, QString::number(perPage));
  }
  QTRY_COMPARE(fixture.ended("whole"), 2.0);
}

void HistoryExportTest::aTroubleThatStaysLeavesOutTheLastChunk() {
  Fixture fixture(2 * perPage);
  fixture.history.error = QStringLiteral("the database is away");
  fixture.history.failsAfter = 1;
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("GET", path));
  QVERIFY(waitUntil([&] { return fixture.history.queries.size() == 2; }));
  int seconds = 0;
  QVERIFY(waitUntil([&] {
    if (fixture.ended("failed") == 1) return true;
    fixture.context.manualClock().advance(1s);
    ++seconds;
    return false;
  }));
  QVERIFY(seconds >= 30);
  QVERIFY(fixture.history.queries.size() < 16);
  const QByteArray answer = readToEnd(client);
  QVERIFY(answer.startsWith("HTTP/1.1 200 OK\r\n"));
  QVERIFY(answer.contains(",2019,good"));  // the last of the first page
  QVERIFY(!dechunked(answer));
  QVERIFY(!answer.endsWith("0\r\n\r\n"));
}

void HistoryExportTest::aRefusalMidwayEndsItAtOnce() {
  Fixture fixture(2 * perPage);
  fixture.history.error = QStringLiteral("it takes too long (allowed: fewer points or a shorter range)");
  fixture.history.failsAfter = 1;
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("GET", path));
  QVERIFY(!dechunked(readToEnd(client)));
  QTRY_COMPARE(fixture.ended("failed"), 1.0);
  QCOMPARE(fixture.history.queries.size(), 2);
}

void HistoryExportTest::aReaderThatDoesNotReadIsCutOff() {
  constexpr int pages = 150;  // some 25 MB: more than the system holds
  Fixture fixture(pages * perPage);
  RawClient client(fixture.gateway.port());
  client.stopReading();
  client.send(RawClient::head("GET", path));
  QVERIFY(waitUntil([&] { return fixture.open() == 1; }));
  QVERIFY(waitUntil([&] {
    fixture.context.manualClock().advance(1s);
    return fixture.ended("slow") == 1;
  }));
  QCOMPARE(fixture.open(), 0.0);
  QVERIFY(fixture.history.queries.size() < 10);
  client.readAgain();
  QVERIFY(!dechunked(readToEnd(client)));
}

void HistoryExportTest::aSlowReaderGetsPageAfterPage() {
  constexpr int pages = 30;
  Fixture fixture(pages * perPage);
  RawClient client(fixture.gateway.port());
  client.stopReading();
  client.send(RawClient::head("GET", path));
  QVERIFY(waitUntil([&] { return fixture.open() == 1; }));
  QVERIFY(fixture.history.queries.size() < 4);
  client.readAgain();
  const auto body = dechunked(readToEnd(client));
  QVERIFY(body);
  QCOMPARE(body->count('\n'), pages * perPage + 1);
  QCOMPARE(fixture.history.queries.size(), pages);
}

void HistoryExportTest::aClientThatLeavesMidway() {
  Fixture fixture(3 * perPage);
  auto client = std::make_unique<RawClient>(fixture.gateway.port());
  fixture.history.isHolding = true;
  client->send(RawClient::head("GET", path));
  QVERIFY(waitUntil([&] { return fixture.history.held.size() == 1; }));
  fixture.history.held[0](fixture.history.pageOf(fixture.history.queries[0]));
  QVERIFY(waitUntil([&] { return fixture.history.held.size() == 2; }));
  QCOMPARE(fixture.open(), 1.0);
  client.reset();
  QVERIFY(waitUntil([&] { return fixture.ended("left") == 1; }));
  QCOMPARE(fixture.open(), 0.0);
  fixture.history.held[1](fixture.history.pageOf(fixture.history.queries[1]));
  QCOMPARE(fixture.get("/healthz").status, 200);
  QCOMPARE(fixture.history.queries.size(), 2);
}

void HistoryExportTest::aClientThatLeavesBeforeTheFirstPage() {
  Fixture fixture(3);
  fixture.history.isHolding = true;
  for (int i = 0; i < 6; ++i) {
    auto client = std::make_unique<RawClient>(fixture.gateway.port());
    client->send(RawClient::head("GET", path));
    QVERIFY(waitUntil([&] { return fixture.history.held.size() == i + 1; }));
    client.reset();
    QCOMPARE(fixture.get("/healthz").status, 200);  // by now it was heard of
    fixture.history.held[i](fixture.history.pageOf(fixture.history.queries[i]));
  }
  QCOMPARE(fixture.open(), 0.0);
  QCOMPARE(fixture.ended("left"), 0.0);  // none of them had begun
}

void HistoryExportTest::aPipelinedRequestIsNotAnswered() {
  Fixture fixture(3);
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("GET", path) +
              RawClient::head("POST", "/api/v1/history/quarantine/discard", "Content-Length: 12\r\n") +
              "{\"all\":true}");
  const QByteArray answer = readToEnd(client);
  QVERIFY(dechunked(answer));
  QCOMPARE(answer.count("HTTP/1.1 "), 1);
  QVERIFY(fixture.history.discarded.isEmpty());
  // One before it is answered as ever.
  RawClient second(fixture.gateway.port());
  second.send(RawClient::head("GET", "/healthz") + RawClient::head("GET", path));
  const QByteArray both = readToEnd(second);
  QCOMPARE(both.count("HTTP/1.1 200 OK"), 2);
  QVERIFY(both.endsWith("0\r\n\r\n"));
}

void HistoryExportTest::fourAtOnce() {
  Fixture fixture(3);
  fixture.history.isHolding = true;
  std::list<RawClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(fixture.gateway.port());
    clients.back().send(RawClient::head("GET", path));
  }
  QVERIFY(waitUntil([&] { return fixture.history.held.size() == 4; }));
  const HttpReply fifth = fixture.get(path);
  QCOMPARE(fifth.status, 503);
  QVERIFY(fifth.head.contains("\r\nRetry-After: 10\r\n"));
  QCOMPARE(fixture.history.queries.size(), 4);
  fixture.history.isHolding = false;
  for (const auto &reply : std::exchange(fixture.history.held, {})) {
    reply(fixture.history.pageOf(fixture.history.queries[0]));
  }
  for (RawClient &each : clients) QVERIFY(dechunked(readToEnd(each)));
  QVERIFY(waitUntil([&] { return fixture.open() == 0; }));
  QCOMPARE(fixture.statusOf("GET", path), 200);
}

void HistoryExportTest::aRevokedCredentialEndsIt() {
  Fixture fixture(3 * perPage, {});
  const QByteArray credential = fixture.tokenWith(QStringLiteral("history:read"));
  fixture.gateway.stop();  // it would notice the token within a second
  fixture.gateway.start();
  fixture.history.isHolding = true;
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("GET", path, credential));
  QVERIFY(waitUntil([&] { return fixture.history.held.size() == 1; }));
  fixture.history.held[0](fixture.history.pageOf(fixture.history.queries[0]));
  QVERIFY(waitUntil([&] { return fixture.open() == 1; }));
  QVERIFY(TokenStore(fixture.context.dataDir()).revoke(QStringLiteral("exporter")));
  fixture.context.manualClock().advance(2s);
  QVERIFY(waitUntil([&] {
    fixture.context.manualClock().advance(1s);
    return fixture.ended("revoked") == 1;
  }));
  QVERIFY(!dechunked(readToEnd(client)));
}

void HistoryExportTest::stopEndsIt() {
  Fixture fixture(3 * perPage);
  fixture.history.isHolding = true;
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("GET", path));
  QVERIFY(waitUntil([&] { return fixture.history.held.size() == 1; }));
  fixture.history.held[0](fixture.history.pageOf(fixture.history.queries[0]));
  QVERIFY(waitUntil([&] { return fixture.open() == 1; }));
  fixture.gateway.stop();
  QCOMPARE(fixture.open(), 0.0);
  QCOMPARE(fixture.ended("stopped"), 1.0);
  QVERIFY(!dechunked(readToEnd(client)));
  fixture.gateway.start();
  fixture.history.isHolding = false;
  QCOMPARE(fixture.statusOf("GET", path), 200);
}

void HistoryExportTest::wrongQueries_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<QString>("error");
  const QByteArray point = "point=plc1/boiler/temp";
  QTest::newRow("no point") << QByteArray() << "point is missing";
  QTest::newRow("format") << point + "&format=json"
                          << "format \"json\" is wrong (allowed: csv, jsonl)";
  QTest::newRow("limit") << point + "&limit=5"
                         << "limit is not for an export";
  QTest::newRow("after") << point + "&after=5"
                         << "after is not for an export";
  QTest::newRow("trend") << point + "&interval=1h"
                         << "interval is not for an export";
  QTest::newRow("from") << point + "&from=x"
                        << "from is wrong";
  QTest::newRow("order") << point + "&order=x"
                         << "order \"x\" is wrong";
  QTest::newRow("events") << point + "&events=1"
                          << "events \"1\" is wrong (allowed: false, true)";
  QTest::newRow("both") << point + "&events=true"
                        << "events have no point";
}

void HistoryExportTest::wrongQueries() {
  QFETCH(QByteArray, query);
  QFETCH(QString, error);
  Fixture fixture(3);
  const HttpReply reply = fixture.get("/api/v1/history/export?" + query);
  QCOMPARE(reply.status, 400);
  QVERIFY2(reply.object()[u"error"].toString().contains(error), reply.body.constData());
  QVERIFY(fixture.history.queries.isEmpty());
}

TAGWIRE_TEST(HistoryExportTest)

}  // namespace historyexport_test

#include "historyexport_test.moc"
