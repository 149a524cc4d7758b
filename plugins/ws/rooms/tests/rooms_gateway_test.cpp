// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "roomsgatewayfixture.h"
#include "testprogram.h"

namespace rooms_gateway_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

class RoomsGatewayTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R4_3_R4_6_fromTheSampleToTheSubscriber();
  void R4_4_heartbeatsFor120Periods();
  void R4_12_messageSize();
  void R4_12_messageRate();
  void R4_12_deadClient();
  void R4_12_stuckClient();
  void R4_13_anonymousOnlyWhereTheManifestSaysSo();
  void R4_13_origin();
};

void RoomsGatewayTest::R4_3_R4_6_fromTheSampleToTheSubscriber() {
  House house;
  RoomsClient lounge(house);
  RoomsClient kitchen(house);
  QVERIFY(!lounge.id.isEmpty() && lounge.id != kitchen.id);
  lounge.say("{'type':'subscribe_room','data':{'room_id':1}}");
  kitchen.say("{'type':'subscribe_room','data':{'room_id':2}}");
  for (RoomsClient *each : {&lounge, &kitchen}) {
    each->say("{'type':'ping','data':{}}");
    QCOMPARE(each->nextType(), QStringLiteral("pong"));
  }
  house.put(false);
  house.put(true);
  const QJsonObject first = lounge.next().value(QStringLiteral("data")).toObject();
  QCOMPARE(first.value(QStringLiteral("old_state")).toString(), QStringLiteral("unknown"));
  QCOMPARE(first.value(QStringLiteral("new_state")).toString(), QStringLiteral("off"));
  const QJsonObject change = lounge.next();
  QCOMPARE(change.value(QStringLiteral("type")).toString(), QStringLiteral("entity_state_changed"));
  const QJsonObject data = change.value(QStringLiteral("data")).toObject();
  QCOMPARE(data.value(QStringLiteral("old_state")).toString(), QStringLiteral("off"));
  QCOMPARE(data.value(QStringLiteral("new_state")).toString(), QStringLiteral("on"));
  QVERIFY(data.value(QStringLiteral("attributes")).toObject().value(QStringLiteral("brightness")).isNull());
  kitchen.say("{'type':'subscribe_room','data':{'room_id':77}}");
  QCOMPARE(kitchen.nextType(), QStringLiteral("error"));
}

/// An hour, in which a client only answers PINGs.
void RoomsGatewayTest::R4_4_heartbeatsFor120Periods() {
  House house;
  RoomsClient client(house);
  QMap<QString, int> heard;
  for (int second = 6; second <= 3600; second += 6) {
    house.pass(6s);
    const bool isPinged = second % 54 == 0;
    int due = int{isPinged} + int{second % 30 == 0} + int{second % 60 == 0};
    for (; due > 0; --due) {
      const auto frame = client.nextFrame();
      QVERIFY2(frame.opcode == 1 || frame.opcode == 9, qPrintable(QString::number(second)));
      if (frame.opcode == 1) {
        ++heard[QJsonDocument::fromJson(frame.payload).object().value(QStringLiteral("type")).toString()];
      } else {
        client.send(ClientFrame{10, frame.payload}.bytes());
      }
    }
    if (!isPinged) continue;
    client.say("{'type':'ping'}");  // answered behind the PONG
    QCOMPARE(client.nextType(), QStringLiteral("pong"));
  }
  QCOMPARE(heard.value(QStringLiteral("heartbeat")), 120);
  QCOMPARE(heard.value(QStringLiteral("system_status")), 60);
  QVERIFY(client.isConnected());
}

void RoomsGatewayTest::R4_12_messageSize() {
  House house;
  RoomsClient client(house);
  client.send(clientText(quoted("{'type':'ping'}").leftJustified(512)));
  QCOMPARE(client.nextType(), QStringLiteral("pong"));
  client.send(clientText(quoted("{'type':'ping'}").leftJustified(513)));
  QCOMPARE(client.closeCode(), 1009);
  RoomsClient other(house);
  other.send(clientText(quoted("{'type':'auth','access_token':'") + QByteArray(6000, 'x') + quoted("'}")));
  QCOMPARE(other.closeCode(), 4401);  // read, and wrong
}

