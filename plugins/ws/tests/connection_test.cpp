// SPDX-License-Identifier: Apache-2.0
#include <QSignalSpy>
#include <QTest>

#include "gatewayfixture.h"
#include "rawclient.h"

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;
using Fixture = GatewayFixture;

class ConnectionTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void halfAHeadIs408();
  void halfABodyIs408();
  void idleConnectionIsClosedSilently();
  void pipelinedRequestsAreAnsweredInOrder();
  void nothingRunsBehindABadRequest();
  void unreadAnswersAreBounded();
  void tooManyConnectionsAreTurnedAway();
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
  QTRY_COMPARE_WITH_TIMEOUT(client.input().count("HTTP/1.1 200 OK"), requests, 20'000);
}

void ConnectionTest::tooManyConnectionsAreTurnedAway() {
  Fixture fixture(config({endpoint("/ws/live", ProtocolKind::Live)}));
  HttpLimits limits;
  limits.connections = 3;
  fixture.gateway.setHttpLimits(limits);
  std::vector<std::unique_ptr<RawClient>> busy;
  for (int i = 0; i < 3; ++i) {
    busy.push_back(std::make_unique<RawClient>(fixture.gateway.port()));
    if (i > 0) busy.back()->send("GET / HT");
  }
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 3.0);
  QTest::qWait(50);  // their half heads are read
  RawClient takesThePlaceOfTheIdleOne(fixture.gateway.port());
  takesThePlaceOfTheIdleOne.send("GET / HT");
  QTRY_VERIFY(!busy.front()->isConnected());
  QTRY_VERIFY(takesThePlaceOfTheIdleOne.isConnected());
  QTest::qWait(50);
  RawClient tooMany(fixture.gateway.port());
  QTRY_COMPARE(tooMany.status(), 503);
  QTRY_COMPARE(fixture.metric("tagwire_http_turned_away_total "), 1.0);
  busy.clear();
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 1.0);
  RawClient good(fixture.gateway.port());
  QVERIFY(good.upgrade("/ws/live"));
}

void ConnectionTest::servesOnlyWhatIsAsked() {
  WsConfig settings = config({endpoint("/ws/live", ProtocolKind::Live)});
  settings.serve = {Served::Metrics};
  Fixture fixture(settings);
  const auto statusOf = [&](const QByteArray &head) {
    RawClient client(fixture.gateway.port());
    client.send(head);
    return QTest::qWaitFor([&] { return client.status() != 0; }) ? client.status() : 0;
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

QTEST_GUILESS_MAIN(ConnectionTest)
#include "connection_test.moc"
