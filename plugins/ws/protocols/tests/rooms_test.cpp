// SPDX-License-Identifier: Apache-2.0
#include <QTest>
#include <QUuid>

#include "protocols/roomsprotocol.h"
#include "recordingsession.h"
#include "rooms/tests/roomstesting.h"
#include "testprogram.h"

namespace rooms_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

/// A house with a lamp in room 1, its protocol and one client that just connected.
struct Bench {
  explicit Bench(const Limits &limits = defaultLimits(ProtocolKind::Rooms))
      : lamp(context.declare("lamp", ValueType::Bool)),
        dim(context.declare("dim", ValueType::Double)),
        state(houseConfig(), context) {
    state.rooms->open(context);
    publish(context, *this, {sampleOf(context, lamp, false), sampleOf(context, dim, 10.0)});
    rooms = std::make_unique<RoomsProtocol>(state, limits);
    rooms->opened(session);
    session.clear();
  }
  void write(const Samples &) {}
  void say(const char *json) { rooms->received(session, quoted(json)); }
  void put(PointId point, const Value &value, Quality quality = {}) {
    publish(context, *rooms, {sampleOf(context, point, value, quality)});
    rooms->flush();
  }
  void pass(std::chrono::seconds time) {
    for (; time > 0s; time -= 1s) {
      context.manualClock().advance(1s);
      rooms->tick(context.clock().now());
    }
  }
  tl::expected<int, Refusal> send(const char *json) {
    const auto broadcast = Broadcast::fromJson(object(json), context.clock().now());
    if (!broadcast) return tl::unexpected(Refusal{400, broadcast.error(), {}});
    return state.rooms->broadcast(*broadcast);
  }

  RoomsContext context;
  PointId lamp;
  PointId dim;
  GatewayState state;
  std::unique_ptr<RoomsProtocol> rooms;
  RecordingSession session;
};

QJsonObject dataOf(const QJsonObject &message) { return message.value(QStringLiteral("data")).toObject(); }
QStringList words(const char *text) { return QString::fromLatin1(text).split(u' ', Qt::SkipEmptyParts); }
QString states(const QJsonObject &message) {
  const QJsonObject data = dataOf(message);
  return data.value(QStringLiteral("old_state")).toString() + u'>' + data.value(QStringLiteral("new_state")).toString();
}
constexpr const char *keptNotice =
    "{'type':'notice','data':{'message':'fire drill','expires_at':'2026-01-01T01:00:00Z'},'persist':true}";

}  // namespace

class RoomsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R4_1_connection();
  void R4_2_ping();
  void R4_3_subscriptionsAreSilent();
  void R4_3_wrongMessages_data();
  void R4_3_wrongMessages();
  void R4_4_heartbeat();
  void R4_5_roomUpdated();
  void R4_6_stateChange();
  void R4_6_whoGetsIt();
  void R4_6_deletedRoomHasNoSubscribers();
  void R4_6_onlyPermittedRooms();
  void R4_6_oneEncodingForAll();
  void R4_7_systemStatus();
  void R4_7_changeWithinASecondOfConnecting();
  void R4_9_statistics();
  void R4_10_broadcastToAllRoomOrClient();
  void R4_10_keptBroadcastIsGivenOnce();
  void R4_10_keptBroadcastOfARoom();
  void R4_12_congestedClientGetsTheNewestState();
  void R4_12_keptBroadcastsWaitForACongestedClient();
  void R4_12_subscriptionLimit();
  void R4_14_oneMessagePerFrame();
  void permissionsThatEndAreTold();
  void clientsThatLeaveAreForgotten();
};

