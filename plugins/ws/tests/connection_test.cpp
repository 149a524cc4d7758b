// SPDX-License-Identifier: Apache-2.0
#include <QSignalSpy>
#include <QTest>

#include "gatewayfixture.h"
#include "http/connection.h"
#include "manualclock.h"
#include "protocols/tests/recordingsession.h"
#include "rawclient.h"
#include "streamfixture.h"
#include "testprogram.h"

namespace connection_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;
using Fixture = GatewayFixture;

namespace {

/// Answers everything at once, and notes how much of it by the next turn of the event loop.
struct CountingHost : HttpHost {
  void requestArrived(HttpConnection &connection, const Request &request) override {
    if (++arrived == 1) {
      QMetaObject::invokeMethod(
          &context, [this] { byNextTurn = arrived; }, Qt::QueuedConnection);
    }
    connection.answer({200, "text/plain", request.target});
  }
  void requestRefused(int) override {}
  void connectionOver(HttpConnection &) override {}
  void unsentChanged(qint64) override {}
  bool isBacklogged() const override { return false; }

  QObject context;
  int arrived = 0;
  int byNextTurn = 0;
};

/// Points whose list is about a megabyte long.
void declareMegabyte(TestContext &context) {
  for (int i = 0; i < 500; ++i) {
    PointInfo point;
    point.name = QStringLiteral("point%1").arg(i);
    point.description = QString(2000, u'x');
    context.declare({point});
  }
}

/// A client that reads nothing, and for which the kernel holds little.
std::unique_ptr<RawClient> deafClient(quint16 port) {
  auto client = std::make_unique<RawClient>(port);
  client->socket().setSocketOption(QAbstractSocket::ReceiveBufferSizeSocketOption, 16 * 1024);
  client->stopReading();
  return client;
}

}  // namespace

class ConnectionTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void halfAHeadIs408();
  void halfABodyIs408();
  void idleConnectionIsClosedSilently();
  void pipelinedRequestsAreAnsweredInOrder();
  void nothingRunsBehindABadRequest();
  void pipelinedRequestsLeaveTurnsToOthers();
  void unreadAnswersAreBounded();
  void unreadAnswersOfAllClientsAreBounded();
  void unreadFarewellsCountToo();
  void tooManyConnectionsAreTurnedAway();
  void whoWaitsLongestMakesRoom();
  void silentConnectionsOfOneAddressAreBounded();
  void aProxyMayHaveMany();
  void servesOnlyWhatIsAsked();
  void allowedOriginGetsCorsFields();
};

void ConnectionTest::halfAHeadIs408() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  client.send("GET / HTTP/1.1\r\nHost: loc");
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 1.0);
  fixture.context.manualClock().advance(9s);
  client.send("alhost\r\nX: drip");  // a drop now and then does not prolong it
  fixture.context.manualClock().advance(1s);
  QTRY_COMPARE(client.status(), 408);
  QTRY_VERIFY(!client.isConnected());
}

void ConnectionTest::halfABodyIs408() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("POST", "/api/os/command", "Expect: 100-continue\r\nContent-Length: 10\r\n"));
  QTRY_COMPARE(client.status(), 100);
  client.dropHead();
  client.send("{}");
  fixture.context.manualClock().advance(29s);
  QTest::qWait(250);
  QCOMPARE(client.status(), 0);
  fixture.context.manualClock().advance(1s);
  QTRY_COMPARE(client.status(), 408);
}

void ConnectionTest::idleConnectionIsClosedSilently() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 1.0);
  fixture.context.manualClock().advance(10s);
  QTRY_VERIFY(client.socket().state() == QAbstractSocket::UnconnectedState);
  QVERIFY(client.input().isEmpty());
}

