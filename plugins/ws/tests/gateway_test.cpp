// SPDX-License-Identifier: Apache-2.0
#include <QSignalSpy>
#include <QTcpServer>
#include <QTest>
#include <QWebSocket>

#include "gatewayfixture.h"
#include "rawclient.h"
#include "testprogram.h"

namespace gateway_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;
using Fixture = GatewayFixture;

namespace {

QUrl url(const Fixture &fixture, const char *path) {
  return QUrl(QStringLiteral("ws://127.0.0.1:%1%2").arg(fixture.gateway.port()).arg(QLatin1String(path)));
}

}  // namespace

class GatewayTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void R6_1_aClientConnectsAndTalks();
  void refusesUpgrades_data();
  void refusesUpgrades();
  void credentialInTheQueryIsRefusedAndNotLogged();
  void exactPathWinsOverPattern();
  void R1_35_queryValuesAreDecodedOnce();
  void R1_37_strangersDoNotFloodTheLog();
  void R5_8_connectionLimit503();
  void busyPortFails();
  void stopSays1001();
  void stopIsSafeAnyTime();
  void startsAgainAfterStop();
  void twoInstancesAtOnce();
  void withoutAnythingConfiguredNobodyGetsIn();
};

void GatewayTest::R6_1_aClientConnectsAndTalks() {
  Fixture fixture;
  QWebSocket client;
  QSignalSpy connected(&client, &QWebSocket::connected);
  QSignalSpy texts(&client, &QWebSocket::textMessageReceived);
  client.open(url(fixture, "/ws/live?zone=4"));
  QTRY_COMPARE(connected.size(), 1);
  QTRY_COMPARE(fixture.heard.open.size(), 1);
  const Session &session = *fixture.heard.open.first();
  QCOMPARE(session.upgrade().path, QStringLiteral("/ws/live"));
  QCOMPARE(session.upgrade().query, (decltype(Upgrade::query){{QStringLiteral("zone"), QStringLiteral("4")}}));
  QCOMPARE(session.peer(), QStringLiteral("127.0.0.1:%1").arg(client.localPort()));

  const QString large(50'000, u'ü');
  client.sendTextMessage(QStringLiteral("hello"));
  client.sendTextMessage(QString(30'000, u'ü'));
  QTRY_COMPARE(texts.size(), 2);
  QCOMPARE(texts.at(0).at(0).toString(), QStringLiteral("hello"));
  QCOMPARE(texts.at(1).at(0).toString(), QString(30'000, u'ü'));
  client.sendTextMessage(large);  // 100,000 bytes
  QTRY_COMPARE(client.closeCode(), QWebSocketProtocol::CloseCodeTooMuchData);
  QTRY_COMPARE(fixture.heard.closed, 1);
  QCOMPARE(fixture.metric("tagwire_ws_sessions{endpoint=\"/ws/live\""), 0.0);
  QCOMPARE(fixture.metric("tagwire_ws_sessions_total{endpoint=\"/ws/live\""), 1.0);
}

void GatewayTest::refusesUpgrades_data() {
  QTest::addColumn<QByteArray>("head");
  QTest::addColumn<int>("status");
  const auto upgrade = [](const QByteArray &target, const QByteArray &more = {}) {
    return RawClient::upgradeHead(target, more);
  };
  QTest::newRow("good") << upgrade("/ws/live") << 101;
  QTest::newRow("encoded path") << upgrade("/%77s/live") << 101;
  QTest::newRow("unknown path") << upgrade("/nowhere") << 404;
  QTest::newRow("too deep a path") << upgrade("/ws/live/x") << 404;
  QTest::newRow("device is not there yet") << upgrade("/ws/device/ems_001") << 501;
  QTest::newRow("token") << upgrade("/ws/live?token=s3cret") << 400;
  QTest::newRow("hostile page") << upgrade("/ws/live", "Origin: https://evil.example\r\n") << 403;
  QTest::newRow("own page") << upgrade("/ws/live", "Origin: http://localhost\r\n") << 101;
  QTest::newRow("wrong token") << upgrade("/ws/live", "Authorization: Bearer nonsense\r\n") << 403;
  QTest::newRow("other scheme") << upgrade("/ws/live", "Authorization: Basic YTpi\r\n") << 403;
  QTest::newRow("two credentials") << upgrade("/ws/live", "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n")
                                   << 400;
  QTest::newRow("other version") << upgrade("/ws/live").replace("Version: 13", "Version: 8") << 426;
  QTest::newRow("bad key") << upgrade("/ws/live").replace("dGhl", "dG==") << 400;
  QTest::newRow("two keys") << upgrade("/ws/live", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") << 400;
  QTest::newRow("by POST") << upgrade("/ws/live").replace("GET", "POST") << 400;
  QTest::newRow("no upgrade") << RawClient::head("GET", "/ws/live") << 426;
}

void GatewayTest::refusesUpgrades() {
  QFETCH(QByteArray, head);
  QFETCH(int, status);
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  client.send(head);
  QTRY_COMPARE(client.status(), status);
  QCOMPARE(fixture.heard.open.size(), status == 101 ? 1 : 0);
  if (status == 101) return;
  QVERIFY(client.input().contains("\r\nContent-Type: application/json\r\n"));
  // A WebSocket client may tell of a refusal only once the connection is gone.
  const bool isUpgrade = head.contains("Sec-WebSocket-Key");
  QCOMPARE(client.input().contains("\r\nConnection: close\r\n"), isUpgrade);
  if (isUpgrade) QTRY_VERIFY(!client.isConnected());
}

void GatewayTest::credentialInTheQueryIsRefusedAndNotLogged() {
  static QString logged;
  logged.clear();
  const auto before = qInstallMessageHandler(
      [](QtMsgType, const QMessageLogContext &, const QString &text) { logged += text + u'\n'; });
  {
    Fixture fixture;
    for (const char *target : {"/ws/live?token=s3cret", "/api/v1/points?access_token=s3cret", "/?api_key=s3cret",
                               "/nowhere?a=1&jwt=s3cret"}) {
      RawClient client(fixture.gateway.port());
      client.send(RawClient::head("GET", target));
      QTRY_COMPARE(client.status(), 400);
      QVERIFY(!client.input().contains("s3cret"));
    }
  }
  qInstallMessageHandler(before);
  QVERIFY(!logged.contains(QStringLiteral("s3cret")));
}

void GatewayTest::exactPathWinsOverPattern() {
  Fixture fixture;
  RawClient pattern(fixture.gateway.port());
  QVERIFY(pattern.upgrade("/ws/Manager%201"));
  QCOMPARE(fixture.heard.open.first()->upgrade().variables.value(QStringLiteral("manager")),
           QStringLiteral("Manager 1"));
  RawClient exact(fixture.gateway.port());
  QVERIFY(exact.upgrade("/ws/live"));
  QVERIFY(fixture.heard.open.last()->upgrade().variables.isEmpty());
}

void GatewayTest::R1_35_queryValuesAreDecodedOnce() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/events?tag_id=A%2541&tag_id=B+C"));
  QCOMPARE(fixture.heard.open.first()->upgrade().query,
           (decltype(Upgrade::query){{QStringLiteral("tag_id"), QStringLiteral("A%41")},
                                     {QStringLiteral("tag_id"), QStringLiteral("B C")}}));
}

/// Connect and close are logged, but for strangers only once an address and minute, and never at any length.
void GatewayTest::R1_37_strangersDoNotFloodTheLog() {
  static QStringList logged;
  logged.clear();
  WsConfig settings = config({endpoint("/ws/{manager}", ProtocolKind::RtlsManager)});
  settings.auth.reset();
  const auto before = qInstallMessageHandler(
      [](QtMsgType, const QMessageLogContext &, const QString &text) { logged << text.trimmed(); });
  {
    Fixture fixture(settings);
    for (int i = 0; i < 20; ++i) {
      RawClient client(fixture.gateway.port());
      if (!client.upgrade("/ws/" + QByteArray(12'000, 'x'))) break;
      client.send(clientText("hello"));
      (void)client.closeCode();
    }
    (void)tagwire::testing::waitFor(
        [&] { return fixture.metric("tagwire_ws_closed_total{code=\"4401\",endpoint=\"/ws/{manager}\"") >= 20; });
    QTest::qWait(0);
  }
  qInstallMessageHandler(before);
  const QStringList lines = logged.filter(QStringLiteral("/ws/xxx"));
  QCOMPARE(lines.size(), 2);
  QVERIFY(lines[0].contains(QStringLiteral("connected to /ws/xxx")));
  QVERIFY(lines[1].contains(QStringLiteral("closed /ws/xxx")) && lines[1].contains(QStringLiteral("- 4401 the first")));
  QVERIFY(lines[0].size() < 400 && lines[1].size() < 400);
}

void GatewayTest::R5_8_connectionLimit503() {
  Fixture fixture(config({endpoint("/ws", ProtocolKind::Panel)}));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<RawClient>(fixture.gateway.port()));
    clients.back()->send(RawClient::upgradeHead("/ws"));
  }
  QTRY_COMPARE(fixture.heard.open.size(), 100);
  RawClient oneMore(fixture.gateway.port());
  oneMore.send(RawClient::upgradeHead("/ws"));
  QTRY_COMPARE(oneMore.status(), 503);
  QCOMPARE(fixture.heard.open.size(), 100);
  QCOMPARE(fixture.metric("tagwire_ws_full_total{endpoint=\"/ws\""), 1.0);
  clients.pop_back();
  QTRY_COMPARE(fixture.heard.open.size(), 99);
  RawClient next(fixture.gateway.port());
  QVERIFY(next.upgrade("/ws"));
}

void GatewayTest::busyPortFails() {
  QTcpServer other;
  QVERIFY(other.listen(QHostAddress(QHostAddress::LocalHost)));
  WsConfig settings = config({});
  settings.listen.port = other.serverPort();
  Fixture fixture(config({}));
  Gateway gateway(settings, fixture.context, fixture.factory());
  QSignalSpy status(&gateway, &Plugin::statusChanged);
  gateway.start();
  QCOMPARE(status.size(), 1);
  QVERIFY(status[0][0].value<PluginState>() == PluginState::Failed);
  const QString address = QStringLiteral("127.0.0.1:%1").arg(other.serverPort());
  QVERIFY(status[0][1].toString().contains(address));
  QCOMPARE(fixture.context.busyPorts(), QStringList{address});
  gateway.stop();
  other.close();
  gateway.start();
  QVERIFY(status.last()[0].value<PluginState>() == PluginState::Running);
}

void GatewayTest::stopSays1001() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  client.send(clientText("one") + clientText("two"));  // unread when the server stops, maybe
  const quint16 port = fixture.gateway.port();
  QSignalSpy written(&fixture.gateway, &Plugin::written);
  QSignalSpy status(&fixture.gateway, &Plugin::statusChanged);
  fixture.gateway.write({Sample()});
  fixture.gateway.stop();
  QCOMPARE(fixture.heard.closed, 1);
  QCOMPARE(client.closeCode(), 1001);
  QTRY_VERIFY(!client.isConnected());
  RawClient late(port);
  QTRY_COMPARE(late.socket().error(), QAbstractSocket::ConnectionRefusedError);
  QVERIFY(written.isEmpty());
  QVERIFY(status.isEmpty());
}

void GatewayTest::stopIsSafeAnyTime() {
  TestContext context;
  Heard heard;
  const auto factory = [&](const EndpointConfig &, GatewayState &) { return std::make_unique<EchoProtocol>(heard); };
  Gateway never(config({}), context, factory);
  never.stop();
  never.stop();
  never.write({Sample()});
  never.notify(Event());
  auto running = std::make_unique<Gateway>(config({endpoint("/ws/live", ProtocolKind::Live)}), context, factory);
  running->start();
  RawClient client(running->port());
  QVERIFY(client.upgrade("/ws/live"));
  RawClient half(running->port());
  half.send("GET / HT");
  QTRY_VERIFY(half.isConnected());
  QTest::qWait(0);
  running.reset();
  QCOMPARE(heard.closed, 1);
  QTRY_VERIFY(!client.isConnected());
}

void GatewayTest::startsAgainAfterStop() {
  Fixture fixture;
  RawClient before(fixture.gateway.port());
  QVERIFY(before.upgrade("/ws/live"));
  fixture.gateway.stop();
  fixture.gateway.start();
  RawClient after(fixture.gateway.port());
  QVERIFY(after.upgrade("/ws/live"));
  QCOMPARE(fixture.heard.open.size(), 1);
}

void GatewayTest::twoInstancesAtOnce() {
  Fixture one;
  Fixture two;
  RawClient first(one.gateway.port());
  RawClient second(two.gateway.port());
  QVERIFY(first.upgrade("/ws/live"));
  QVERIFY(second.upgrade("/ws/live"));
  one.gateway.stop();
  second.send(clientText("mine"));
  QCOMPARE(second.nextFrame().payload, QByteArray("mine"));
}

void GatewayTest::withoutAnythingConfiguredNobodyGetsIn() {
  WsConfig settings = config({endpoint("/ws/live", ProtocolKind::Live)});
  settings.auth.reset();
  GatewayFixture fixture(settings);
  RawClient rest(fixture.gateway.port());
  rest.send(RawClient::head("GET", "/api/v1/points"));
  QTRY_COMPARE(rest.status(), 401);
  QVERIFY(rest.input().contains("\r\nWWW-Authenticate: Bearer\r\n"));
  RawClient health(fixture.gateway.port());
  health.send(RawClient::head("GET", "/healthz"));
  QTRY_COMPARE(health.status(), 200);
  QVERIFY(!health.input().contains("instances"));
  // A WebSocket may still bring its credential by message; until then it is told nothing.
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  QVERIFY(fixture.heard.open.isEmpty());
  client.send(clientText("{\"op\":\"auth\",\"access_token\":\"nonsense\"}"));
  QCOMPARE(client.nextFrame().closeCode(), 4401);
}

TAGWIRE_TEST(GatewayTest)

}  // namespace gateway_test

#include "gateway_test.moc"