void RoomsTest::R4_1_connection() {
  Bench bench;
  RecordingSession session;
  bench.rooms->opened(session);
  QCOMPARE(session.count(), 1);
  QCOMPARE(session.last().keys(), words("data timestamp type"));
  QCOMPARE(session.each("type"), words("connection"));
  QCOMPARE(session.each("timestamp"), words("2026-01-01T00:00:00Z"));
  const QJsonObject data = dataOf(session.last());
  QCOMPARE(data.value(QStringLiteral("status")).toString(), QStringLiteral("connected"));
  QCOMPARE(data.value(QStringLiteral("timestamp")).toString(), QStringLiteral("2026-01-01T00:00:00Z"));
  const QString id = data.value(QStringLiteral("client_id")).toString();
  QCOMPARE(QUuid::fromString(id).toString(QUuid::WithoutBraces), id);
}

void RoomsTest::R4_2_ping() {
  Bench bench;
  bench.say("{'type':'ping','data':{}}");
  QCOMPARE(bench.session.text(0), quoted("{'type':'pong','data':{'timestamp':'2026-01-01T00:00:00Z'},"
                                         "'timestamp':'2026-01-01T00:00:00Z'}"));
}

void RoomsTest::R4_3_subscriptionsAreSilent() {
  Bench bench;
  bench.say("{'type':'subscribe_room','data':{'room_id':1}}");
  bench.say("{'type':'subscribe_room','data':{'room_id':1}}");
  bench.say("{'type':'unsubscribe_room','data':{'room_id':1}}");
  bench.say("{'type':'unsubscribe_room','data':{'room_id':2}}");
  QCOMPARE(bench.session.count(), 0);
}

void RoomsTest::R4_3_wrongMessages_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("error");
  const auto row = [](const char *name, const char *text, const char *error) {
    QTest::newRow(name) << quoted(text) << QString::fromLatin1(error);
  };
  row("no JSON", "hello", "not JSON");
  row("empty", "", "not JSON");
  row("a list", "[]", "JSON object");
  row("no type", "{}", "type must be");
  row("type is a number", "{'type':1}", "type must be");
  row("unknown type", "{'type':'subscribe'}", "allowed: ping");
  row("unknown room", "{'type':'subscribe_room','data':{'room_id':9}}", "no room 9");
  row("unknown room to leave", "{'type':'unsubscribe_room','data':{'room_id':9}}", "no room 9");
  row("no data", "{'type':'subscribe_room'}", "room_id");
  row("data is a number", "{'type':'subscribe_room','data':1}", "room_id");
  row("room is a text", "{'type':'subscribe_room','data':{'room_id':'1'}}", "room_id");
  row("room is half", "{'type':'subscribe_room','data':{'room_id':1.5}}", "room_id");
  row("room is null", "{'type':'subscribe_room','data':{'room_id':null}}", "room_id");
  row("room below zero", "{'type':'subscribe_room','data':{'room_id':-1}}", "no room -1");
  row("room past 32 bits", "{'type':'subscribe_room','data':{'room_id':4294967297}}", "no room 4294967297");
  row("room past everything", "{'type':'subscribe_room','data':{'room_id':1e300}}", "room_id");
}

void RoomsTest::R4_3_wrongMessages() {
  QFETCH(QByteArray, text);
  QFETCH(QString, error);
  Bench bench;
  bench.rooms->received(bench.session, text);
  QCOMPARE(bench.session.each("type"), words("error"));
  const QString message = dataOf(bench.session.last()).value(QStringLiteral("message")).toString();
  QVERIFY2(message.contains(error), qPrintable(message));
  QCOMPARE(bench.session.closeCode, 0);
}

void RoomsTest::R4_4_heartbeat() {
  Bench bench;
  RecordingSession second;
  bench.rooms->opened(second);
  bench.session.clear();
  bench.pass(29s);
  QCOMPARE(bench.session.count(), 0);
  bench.pass(1s);
  QCOMPARE(bench.session.text(0), quoted("{'type':'heartbeat','data':{'timestamp':'2026-01-01T00:00:30Z','clients':2},"
                                         "'timestamp':'2026-01-01T00:00:30Z'}"));
  bench.pass(270s);
  QCOMPARE(bench.session.each("type").count(QStringLiteral("heartbeat")), 10);
}