void ConnectionTest::pipelinedRequestsAreAnsweredInOrder() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("GET", "/healthz") + RawClient::head("HEAD", "/healthz") +
              RawClient::head("GET", "/nowhere") + RawClient::head("DELETE", "/healthz", "Connection: close\r\n"));
  QTRY_VERIFY(!client.isConnected());
  const QByteArray input = client.input();
  const qsizetype health = input.indexOf("HTTP/1.1 200 OK");
  const qsizetype head = input.indexOf("HTTP/1.1 200 OK", health + 1);
  const qsizetype missing = input.indexOf("HTTP/1.1 404");
  const qsizetype method = input.indexOf("HTTP/1.1 405");
  QVERIFY(health == 0 && head > health && missing > head && method > missing);
  QVERIFY(input.mid(head, missing - head).endsWith("\r\n\r\n"));  // no body behind HEAD
  QVERIFY(input.contains("\r\nAllow: GET, HEAD, OPTIONS\r\n"));
}

void ConnectionTest::nothingRunsBehindABadRequest() {
  Fixture fixture;
  QSignalSpy commands(&fixture.gateway, &Plugin::commandRequested);
  RawClient client(fixture.gateway.port());
  client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx" +
              RawClient::upgradeHead("/ws/live"));
  QTRY_COMPARE(client.status(), 400);
  QTRY_VERIFY(!client.isConnected());
  QCOMPARE(client.input().count("HTTP/1.1"), 1);
  QVERIFY(fixture.heard.open.isEmpty());
  QCOMPARE(fixture.metric("tagwire_http_responses_total{status=\"400\""), 1.0);
}

void ConnectionTest::pipelinedRequestsLeaveTurnsToOthers() {
  StreamFixture fixture(false);
  RawClient client(fixture.listener.port());
  QTRY_VERIFY(!fixture.users.empty());
  ManualClock clock;
  CountingHost host;
  HttpConnection connection(std::move(fixture.last().stream), HttpLimits(), clock, host);
  QByteArray requests;
  for (int i = 0; i < 60; ++i) requests += RawClient::head("HEAD", '/' + QByteArray::number(i));
  client.send(requests + RawClient::head("GET", "/last"));
  connection.begin();
  QTRY_VERIFY(client.input().endsWith("/last"));
  QCOMPARE(host.byNextTurn, 8);
  QCOMPARE(host.arrived, 61);
  QCOMPARE(client.input().count("HTTP/1.1 200 OK"), 61);
}

void ConnectionTest::unreadAnswersAreBounded() {
  Fixture fixture;
  for (int i = 0; i < 500; ++i) {
    PointInfo point;
    point.name = QStringLiteral("point%1").arg(i);
    point.description = QString(500, u'x');
    fixture.context.declare({point});
  }
  RawClient client(fixture.gateway.port());
  client.stopReading();
  const int requests = 200;  // 70 MB of answers
  client.send(RawClient::head("GET", "/api/v1/points").repeated(requests));
  QTest::qWait(500);
  const double answered = fixture.metric("tagwire_http_responses_total{status=\"200\"");
  QVERIFY2(answered > 0 && answered < requests / 2, qPrintable(QString::number(answered)));
  client.readAgain();
  QTRY_COMPARE(client.input().count("HTTP/1.1 200 OK"), requests);
}

void ConnectionTest::unreadAnswersOfAllClientsAreBounded() {
  Fixture fixture;
  declareMegabyte(fixture.context);
  HttpLimits limits;
  limits.unsentBytes = 3 * 1024 * 1024;
  fixture.gateway.setHttpLimits(limits);
  std::vector<std::unique_ptr<RawClient>> deaf;
  for (int i = 0; i < 12; ++i) {
    deaf.push_back(deafClient(fixture.gateway.port()));
    deaf.back()->send(RawClient::head("GET", "/api/v1/points"));
  }
  QTRY_VERIFY(fixture.metric("tagwire_http_refused_answers_total ") >= 4);
  QTRY_COMPARE(fixture.metric("tagwire_http_responses_total{status=\"200\"") +
                   fixture.metric("tagwire_http_responses_total{status=\"503\""),
               12.0);
  QTRY_VERIFY(fixture.metric("tagwire_http_unsent_bytes ") > 1024.0 * 1024);
  QVERIFY(fixture.metric("tagwire_http_unsent_bytes ") < 4.0 * 1024 * 1024);
  RawClient small(fixture.gateway.port());
  small.send(RawClient::head("GET", "/healthz"));
  QTRY_COMPARE(small.status(), 200);
  RawClient refused(fixture.gateway.port());
  refused.send(RawClient::head("GET", "/api/v1/points"));
  QTRY_COMPARE(refused.status(), 503);
  QVERIFY(refused.input().contains("\r\nRetry-After: 1\r\n"));
  deaf.clear();
  QTRY_COMPARE(fixture.metric("tagwire_http_unsent_bytes "), 0.0);
  RawClient later(fixture.gateway.port());
  later.send(RawClient::head("GET", "/api/v1/points"));
  QTRY_COMPARE(later.status(), 200);
}

