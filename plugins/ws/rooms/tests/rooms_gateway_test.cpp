// SPDX-License-Identifier: Apache-2.0
#include <QJsonArray>
#include <QTest>

#include "gateway.h"
#include "protocols/makeprotocol.h"
#include "roomstesting.h"
#include "tests/rawclient.h"

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

struct RestReply {
  int status = 0;
  QByteArray head;
  QJsonObject json;
  QJsonValue data() const { return json.value(QStringLiteral("data")); }
  QString error() const { return json.value(QStringLiteral("error")).toString(); }
};

/// A whole gateway with rooms at /ws, and clients on real sockets.
struct House {
  explicit House(const QList<QString> &anonymous = {QStringLiteral("*:*")}) {
    lamp = context.declare("lamp", ValueType::Bool);
    context.declare("dim", ValueType::Double);
    config.endpoints->append({*EndpointPath::fromText(QStringLiteral("/ws")), ProtocolKind::Rooms, {}});
    config.auth->anonymous = anonymous;
    config.allowedOrigins = {QStringLiteral("https://panel.example.org")};
    restart();
  }
  void restart() {
    gateway.reset();
    gateway = std::make_unique<Gateway>(config, context, &makeProtocol);
    gateway->start();
  }
  void pass(std::chrono::seconds time) {
    context.manualClock().advance(time);
    gateway->tick();
  }
  void put(bool on) {
    const Samples samples{{lamp, Quality::good(), context.clock().now(), Value(on)}};
    context.pointTable().update(samples);
    gateway->write(samples);
  }
  RestReply ask(const char *method, const char *target, const QByteArray &body = {}) {
    RawClient client(gateway->port());
    const QByteArray length =
        body.isNull() ? QByteArray() : "Content-Length: " + QByteArray::number(body.size()) + "\r\n";
    client.send(RawClient::head(method, target, length) + body);
    RestReply reply;
    const bool isWhole = QTest::qWaitFor([&] {
      const qsizetype end = client.input().indexOf("\r\n\r\n");
      const qsizetype at = client.input().indexOf("Content-Length: ") + 16;
      return end > 0 && client.input().size() >=
                            end + 4 + client.input().mid(at, client.input().indexOf("\r\n", at) - at).toLongLong();
    });
    if (!isWhole) return reply;
    const qsizetype end = client.input().indexOf("\r\n\r\n");
    reply.status = client.status();
    reply.head = client.input().left(end);
    reply.json = QJsonDocument::fromJson(client.input().mid(end + 4)).object();
    return reply;
  }
  RestReply post(const char *target, const char *json) { return ask("POST", target, quoted(json)); }
  double metric(const QByteArray &line) {
    const QByteArray text = QByteArray::fromStdString(context.metrics().text());
    const qsizetype at = text.indexOf('\n' + line);
    const qsizetype from = text.indexOf(' ', at + line.size());
    return at < 0 ? -1 : text.mid(from, text.indexOf('\n', from) - from).toDouble();
  }
  RoomBook &book() {
    return *context.shared<RoomBook>("rooms", [] { return std::shared_ptr<RoomBook>(); });
  }

  RoomsContext context;
  PointId lamp = PointId::None;
  WsConfig config = houseConfig();
  std::unique_ptr<Gateway> gateway;
};

/// One that is connected and greeted.
struct Client : RawClient {
  explicit Client(const House &house) : RawClient(house.gateway->port()) {
    if (upgrade("/ws"))
      id = next().value(QStringLiteral("data")).toObject().value(QStringLiteral("client_id")).toString();
  }
  void say(const char *json) { send(clientText(quoted(json))); }
  QJsonObject next() { return QJsonDocument::fromJson(nextFrame().payload).object(); }
  QString nextType() { return next().value(QStringLiteral("type")).toString(); }
  QString id;
};

}  // namespace

class RoomsGatewayTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R4_3_R4_6_fromTheSampleToTheSubscriber();
  void R4_4_heartbeatsFor120Periods();
  void R4_5_R4_8_roomsByRestAndARestart();
  void R4_8_permissions();
  void R4_9_stats();
  void R4_10_broadcast();
  void R4_10_keptOverARestart();
  void R4_11_hostileBodies_data();
  void R4_11_hostileBodies();
  void R4_11_unknownRooms();
  void R4_11_diskThatFails();
  void R4_12_messageSize();
  void R4_12_messageRate();
  void R4_12_deadClient();
  void R4_12_stuckClient();
  void R4_13_anonymousOnlyWhereTheManifestSaysSo();
  void R4_13_origin();
};