void RoomsTest::R4_5_roomUpdated() {
  Bench bench;
  bench.say("{'type':'subscribe_room','data':{'room_id':1}}");
  QVERIFY(bench.state.rooms->create(7, QStringLiteral("Study \"A\"")));
  QVERIFY(bench.state.rooms->rename(7, QStringLiteral("Library")));
  QVERIFY(bench.state.rooms->remove(7));
  QCOMPARE(bench.session.text(0),
           QByteArray("{\"type\":\"room_updated\",\"data\":{\"room_id\":7,\"room_name\":\"Study \\\"A\\\"\","
                      "\"action\":\"created\"},\"timestamp\":\"2026-01-01T00:00:00Z\"}"));
  QCOMPARE(dataOf(bench.session.message(1)).value(QStringLiteral("action")).toString(), QStringLiteral("updated"));
  QCOMPARE(dataOf(bench.session.message(2)).value(QStringLiteral("action")).toString(), QStringLiteral("deleted"));
  QCOMPARE(bench.session.count(), 3);
}

void RoomsTest::R4_6_stateChange() {
  Bench bench;
  bench.put(bench.lamp, false);
  QCOMPARE(bench.session.count(), 0);
  bench.put(bench.lamp, true);
  QCOMPARE(bench.session.text(0),
           quoted("{'type':'entity_state_changed','data':{'entity_id':'light.living_room','old_state':'off',"
                  "'new_state':'on','attributes':{'brightness':10.0}},'timestamp':'2026-01-01T00:00:00Z'}"));
  bench.put(bench.dim, 255.0);
  QCOMPARE(states(bench.session.message(1)), QStringLiteral("on>on"));
  bench.put(bench.lamp, true, Quality::bad(QualityReason::NoConnection));
  QCOMPARE(states(bench.session.message(2)), QStringLiteral("on>unavailable"));
  QCOMPARE(bench.session.count(), 3);
}

void RoomsTest::R4_6_whoGetsIt() {
  Bench bench;
  RecordingSession here;
  RecordingSession elsewhere;
  for (RecordingSession *each : {&here, &elsewhere}) bench.rooms->opened(*each);
  bench.rooms->received(here, quoted("{'type':'subscribe_room','data':{'room_id':1}}"));
  bench.rooms->received(elsewhere, quoted("{'type':'subscribe_room','data':{'room_id':2}}"));
  bench.put(bench.lamp, true);
  QCOMPARE(bench.session.count(), 1);
  QCOMPARE(here.count(), 2);
  QCOMPARE(elsewhere.count(), 1);
  bench.rooms->received(elsewhere, quoted("{'type':'unsubscribe_room','data':{'room_id':2}}"));
  bench.put(bench.lamp, false);
  QCOMPARE(elsewhere.count(), 2);
}

void RoomsTest::R4_6_deletedRoomHasNoSubscribers() {
  Bench bench;
  RecordingSession open;
  bench.rooms->opened(open);
  bench.say("{'type':'subscribe_room','data':{'room_id':1}}");
  QVERIFY(bench.state.rooms->remove(1));
  bench.session.clear();
  open.clear();
  bench.put(bench.lamp, true);
  QCOMPARE(bench.session.count(), 1);  // it has no room any more: everything is for it
  QCOMPARE(open.count(), 1);
  bench.say("{'type':'subscribe_room','data':{'room_id':2}}");
  bench.session.clear();
  bench.put(bench.lamp, false);
  QCOMPARE(bench.session.count(), 0);
  QCOMPARE(open.count(), 2);
}