void ConnectionTest::unreadFarewellsCountToo() {
  Fixture fixture;
  declareMegabyte(fixture.context);
  HttpLimits limits;
  limits.unsentBytes = 2 * 1024 * 1024;
  fixture.gateway.setHttpLimits(limits);
  std::vector<std::unique_ptr<RawClient>> deaf;
  for (int i = 0; i < 8; ++i) {
    deaf.push_back(deafClient(fixture.gateway.port()));
    deaf.back()->send(RawClient::head("GET", "/api/v1/points", "Connection: close\r\n"));
  }
  QTRY_VERIFY(fixture.metric("tagwire_http_refused_answers_total ") >= 3);
}

void ConnectionTest::tooManyConnectionsAreTurnedAway() {
  Fixture fixture(config({endpoint("/ws/live", ProtocolKind::Live)}));
  FakeAlarms alarms;
  alarms.isHolding = true;
  fixture.context.answerWith(&alarms);
  HttpLimits limits;
  limits.connections = 3;
  fixture.gateway.setHttpLimits(limits);
  std::vector<std::unique_ptr<RawClient>> busy;
  for (int i = 0; i < 3; ++i) {
    busy.push_back(std::make_unique<RawClient>(fixture.gateway.port()));
    if (i > 0) busy.back()->send(RawClient::head("GET", "/api/v1/alarms"));
  }
  QTRY_COMPARE(alarms.asked, 2);
  RawClient takesThePlaceOfTheIdleOne(fixture.gateway.port());
  takesThePlaceOfTheIdleOne.send(RawClient::head("GET", "/api/v1/alarms"));
  QTRY_VERIFY(!busy.front()->isConnected());
  QVERIFY(busy.front()->input().isEmpty());
  QTRY_COMPARE(alarms.asked, 3);
  QCOMPARE(fixture.metric("tagwire_http_turned_away_total "), 1.0);
  RawClient tooMany(fixture.gateway.port());
  QTRY_COMPARE(tooMany.status(), 503);
  QTRY_COMPARE(fixture.metric("tagwire_http_turned_away_total "), 2.0);
  busy.clear();
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 1.0);
  RawClient good(fixture.gateway.port());
  QVERIFY(good.upgrade("/ws/live"));
}

void ConnectionTest::whoWaitsLongestMakesRoom() {
  Fixture fixture;
  HttpLimits limits;
  limits.connections = 2;
  fixture.gateway.setHttpLimits(limits);
  RawClient first(fixture.gateway.port());
  first.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n");
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 1.0);
  fixture.context.manualClock().advance(1s);
  RawClient second(fixture.gateway.port());
  second.send("GET / HT");
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 2.0);
  QTest::qWait(50);  // what they sent is read
  fixture.context.manualClock().advance(1s);
  RawClient third(fixture.gateway.port());
  third.send(RawClient::head("GET", "/healthz"));
  QTRY_COMPARE(third.status(), 200);
  QTRY_COMPARE(first.status(), 503);
  QTRY_VERIFY(!first.isConnected());
  QVERIFY(second.isConnected());
  QCOMPARE(fixture.metric("tagwire_http_turned_away_total "), 1.0);
  // One that keeps its connection for a next request goes before one that is at its first.
  RawClient fourth(fixture.gateway.port());
  fourth.send(RawClient::head("GET", "/healthz"));
  QTRY_COMPARE(fourth.status(), 200);
  QTRY_VERIFY(!third.isConnected());
  QVERIFY(second.isConnected());
}