void RoomsGatewayTest::R4_3_R4_6_fromTheSampleToTheSubscriber() {
  House house;
  Client lounge(house);
  Client kitchen(house);
  QVERIFY(!lounge.id.isEmpty() && lounge.id != kitchen.id);
  lounge.say("{'type':'subscribe_room','data':{'room_id':1}}");
  kitchen.say("{'type':'subscribe_room','data':{'room_id':2}}");
  for (Client *each : {&lounge, &kitchen}) {
    each->say("{'type':'ping','data':{}}");
    QCOMPARE(each->nextType(), QStringLiteral("pong"));
  }
  house.put(false);
  house.put(true);
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
  Client client(house);
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

void RoomsGatewayTest::R4_5_R4_8_roomsByRestAndARestart() {
  House house;
  Client client(house);
  const RestReply made = house.post("/api/v1/rooms", "{'name':'Study'}");
  QCOMPARE(made.status, 201);
  QVERIFY(made.head.contains("\r\nLocation: /api/v1/rooms/3\r\n"));
  QVERIFY(made.json.value(QStringLiteral("success")).toBool());
  QCOMPARE(made.json.value(QStringLiteral("timestamp")).toString(), QStringLiteral("2026-01-01T00:00:00Z"));
  QCOMPARE(made.data(), QJsonValue(object("{'id':3,'name':'Study','entities':[]}")));
  QCOMPARE(house.ask("PUT", "/api/v1/rooms/1", quoted("{'id':1,'name':'Lounge','entities':[]}")).status, 200);
  QCOMPARE(house.ask("DELETE", "/api/v1/rooms/2").status, 200);
  for (const char *action : {"created", "updated", "deleted"}) {
    const QJsonObject message = client.next();
    QCOMPARE(message.value(QStringLiteral("type")).toString(), QStringLiteral("room_updated"));
    QCOMPARE(message.value(QStringLiteral("data")).toObject().value(QStringLiteral("action")).toString(),
             QString::fromLatin1(action));
  }
  house.restart();
  const QJsonArray rooms = house.ask("GET", "/api/v1/rooms").data().toArray();
  QCOMPARE(rooms.size(), 2);
  QCOMPARE(rooms[0].toObject(), object("{'id':1,'name':'Lounge','entities':[{'entity_id':'light.living_room',"
                                       "'state':'unknown','attributes':{'brightness':null}}]}"));
  QCOMPARE(rooms[1].toObject().value(QStringLiteral("name")).toString(), QStringLiteral("Study"));
  QCOMPARE(house.ask("GET", "/api/v1/rooms/2").status, 404);
  house.put(true);
  const QJsonObject one = house.ask("GET", "/api/v1/rooms/1").data().toObject();
  QCOMPARE(one.value(QStringLiteral("entities")).toArray().at(0).toObject().value(QStringLiteral("state")).toString(),
           QStringLiteral("on"));
}

void RoomsGatewayTest::R4_8_permissions() {
  House reader({QStringLiteral("rooms:read")});
  QCOMPARE(reader.ask("GET", "/api/v1/rooms").status, 200);
  QCOMPARE(reader.post("/api/v1/rooms", "{'name':'Study'}").status, 403);
  QCOMPARE(reader.ask("PUT", "/api/v1/rooms/1", quoted("{'name':'Study'}")).status, 403);
  QCOMPARE(reader.ask("DELETE", "/api/v1/rooms/1").status, 403);
  QCOMPARE(reader.ask("GET", "/api/v1/websocket/stats").status, 403);
  QCOMPARE(reader.post("/api/v1/websocket/broadcast", "{'type':'note','data':{}}").status, 403);

  House one({QStringLiteral("rooms:1:read"), QStringLiteral("rooms:1:write"), QStringLiteral("ws:1:broadcast")});
  QCOMPARE(one.ask("GET", "/api/v1/rooms").data().toArray().size(), 1);
  QCOMPARE(one.ask("GET", "/api/v1/rooms/2").status, 403);
  QCOMPARE(one.ask("GET", "/api/v1/rooms/9").status, 403);
  QCOMPARE(one.ask("PUT", "/api/v1/rooms/1", quoted("{'name':'Lounge'}")).status, 200);
  QCOMPARE(one.ask("PUT", "/api/v1/rooms/2", quoted("{'name':'Galley'}")).status, 403);
  QCOMPARE(one.post("/api/v1/rooms", "{'name':'Study'}").status, 403);
  QCOMPARE(one.post("/api/v1/rooms", "{'id':5,'name':'Study'}").status, 403);
  QCOMPARE(one.post("/api/v1/websocket/broadcast", "{'type':'note','data':{}}").status, 403);
  QCOMPARE(one.post("/api/v1/websocket/broadcast", "{'type':'note','data':{},'room_id':1}").status, 200);

  House nobody(QList<QString>{});
  for (const char *target : {"/api/v1/rooms", "/api/v1/rooms/1", "/api/v1/websocket/stats"}) {
    QCOMPARE(nobody.ask("GET", target).status, 401);
  }
  QCOMPARE(nobody.post("/api/v1/websocket/broadcast", "{'type':'note','data':{}}").status, 401);
}

void RoomsGatewayTest::R4_9_stats() {
  House house;
  QVERIFY(
      house.ask("GET", "/api/v1/websocket/stats").data().toObject().value(QStringLiteral("last_activity")).isNull());
  Client client(house);
  {
    Client gone(house);
    gone.say("{'type':'ping'}");
    QCOMPARE(gone.nextType(), QStringLiteral("pong"));
  }
  QTRY_COMPARE(house.ask("GET", "/api/v1/websocket/stats").data().toObject(),
               object("{'connected_clients':1,'total_connections':2,'messages_sent':3,'messages_received':1,"
                      "'last_activity':'2026-01-01T00:00:00Z'}"));
}

void RoomsGatewayTest::R4_10_broadcast() {
  House house;
  Client first(house);
  Client second(house);
  const RestReply all = house.post("/api/v1/websocket/broadcast",
                                   "{'type':'custom_notification','data':{'message':'hi','level':'warning'}}");
  QCOMPARE(all.status, 200);
  QCOMPARE(all.data().toObject(), object("{'message':'Message broadcasted successfully','clients_count':2,"
                                         "'message_type':'custom_notification'}"));
  for (Client *each : {&first, &second}) {
    QCOMPARE(each->next(), object("{'type':'custom_notification','data':{'message':'hi','level':'warning'},"
                                  "'timestamp':'2026-01-01T00:00:00Z'}"));
  }
  const QByteArray one = "{'type':'note','data':{},'client_id':'" + second.id.toLatin1() + "'}";
  QCOMPARE(house.post("/api/v1/websocket/broadcast", one.constData()).status, 200);
  QCOMPARE(second.nextType(), QStringLiteral("note"));
  QCOMPARE(house.post("/api/v1/websocket/broadcast", "{'type':'note','data':{},'client_id':'x'}").status, 404);
  QCOMPARE(house.post("/api/v1/websocket/broadcast", "{'type':'note','data':{},'room_id':9}").status, 404);
  first.say("{'type':'ping'}");
  QCOMPARE(first.nextType(), QStringLiteral("pong"));
}

void RoomsGatewayTest::R4_10_keptOverARestart() {
  House house;
  QCOMPARE(house
               .post("/api/v1/websocket/broadcast",
                     "{'type':'drill','data':{'expires_at':'2026-01-01T01:00:00Z'},'persist':true}")
               .status,
           200);
  house.restart();
  for (int round = 0; round < 2; ++round) {
    Client client(house);
    QCOMPARE(client.nextType(), QStringLiteral("drill"));
    client.say("{'type':'ping'}");
    QCOMPARE(client.nextType(), QStringLiteral("pong"));
  }
  house.context.manualClock().advance(1h);
  house.restart();
  Client late(house);
  late.say("{'type':'ping'}");
  QCOMPARE(late.nextType(), QStringLiteral("pong"));
}

void RoomsGatewayTest::R4_11_hostileBodies_data() {
  QTest::addColumn<QByteArray>("body");
  const auto row = [](const char *name, const QByteArray &body) { QTest::newRow(name) << body; };
  row("empty", "");
  row("no JSON", "name=Study");
  row("cut off", quoted("{'name':'Stu"));
  row("a list", "[1]");
  row("a text", quoted("'Study'"));
  row("null", "null");
  row("two objects", "{}{}");
  row("no UTF-8", quoted("{'name':'") + "\xff\xfe" + quoted("'}"));
  row("deep", QByteArray(60'000, '['));
  row("no name", "{}");
  row("name is a number", quoted("{'name':5}"));
  row("name is blank", quoted("{'name':'   '}"));
  row("name with NUL", quoted("{'name':'a\\u0000b'}"));
  row("name with a new line", quoted("{'name':'a\\nb'}"));
  row("name with half a surrogate", quoted("{'name':'a\\ud800'}"));
  row("long name", quoted("{'name':'") + QByteArray(201, 'x') + quoted("'}"));
  row("id is a text", quoted("{'name':'a','id':'5'}"));
  row("id is half", quoted("{'name':'a','id':1.5}"));
  row("id is zero", quoted("{'name':'a','id':0}"));
  row("id past 32 bits", quoted("{'name':'a','id':4294967297}"));
}

void RoomsGatewayTest::R4_11_hostileBodies() {
  QFETCH(QByteArray, body);
  House house;
  Client client(house);
  for (const RestReply &reply : {house.ask("POST", "/api/v1/rooms", body), house.ask("PUT", "/api/v1/rooms/1", body),
                                 house.ask("POST", "/api/v1/websocket/broadcast", body)}) {
    QCOMPARE(reply.status, 400);
    QVERIFY2(reply.error().startsWith(QStringLiteral("Invalid request body")), qPrintable(reply.error()));
    QCOMPARE(reply.json.value(QStringLiteral("success")), QJsonValue(false));
    QVERIFY(reply.json.contains(QStringLiteral("timestamp")));
  }
  client.say("{'type':'ping'}");
  QCOMPARE(client.nextType(), QStringLiteral("pong"));
  QCOMPARE(house.book().rooms().size(), 2);
}

void RoomsGatewayTest::R4_11_unknownRooms() {
  House house;
  for (const char *id : {"9", "0", "-1", "01", "+1", "1.0", "x", "4294967297"}) {
    const QByteArray target = QByteArray("/api/v1/rooms/") + id;
    QCOMPARE(house.ask("GET", target.constData()).status, 404);
    QCOMPARE(house.ask("PUT", target.constData(), quoted("{'name':'a'}")).status, 404);
    QCOMPARE(house.ask("DELETE", target.constData()).status, 404);
  }
  QCOMPARE(house.post("/api/v1/rooms", "{'id':1,'name':'Again'}").status, 409);
  QCOMPARE(house.ask("PUT", "/api/v1/rooms/1", quoted("{'id':2,'name':'Other'}")).status, 400);
  QCOMPARE(house.ask("PATCH", "/api/v1/rooms/1", "{}").status, 405);
}

void RoomsGatewayTest::R4_11_diskThatFails() {
  House house;
  QVERIFY(QDir(house.context.dataDir()).removeRecursively());
  const RestReply reply = house.post("/api/v1/rooms", "{'name':'Study'}");
  QCOMPARE(reply.status, 500);
  QVERIFY2(reply.error().contains(QStringLiteral("restart")), qPrintable(reply.error()));
  QCOMPARE(house.ask("GET", "/api/v1/rooms/3").status, 200);
}

void RoomsGatewayTest::R4_12_messageSize() {
  House house;
  Client client(house);
  client.send(clientText(quoted("{'type':'ping'}").leftJustified(512)));
  QCOMPARE(client.nextType(), QStringLiteral("pong"));
  client.send(clientText(quoted("{'type':'ping'}").leftJustified(513)));
  QCOMPARE(client.closeCode(), 1009);
  Client other(house);
  other.send(clientText(quoted("{'type':'auth','access_token':'") + QByteArray(6000, 'x') + quoted("'}")));
  QCOMPARE(other.closeCode(), 4401);  // read, and wrong
}

void RoomsGatewayTest::R4_12_messageRate() {
  House house;
  Client client(house);
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
  Client client(house);
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
  Client client(house);
  Client stuck(house);
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
    return QTest::qWaitFor([&] { return client.status() != 0; }) ? client.status() : 0;
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

QTEST_GUILESS_MAIN(RoomsGatewayTest)
#include "rooms_gateway_test.moc"