void RoomsTest::R4_6_onlyPermittedRooms() {
  Bench bench;
  bench.session.allow({QStringLiteral("rooms:2:read")});
  bench.put(bench.lamp, true);
  QVERIFY(bench.state.rooms->rename(1, QStringLiteral("Lounge")));
  QCOMPARE(bench.session.count(), 0);
  bench.say("{'type':'subscribe_room','data':{'room_id':1}}");
  bench.say("{'type':'subscribe_room','data':{'room_id':9}}");
  QCOMPARE(bench.session.each("type"), words("error error"));
  for (qsizetype i = 0; i < 2; ++i) QVERIFY(bench.session.text(i).contains("not permitted"));
  QVERIFY(bench.state.rooms->rename(2, QStringLiteral("Galley")));
  QCOMPARE(bench.session.count(), 3);
  const auto check = [&](const char *permission) {
    RecordingSession session;
    session.allow({QString::fromLatin1(permission)});
    return bench.rooms->check({}, *session.caller());
  };
  QVERIFY(!check("rooms:read"));
  QVERIFY(!check("*:read"));
  QCOMPARE(check("points:read")->status, 403);
  QCOMPARE(check("rooms:write")->status, 403);
}

void RoomsTest::R4_6_oneEncodingForAll() {
  Bench bench;
  RecordingSession second;
  bench.rooms->opened(second);
  bench.put(bench.lamp, true);
  QCOMPARE(static_cast<const void *>(bench.session.frames.last().bytes().constData()),
           static_cast<const void *>(second.frames.last().bytes().constData()));
}

void RoomsTest::R4_7_systemStatus() {
  Bench bench;
  const auto told = [&] {
    QStringList all;
    for (qsizetype i = 0; i < bench.session.count(); ++i) {
      const QString status = dataOf(bench.session.message(i)).value(QStringLiteral("status")).toString();
      if (!status.isEmpty()) all << status;
    }
    return all;
  };
  bench.pass(59s);
  QCOMPARE(told(), QStringList());
  bench.pass(1s);
  QCOMPARE(told(), words("healthy"));
  const QJsonObject details = dataOf(bench.session.last()).value(QStringLiteral("details")).toObject();
  QCOMPARE(details.value(QStringLiteral("uptime")).toString(), QStringLiteral("0h 1m"));
  const QString memory = details.value(QStringLiteral("memory_usage")).toString();
  QVERIFY2(memory.endsWith(u'%') && memory.chopped(1).toInt() > 0, qPrintable(memory));
  for (const PluginState state : {PluginState::Degraded, PluginState::Failed, PluginState::Running}) {
    bench.context.setInstances({{QStringLiteral("plc"), QStringLiteral("modbus"), state, {}}});
    bench.pass(1s);
  }
  QCOMPARE(told(), words("healthy degraded unhealthy healthy"));
  bench.pass(57s);
  QCOMPARE(told(), words("healthy degraded unhealthy healthy healthy"));
}

void RoomsTest::R4_7_changeWithinASecondOfConnecting() {
  Bench bench;
  const auto become = [&](PluginState state) {
    bench.context.setInstances({{QStringLiteral("plc"), QStringLiteral("modbus"), state, {}}});
  };
  become(PluginState::Starting);
  bench.pass(1s);
  become(PluginState::Running);
  RecordingSession late;
  bench.rooms->opened(late);
  late.clear();
  become(PluginState::Degraded);
  bench.pass(1s);
  QCOMPARE(late.each("type"), words("system_status"));
  QCOMPARE(dataOf(late.last()).value(QStringLiteral("status")).toString(), QStringLiteral("degraded"));
}

void RoomsTest::R4_9_statistics() {
  Bench bench;
  QCOMPARE(bench.state.roomStatistics.connected, 1);
  QCOMPARE(bench.state.roomStatistics.sent, 1);
  bench.context.manualClock().advance(5s);
  bench.say("{'type':'ping'}");
  bench.say("nonsense");
  const RoomStatistics &counted = bench.state.roomStatistics;
  QCOMPARE(counted.received, 2);
  QCOMPARE(counted.sent, 3);
  QVERIFY(counted.lastActivity == bench.context.clock().now());
  bench.rooms->closed(bench.session);
  bench.rooms->opened(bench.session);
  QCOMPARE(counted.connected, 1);
  QCOMPARE(counted.connections, 2);
}

