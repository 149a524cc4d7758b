// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "access/tokenstore.h"
#include "gatewayfixture.h"
#include "rawclient.h"
#include "testprogram.h"

namespace strangers_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

WsConfig strictConfig(const LimitsConfig &limits = {}) {
  WsConfig settings = config({endpoint("/ws/live", ProtocolKind::Live, limits), endpoint("/ws", ProtocolKind::Panel)});
  settings.auth->anonymous.clear();
  return settings;
}

QByteArray makeToken(GatewayFixture &fixture) {
  const auto token = TokenStore(fixture.context.dataDir())
                         .create(QStringLiteral("reader"), *Permissions::fromTexts({QStringLiteral("points:read")}), {},
                                 fixture.context.clock().now(), QStringLiteral("test"));
  fixture.context.manualClock().advance(std::chrono::seconds(1));
  fixture.gateway.tick();  // it looks once a second
  return token.value_or(QByteArray());
}

QByteArray auth(const QByteArray &token) { return clientText("{\"op\":\"auth\",\"access_token\":\"" + token + "\"}"); }

}  // namespace

/// WebSockets whose clients have not shown a credential yet.
class StrangersTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void strangersTakeNoPlaceOfTheEndpoint();
  void strangersOfOneAddressAreBounded();
  void strangersAreBounded();
  void theManifestSetsTheBounds();
};

void StrangersTest::strangersTakeNoPlaceOfTheEndpoint() {
  LimitsConfig limits;
  limits.connections = 1;
  GatewayFixture fixture(strictConfig(limits));
  const QByteArray token = makeToken(fixture);
  RawClient silent(fixture.gateway.port());
  QVERIFY(silent.upgrade("/ws/live"));
  RawClient late(fixture.gateway.port());
  QVERIFY(late.upgrade("/ws/live"));
  QCOMPARE(fixture.metric("tagwire_ws_strangers "), 2.0);
  RawClient quick(fixture.gateway.port());
  quick.send(RawClient::upgradeHead("/ws/live", "Authorization: Bearer " + token + "\r\n"));
  QTRY_COMPARE(quick.status(), 101);
  late.send(auth(token));
  QCOMPARE(late.closeCode(), 1013);
  QTRY_COMPARE(fixture.metric("tagwire_ws_strangers "), 1.0);
  QCOMPARE(fixture.metric("tagwire_ws_full_total{endpoint=\"/ws/live\""), 1.0);
  QCOMPARE(fixture.metric("tagwire_ws_sessions{endpoint=\"/ws/live\""), 1.0);
  // R5-8: and who comes to a full endpoint is told before the upgrade.
  RawClient tooMany(fixture.gateway.port());
  tooMany.send(RawClient::upgradeHead("/ws/live"));
  QTRY_COMPARE(tooMany.status(), 503);
  quick.socket().close();
  QTRY_COMPARE(fixture.metric("tagwire_ws_sessions{endpoint=\"/ws/live\""), 0.0);
  silent.send(auth(token));
  QCOMPARE(silent.nextFrame().payload, QByteArray("{\"op\":\"authenticated\"}"));
  QCOMPARE(fixture.metric("tagwire_ws_strangers "), 0.0);
  QCOMPARE(fixture.metric("tagwire_ws_sessions{endpoint=\"/ws/live\""), 1.0);
}

void StrangersTest::strangersOfOneAddressAreBounded() {
  GatewayFixture fixture(strictConfig());
  RawClient other(fixture.gateway.port(), QHostAddress(QStringLiteral("127.0.0.2")));
  QVERIFY(other.upgrade("/ws/live"));
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 33; ++i) {
    silent.push_back(std::make_unique<RawClient>(fixture.gateway.port()));
    QVERIFY(silent.back()->upgrade(i % 2 == 0 ? "/ws/live" : "/ws"));
  }
  QCOMPARE(silent.front()->closeCode(), 4401);
  QTRY_COMPARE(fixture.metric("tagwire_ws_strangers "), 33.0);
  QCOMPARE(fixture.metric("tagwire_ws_strangers_evicted_total "), 1.0);
  QVERIFY(silent[1]->isConnected() && other.isConnected());
}

void StrangersTest::strangersAreBounded() {
  GatewayFixture fixture(strictConfig());
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 257; ++i) {
    const QHostAddress from(QStringLiteral("127.0.0.%1").arg(2 + i / 32));
    silent.push_back(std::make_unique<RawClient>(fixture.gateway.port(), from));
    QVERIFY(silent.back()->upgrade("/ws/live"));
  }
  QCOMPARE(silent.front()->closeCode(), 4401);
  QTRY_COMPARE(fixture.metric("tagwire_ws_strangers "), 256.0);
  QVERIFY(silent[1]->isConnected());
}

void StrangersTest::theManifestSetsTheBounds() {
  WsConfig settings = strictConfig();
  settings.httpLimits.strangers = 3;
  settings.httpLimits.strangersOfOneAddress = 2;
  settings.httpLimits.strangerTime = std::chrono::milliseconds(500);
  settings.httpLimits.headBytes = 1024;
  GatewayFixture fixture(settings);
  std::vector<std::unique_ptr<RawClient>> silent;
  for (const int address : {1, 1, 1, 2, 3}) {
    const QHostAddress from(QStringLiteral("127.0.0.%1").arg(address));
    silent.push_back(std::make_unique<RawClient>(fixture.gateway.port(), from));
    QVERIFY(silent.back()->upgrade("/ws/live"));
  }
  QCOMPARE(silent[0]->closeCode(), 4401);  // the third of one address
  QCOMPARE(silent[1]->closeCode(), 4401);  // the fourth in all
  QTRY_COMPARE(fixture.metric("tagwire_ws_strangers "), 3.0);
  QVERIFY(silent[2]->isConnected());
  fixture.context.manualClock().advance(std::chrono::milliseconds(500));
  fixture.gateway.tick();
  QCOMPARE(silent[2]->closeCode(), 4401);
  RawClient wordy(fixture.gateway.port());
  wordy.send(RawClient::head("GET", "/healthz", "X-Long: " + QByteArray(1024, 'x') + "\r\n"));
  QTRY_COMPARE(wordy.status(), 431);
}

TAGWIRE_TEST(StrangersTest)

}  // namespace strangers_test

#include "strangers_test.moc"
