// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "roomsgatewayfixture.h"
#include "testprogram.h"

namespace rooms_rest_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

class RoomsRestTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R4_5_R4_8_roomsByRestAndARestart();
  void R4_8_permissions();
  void R4_9_stats();
  void R4_10_broadcast();
  void R4_10_keptOverARestart();
  void R4_11_hostileBodies_data();
  void R4_11_hostileBodies();
  void R4_11_unknownRooms();
  void R4_11_diskThatFails();
};

void RoomsRestTest::R4_5_R4_8_roomsByRestAndARestart() {
  House house;
  RoomsClient client(house);
  const RoomsReply made = house.post("/api/v1/rooms", "{'name':'Study'}");
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

void RoomsRestTest::R4_8_permissions() {
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

void RoomsRestTest::R4_9_stats() {
  House house;
  QVERIFY(
      house.ask("GET", "/api/v1/websocket/stats").data().toObject().value(QStringLiteral("last_activity")).isNull());
  RoomsClient client(house);
  {
    RoomsClient gone(house);
    gone.say("{'type':'ping'}");
    QCOMPARE(gone.nextType(), QStringLiteral("pong"));
  }
  QTRY_COMPARE(house.ask("GET", "/api/v1/websocket/stats").data().toObject(),
               object("{'connected_clients':1,'total_connections':2,'messages_sent':3,'messages_received':1,"
                      "'last_activity':'2026-01-01T00:00:00Z'}"));
}

void RoomsRestTest::R4_10_broadcast() {
  House house;
  RoomsClient first(house);
  RoomsClient second(house);
  const RoomsReply all = house.post("/api/v1/websocket/broadcast",
                                    "{'type':'custom_notification','data':{'message':'hi','level':'warning'}}");
  QCOMPARE(all.status, 200);
  QCOMPARE(all.data().toObject(), object("{'message':'Message broadcasted successfully','clients_count':2,"
                                         "'message_type':'custom_notification'}"));
  for (RoomsClient *each : {&first, &second}) {
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

void RoomsRestTest::R4_10_keptOverARestart() {
  House house;
  QCOMPARE(house
               .post("/api/v1/websocket/broadcast",
                     "{'type':'drill','data':{'expires_at':'2026-01-01T01:00:00Z'},'persist':true}")
               .status,
           200);
  house.restart();
  for (int round = 0; round < 2; ++round) {
    RoomsClient client(house);
    QCOMPARE(client.nextType(), QStringLiteral("drill"));
    client.say("{'type':'ping'}");
    QCOMPARE(client.nextType(), QStringLiteral("pong"));
  }
  house.context.manualClock().advance(1h);
  house.restart();
  RoomsClient late(house);
  late.say("{'type':'ping'}");
  QCOMPARE(late.nextType(), QStringLiteral("pong"));
}

void RoomsRestTest::R4_11_hostileBodies_data() {
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

void RoomsRestTest::R4_11_hostileBodies() {
  QFETCH(QByteArray, body);
  House house;
  RoomsClient client(house);
  for (const RoomsReply &reply : {house.ask("POST", "/api/v1/rooms", body), house.ask("PUT", "/api/v1/rooms/1", body),
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

void RoomsRestTest::R4_11_unknownRooms() {
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

void RoomsRestTest::R4_11_diskThatFails() {
  House house;
  QVERIFY(QDir(house.context.dataDir()).removeRecursively());
  const RoomsReply reply = house.post("/api/v1/rooms", "{'name':'Study'}");
  QCOMPARE(reply.status, 500);
  QVERIFY2(reply.error().contains(QStringLiteral("restart")), qPrintable(reply.error()));
  QCOMPARE(house.ask("GET", "/api/v1/rooms/3").status, 200);
}

TAGWIRE_TEST(RoomsRestTest)

}  // namespace rooms_rest_test

#include "rooms_rest_test.moc"