void RoomsTest::R4_10_broadcastToAllRoomOrClient() {
  Bench bench;
  RecordingSession second;
  bench.rooms->opened(second);
  const QByteArray id = dataOf(second.last()).value(QStringLiteral("client_id")).toString().toLatin1();
  second.clear();
  QCOMPARE(bench.send("{'type':'note','data':{'message':'hi','level':'warning'}}").value(), 2);
  QCOMPARE(second.text(0), quoted("{'type':'note','data':{'level':'warning','message':'hi'},"
                                  "'timestamp':'2026-01-01T00:00:00Z'}"));
  QCOMPARE(bench.send("{'type':'note','data':{},'room_id':1}").value(), 0);
  bench.say("{'type':'subscribe_room','data':{'room_id':1}}");
  QCOMPARE(bench.send("{'type':'note','data':{},'room_id':1}").value(), 1);
  QCOMPARE(bench.send(QByteArray("{'type':'note','data':{},'client_id':'" + id + "'}").constData()).value(), 1);
  QCOMPARE(bench.session.count(), 2);
  QCOMPARE(second.count(), 2);
  QCOMPARE(bench.send("{'type':'note','data':{},'client_id':'nobody'}").error().status, 404);
  QCOMPARE(bench.send("{'type':'note','data':{},'room_id':9}").error().status, 404);
}

void RoomsTest::R4_10_keptBroadcastIsGivenOnce() {
  Bench bench;
  QCOMPARE(bench.send(keptNotice).value(), 1);
  QCOMPARE(bench.session.each("type"), words("notice"));
  RecordingSession later;
  bench.rooms->opened(later);
  QCOMPARE(later.each("type"), words("connection notice"));
  bench.rooms->received(later, quoted("{'type':'subscribe_room','data':{'room_id':1}}"));
  QCOMPARE(later.count(), 2);
  bench.context.manualClock().advance(1h);
  RecordingSession tooLate;
  bench.rooms->opened(tooLate);
  QCOMPARE(tooLate.each("type"), words("connection"));
}

void RoomsTest::R4_10_keptBroadcastOfARoom() {
  Bench bench;
  bench.say("{'type':'subscribe_room','data':{'room_id':1}}");
  QVERIFY(bench.send("{'type':'one','data':{'expires_at':'2026-01-01T01:00:00Z'},'persist':true,'room_id':1}"));
  RecordingSession later;
  bench.rooms->opened(later);
  QCOMPARE(later.each("type"), words("connection"));
  bench.rooms->received(later, quoted("{'type':'subscribe_room','data':{'room_id':2}}"));
  bench.rooms->received(later, quoted("{'type':'subscribe_room','data':{'room_id':1}}"));
  QCOMPARE(later.each("type"), words("connection one"));
  for (RecordingSession *each : {&bench.session, &later}) {
    bench.rooms->received(*each, quoted("{'type':'unsubscribe_room','data':{'room_id':1}}"));
  }
  QVERIFY(bench.send("{'type':'two','data':{'expires_at':'2026-01-01T01:00:00Z'},'persist':true,'room_id':1}"));
  for (RecordingSession *each : {&bench.session, &later}) {
    bench.rooms->received(*each, quoted("{'type':'subscribe_room','data':{'room_id':1}}"));
  }
  QCOMPARE(later.each("type"), words("connection one two"));
  QCOMPARE(bench.session.each("type"), words("one two"));
}