void ConnectionTest::silentConnectionsOfOneAddressAreBounded() {
  Fixture fixture;
  HttpLimits limits;
  limits.unasked = 3;
  fixture.gateway.setHttpLimits(limits);
  RawClient hasAsked(fixture.gateway.port());
  hasAsked.send(RawClient::head("GET", "/healthz"));
  QTRY_COMPARE(hasAsked.status(), 200);
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 3; ++i) {
    silent.push_back(std::make_unique<RawClient>(fixture.gateway.port()));
    QTRY_COMPARE(fixture.metric("tagwire_http_connections "), i + 2.0);
    fixture.context.manualClock().advance(1ms);
  }
  // An honest one from there gets in: the oldest of the silent ones makes room.
  RawClient honest(fixture.gateway.port());
  honest.send(RawClient::head("GET", "/healthz"));
  QTRY_COMPARE(honest.status(), 200);
  QTRY_VERIFY(!silent.front()->isConnected());
  QVERIFY(silent.back()->isConnected());
  QCOMPARE(fixture.metric("tagwire_http_crowded_total "), 1.0);
  RawClient other(fixture.gateway.port(), QHostAddress(QStringLiteral("127.0.0.2")));
  other.send(RawClient::head("GET", "/healthz"));
  QTRY_COMPARE(other.status(), 200);
  QVERIFY(hasAsked.isConnected());
}

void ConnectionTest::aProxyMayHaveMany() {
  WsConfig settings = config({});
  settings.trustedProxies = {QStringLiteral("127.0.0.1")};
  Fixture fixture(settings);
  HttpLimits limits;
  limits.unasked = 1;
  fixture.gateway.setHttpLimits(limits);
  RawClient one(fixture.gateway.port());
  RawClient two(fixture.gateway.port());
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 2.0);
}

void ConnectionTest::servesOnlyWhatIsAsked() {
  WsConfig settings = config({endpoint("/ws/live", ProtocolKind::Live)});
  settings.serve = {Served::Metrics};
  Fixture fixture(settings);
  const auto statusOf = [&](const QByteArray &head) {
    RawClient client(fixture.gateway.port());
    client.send(head);
    return tagwire::testing::waitFor([&] { return client.status() != 0; }) ? client.status() : 0;
  };
  QCOMPARE(statusOf(RawClient::head("GET", "/metrics")), 200);
  QCOMPARE(statusOf(RawClient::head("GET", "/healthz")), 200);
  QCOMPARE(statusOf(RawClient::head("GET", "/api/v1/points")), 404);
  QCOMPARE(statusOf(RawClient::head("GET", "/")), 404);
  QCOMPARE(statusOf(RawClient::upgradeHead("/ws/live")), 404);
}

void ConnectionTest::allowedOriginGetsCorsFields() {
  WsConfig settings = config({});
  settings.allowedOrigins = {QStringLiteral("https://panel.example.org")};
  Fixture fixture(settings);
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("GET", "/healthz", "Origin: https://panel.example.org\r\n"));
  QTRY_COMPARE(client.status(), 200);
  QVERIFY(client.input().contains("\r\nAccess-Control-Allow-Origin: https://panel.example.org\r\n"));
  RawClient preflight(fixture.gateway.port());
  preflight.send(RawClient::head("OPTIONS", "/api/os/command",
                                 "Origin: https://panel.example.org\r\nAccess-Control-Request-Method: POST\r\n"));
  QTRY_COMPARE(preflight.status(), 204);
  QVERIFY(preflight.input().contains("\r\nAccess-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE\r\n"));
  RawClient stranger(fixture.gateway.port());
  stranger.send(RawClient::head("GET", "/healthz", "Origin: https://evil.example\r\n"));
  QTRY_COMPARE(stranger.status(), 403);
  QVERIFY(!stranger.input().contains("Access-Control"));
}

TAGWIRE_TEST(ConnectionTest)

}  // namespace connection_test

#include "connection_test.moc"