void RoomsGatewayTest::R4_12_messageRate() {
  House house;
  RoomsClient client(house);
  for (int i = 0; i < 21; ++i) client.say("{'type':'ping'}");
  for (int i = 0; i < 20; ++i) QCOMPARE(client.nextType(), QStringLiteral("pong"));
  const QJsonObject error = client.next();
  QCOMPARE(error.keys(), (QStringList{QStringLiteral("data"), QStringLiteral("timestamp"), QStringLiteral("type")}));
  QCOMPARE(error.value(QStringLiteral("type")).toString(), QStringLiteral("error"));
  QVERIFY(error.value(QStringLiteral("data"))
              .toObject()
              .value(QStringLiteral("message"))
              .toString()
              .contains(QStringLiteral("20 messages")));
  for (int second = 1; second < 6; ++second) {
    house.pass(1s);
    for (int i = 0; i < 21; ++i) client.say("{'type':'ping'}");
    // Read before the clock moves on; the last answer is an error, or the end.
    for (int i = 0; i < 20; ++i) QCOMPARE(client.nextType(), QStringLiteral("pong"));
    if (second < 5) QCOMPARE(client.nextType(), QStringLiteral("error"));
  }
  QCOMPARE(client.closeCode(), 1008);
}

void RoomsGatewayTest::R4_12_deadClient() {
  House house;
  RoomsClient client(house);
  house.pass(53s);
  house.pass(1s);
  int opcode = 0;
  while (opcode != 9 && opcode != -1) opcode = client.nextFrame().opcode;
  QCOMPARE(opcode, 9);
  house.pass(6s);
  QCOMPARE(client.closeCode(), 1008);
}

void RoomsGatewayTest::R4_12_stuckClient() {
  House house;
  house.put(false);
  RoomsClient client(house);
  RoomsClient stuck(house);
  stuck.stopReading();
  const QJsonObject body{{QStringLiteral("type"), QStringLiteral("note")},
                         {QStringLiteral("data"), QJsonObject{{QStringLiteral("x"), QString(60'000, u'x')}}}};
  const auto note = Broadcast::fromJson(body, house.context.clock().now());
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 20; ++i) QVERIFY(house.book().broadcast(*note));
    for (int i = 0; i < 20; ++i) QCOMPARE(client.nextType(), QStringLiteral("note"));
  }
  // More of them than may wait for one client.
  for (int i = 0; i < 1000; ++i) house.put(i % 2 == 0);
  for (int i = 0; i < 1000; ++i) QCOMPARE(client.nextType(), QStringLiteral("entity_state_changed"));
  QCOMPARE(house.metric("tagwire_ws_slow_clients_total{endpoint=\"/ws\"}"), 0.0);
  QVERIFY(house.metric("tagwire_ws_samples_coalesced_total{protocol=\"rooms\"}") >= 999.0);
  house.pass(10s);
  house.pass(10s);
  QTRY_COMPARE(house.metric("tagwire_ws_slow_clients_total{endpoint=\"/ws\"}"), 1.0);
  QTRY_COMPARE(house.metric("tagwire_ws_sessions{endpoint=\"/ws\"}"), 1.0);
}

void RoomsGatewayTest::R4_13_anonymousOnlyWhereTheManifestSaysSo() {
  House house(QList<QString>{});
  RawClient waiting(house.gateway->port());
  QVERIFY(waiting.upgrade("/ws"));
  RawClient impatient(house.gateway->port());
  QVERIFY(impatient.upgrade("/ws"));
  impatient.send(clientText(quoted("{'type':'subscribe_room','data':{'room_id':1}}")));
  QCOMPARE(impatient.nextFrame().closeCode(), 4401);  // the first frame: nothing came before it
  QCOMPARE(house.post("/api/v1/rooms", "{'name':'Study'}").status, 401);
  house.pass(10s);
  QCOMPARE(waiting.nextFrame().closeCode(), 4401);

  House other({QStringLiteral("points:read")});
  RawClient stranger(other.gateway->port());
  QVERIFY(stranger.upgrade("/ws"));
  other.pass(10s);
  QCOMPARE(stranger.nextFrame().closeCode(), 4401);
}

void RoomsGatewayTest::R4_13_origin() {
  House house;
  const auto statusFor = [&](const QByteArray &origin) {
    RawClient client(house.gateway->port());
    client.send(RawClient::upgradeHead("/ws", "Origin: " + origin + "\r\n"));
    return tagwire::testing::waitFor([&] { return client.status() != 0; }) ? client.status() : 0;
  };
  QCOMPARE(statusFor("https://evil.example"), 403);
  QCOMPARE(statusFor("null"), 403);
  QCOMPARE(statusFor("https://panel.example.org"), 101);
  QCOMPARE(statusFor("http://localhost"), 101);
  // A page from elsewhere is let in, but needs a credential: it is not of this machine.
  RawClient page(house.gateway->port());
  page.send(RawClient::upgradeHead("/ws", "Origin: https://panel.example.org\r\n"));
  QTRY_COMPARE(page.status(), 101);
  page.dropHead();
  house.pass(10s);
  QCOMPARE(page.nextFrame().closeCode(), 4401);
}

TAGWIRE_TEST(RoomsGatewayTest)

}  // namespace rooms_gateway_test

#include "rooms_gateway_test.moc"