void RoomsTest::R4_12_congestedClientGetsTheNewestState() {
  Bench bench;
  bench.session.congested = true;
  for (const bool on : {true, false, true}) bench.put(bench.lamp, on);
  bench.put(bench.dim, 99.0);
  bench.context.setInstances({{QStringLiteral("plc"), QStringLiteral("modbus"), PluginState::Failed, {}}});
  bench.pass(60s);
  QCOMPARE(bench.session.count(), 0);
  QVERIFY(bench.state.rooms->rename(2, QStringLiteral("Galley")));  // an event: it never coalesces
  QCOMPARE(bench.session.count(), 1);
  bench.session.congested = false;
  bench.put(bench.lamp, false);  // not before what was held back
  QCOMPARE(bench.session.count(), 1);
  bench.rooms->drained(bench.session);
  QCOMPARE(bench.session.each("type"), words("room_updated system_status entity_state_changed"));
  QCOMPARE(states(bench.session.last()), QStringLiteral("off>off"));
  QCOMPARE(dataOf(bench.session.last())
               .value(QStringLiteral("attributes"))
               .toObject()
               .value(QStringLiteral("brightness"))
               .toDouble(),
           99.0);
  bench.put(bench.lamp, true);
  QCOMPARE(states(bench.session.last()), QStringLiteral("off>on"));
  QVERIFY(QByteArray::fromStdString(bench.context.metrics().text())
              .contains("tagwire_ws_samples_coalesced_total{protocol=\"rooms\"} 4"));
  QCOMPARE(bench.rooms->activityOf(bench.session).dropped, quint64(4));
}

void RoomsTest::R4_12_keptBroadcastsWaitForACongestedClient() {
  Bench bench;
  QVERIFY(bench.send(keptNotice));
  RecordingSession later;
  later.congested = true;
  bench.rooms->opened(later);
  QCOMPARE(later.each("type"), words("connection"));
  later.congested = false;
  bench.rooms->drained(later);
  bench.rooms->drained(later);
  QCOMPARE(later.each("type"), words("connection notice"));
}

void RoomsTest::R4_12_subscriptionLimit() {
  Limits limits;
  limits.subscriptions = 1;
  Bench bench(limits);
  bench.say("{'type':'subscribe_room','data':{'room_id':1}}");
  bench.say("{'type':'subscribe_room','data':{'room_id':1}}");
  QCOMPARE(bench.session.count(), 0);
  bench.say("{'type':'subscribe_room','data':{'room_id':2}}");
  QCOMPARE(bench.session.each("type"), words("error"));
  bench.say("{'type':'unsubscribe_room','data':{'room_id':1}}");
  bench.say("{'type':'subscribe_room','data':{'room_id':2}}");
  QCOMPARE(bench.session.count(), 1);
}

void RoomsTest::R4_14_oneMessagePerFrame() {
  Bench bench;
  publish(bench.context, *bench.rooms,
          {sampleOf(bench.context, bench.lamp, true), sampleOf(bench.context, bench.lamp, false)});
  bench.rooms->flush();
  bench.say("{'type':'ping'}");
  QCOMPARE(bench.session.each("type"), words("entity_state_changed entity_state_changed pong"));
}

void RoomsTest::permissionsThatEndAreTold() {
  Bench bench;
  bench.say("{'type':'subscribe_room','data':{'room_id':1}}");
  bench.say("{'type':'subscribe_room','data':{'room_id':2}}");
  bench.session.allow({QStringLiteral("rooms:2:read")});
  bench.rooms->callerChanged(bench.session);
  QCOMPARE(bench.session.each("type"), words("error"));
  bench.put(bench.lamp, true);
  QCOMPARE(bench.session.count(), 1);
}

void RoomsTest::clientsThatLeaveAreForgotten() {
  Bench bench;
  {
    RecordingSession gone;
    bench.rooms->opened(gone);
    bench.rooms->closed(gone);
  }
  bench.put(bench.lamp, true);
  bench.pass(60s);
  QCOMPARE(bench.send("{'type':'note','data':{}}").value(), 1);
  bench.rooms.reset();
  QVERIFY(bench.state.rooms->rename(1, QStringLiteral("Lounge")));
}

TAGWIRE_TEST(RoomsTest)

}  // namespace rooms_test

#include "rooms_test.moc"
