// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include <limits>

#include "protocols/liveprotocol.h"
#include "recordingsession.h"
#include "testprogram.h"

namespace live_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

/// One protocol in a host of its own, with an alarm desk.
struct Bench {
  explicit Bench(const Limits &limits = {}) : state(WsConfig(), context), live(state, limits) {
    QObject::connect(&state, &GatewayState::commandRequested, &state,
                     [this](const Command &command) { commands.append(command); });
    context.answerWith(&alarms);
    temp = declarePoint(context, "boiler/temp", 59, ValueType::Double, QStringLiteral("°C"));
    pump = declarePoint(context, "pump/run", 60, ValueType::Bool);
    tag = declarePoint(context, "SIM1", 61, ValueType::Position);
    PointInfo info;
    info.name = QStringLiteral("valve");
    info.type = ValueType::Bool;
    info.writable = true;
    valve = context.declare({info})[0];
  }

  void open(RecordingSession &session) { live.opened(session); }
  void say(RecordingSession &session, const char *json) { live.received(session, json); }
  /// Subscribes and takes what comes first off the record.
  void subscribe(RecordingSession &session, const char *json) {
    say(session, json);
    QTRY_VERIFY(session.each("op").contains(QStringLiteral("snapshot")));
    session.clear();
  }
  /// What the router tells of a command; the REST part hears it first.
  void step(const Command &command, CommandState reached, const Value &actual = {}) {
    Event event;
    event.time = context.clock().now();
    event.body = CommandStatus{command.id, command.point, reached, actual, QString()};
    state.commands->follow(std::get<CommandStatus>(event.body), event.time);
    live.notify(event);
  }
  void put(PointId point, const Value &value) { publish(context, live, {sampleOf(context, point, value)}); }

  TestContext context;
  FakeAlarms alarms;
  GatewayState state;
  QList<Command> commands;  ///< that went to the router
  LiveProtocol live;
  PointId temp;
  PointId pump;
  PointId tag;
  PointId valve;
};

/// So many points that their snapshot is over a megabyte.
void declareMany(TestContext &context) {
  QList<PointInfo> points;
  for (int i = 0; i < 12'000; ++i) {
    PointInfo point;
    point.name = QStringLiteral("a/point/with/a/rather/long/name/so/that/it/takes/some/room/%1").arg(i);
    points.append(point);
  }
  context.declare(points);
}

class LiveTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R6_2_subscribedThenSnapshotThenUpdates();
  void R6_2_snapshotHasTheActiveAlarms();
  void R6_2_snapshotComesBeforeWhatHappenedMeanwhile();
  void R6_2_snapshotWithoutAnAlarmDesk();
  void R6_2_tagsAlarmsAndEvents();
  void R6_2_topicsLimitWhatIsSent();
  void R6_2_pointsDeclaredLaterMatchToo();
  void R6_2_maxRateCoalesces();
  void R6_2_maxRateDoesNotHoldEventsBack();
  void R6_3_resumeGivesWhatWasMissed();
  void R6_3_resumeWithNothingMissedSendsNothing();
  void R6_3_resumeInPieces();
  void R6_3_nothingIsKeptWhenNobodyCanComeBack();
  void R6_3_gap_data();
  void R6_3_gap();
  void R6_3_eventsBeforeHeldPointsDoNotMoveTheNumber();
  void R6_4_congestedClientGetsTheNewestOnly();
  void R6_4_eventsNeverCoalesce();
  void R6_4_tooManyEventsBeforeTheSnapshotClose();
  void R6_4_aSlowClientGetsOneCatchUpAtATime();
  void R6_2_snapshotsLeaveTurnsToOthers_data();
  void R6_2_snapshotsLeaveTurnsToOthers();
  void R6_2_oneSnapshotServesAllWhoWait();
  void R6_5_unsubscribeAndPing();
  void R6_5_aCommandIsToldEveryStep();
  void R6_5_wrongCommands_data();
  void R6_5_wrongCommands();
  void R6_5_aCommandNeedsThePermission();
  void R5_11_theSameCorrelationIdIsOneCommand();
  void R6_5_wrongMessages_data();
  void R6_5_wrongMessages();
  void R6_5_subscriptionLimit();
  void R6_6_oneFramePerTurnAndOneEncodingForAll();
  void R6_7_nullAndQualityTexts();
  void subscribingAgainReplaces();
  void clientsThatLeaveAreForgotten();
};

void LiveTest::R6_2_subscribedThenSnapshotThenUpdates() {
  Bench bench;
  RecordingSession session;
  bench.put(bench.temp, 80.5);
  bench.live.flush();
  bench.open(session);
  QCOMPARE(session.count(), 0);
  bench.say(session, R"({"op":"subscribe","id":"a","topics":["points/test/boiler/*"]})");
  QCOMPARE(session.text(0), QByteArray(R"({"op":"subscribed","id":"a","epoch":"test-epoch","seq":1})"));
  QCOMPARE(session.text(1),
           QByteArray(R"({"op":"snapshot","id":"a","seq":1,"points":[{"p":"test/boiler/temp","v":80.5,"q":"good",)"
                      R"("t":"2026-01-01T00:00:00.000Z","u":"°C"}],"tags":[],"alarms":[]})"));
  bench.context.manualClock().advance(1234ms);
  bench.put(bench.temp, 81.2);
  bench.live.flush();
  QCOMPARE(session.text(2), QByteArray(R"({"op":"update","id":"a","seq":2,"points":[{"p":"test/boiler/temp",)"
                                       R"("v":81.2,"q":"good","t":"2026-01-01T00:00:01.234Z"}]})"));
  QCOMPARE(session.count(), 3);
}

void LiveTest::R6_2_snapshotHasTheActiveAlarms() {
  Bench bench;
  RecordingSession session;
  bench.alarms.active = {{bench.context.clock().now(), alarmOf(77, AlarmState::Alarm, AlarmState::Ok, "cold/room")},
                         {bench.context.clock().now(), alarmOf(88, AlarmState::Warning, AlarmState::Ok, "hot")}};
  bench.open(session);
  bench.say(session, R"({"op":"subscribe","id":"a","topics":["alarms/cold/#"]})");
  QCOMPARE(session.each("op"), QStringList{QStringLiteral("subscribed")});
  QTRY_COMPARE(session.count(), 2);
  const QJsonArray alarms = session.message(1).value(QStringLiteral("alarms")).toArray();
  QCOMPARE(alarms.size(), 1);
  QCOMPARE(alarms[0].toObject().value(QStringLiteral("rule_id")).toInt(), 77);
  QCOMPARE(alarms[0].toObject().value(QStringLiteral("state")).toString(), QStringLiteral("ALARM"));
  QCOMPARE(alarms[0].toObject().value(QStringLiteral("area")).toString(), QStringLiteral("cold/room"));
}

void LiveTest::R6_2_snapshotComesBeforeWhatHappenedMeanwhile() {
  Bench bench;
  RecordingSession session;
  bench.alarms.isHolding = true;
  bench.alarms.active = {{bench.context.clock().now(), alarmOf(77, AlarmState::Alarm, AlarmState::Ok)}};
  bench.open(session);
  bench.say(session, R"({"op":"subscribe","id":"a","topics":["points/#","alarms/#","events/#"]})");
  QTRY_COMPARE(bench.alarms.asked, 1);
  bench.put(bench.temp, 99.0);
  raise(bench.context, bench.live, alarmOf(77, AlarmState::Ok, AlarmState::Alarm));
  raise(bench.context, bench.live, alarmOf(5, AlarmState::Warning, AlarmState::Ok));
  bench.live.flush();
  QCOMPARE(session.count(), 1);  // nothing overtakes the snapshot
  bench.alarms.held(bench.alarms.active);
  QTRY_COMPARE(session.count(), 3);
  const QJsonObject snapshot = session.message(1);
  QCOMPARE(snapshot.value(QStringLiteral("op")).toString(), QStringLiteral("snapshot"));
  QCOMPARE(snapshot.value(QStringLiteral("points")).toArray()[0].toObject().value(QStringLiteral("v")).toDouble(), 99);
  const QJsonArray alarms = snapshot.value(QStringLiteral("alarms")).toArray();
  QCOMPARE(alarms.size(), 1);
  QCOMPARE(alarms[0].toObject().value(QStringLiteral("rule_id")).toInt(), 5);
  const QJsonArray events = session.message(2).value(QStringLiteral("events")).toArray();
  QCOMPARE(events.size(), 2);
  QCOMPARE(events[0].toObject().value(QStringLiteral("state")).toString(), QStringLiteral("OK"));
  QCOMPARE(session.message(2).value(QStringLiteral("seq")).toInt(), 3);
}

void LiveTest::R6_2_snapshotWithoutAnAlarmDesk() {
  Bench bench;
  RecordingSession session;
  bench.context.answerWith(nullptr);
  bench.open(session);
  bench.say(session, R"({"op":"subscribe","id":"a","topics":["#"]})");
  QTRY_COMPARE(session.count(), 2);
  QVERIFY(session.message(1).value(QStringLiteral("alarms")).toArray().isEmpty());
  QCOMPARE(session.message(1).value(QStringLiteral("points")).toArray().size(), 3);
}

void LiveTest::R6_2_tagsAlarmsAndEvents() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.subscribe(session, R"({"op":"subscribe","id":"a","topics":["tags/*","alarms/#","events/alarm"]})");
  bench.put(bench.tag, positionOf("SIM1", 1.5, 2.5, 417));
  raise(bench.context, bench.live, alarmOf(77, AlarmState::Alarm, AlarmState::Ok));
  raise(bench.context, bench.live, SystemEvent{QStringLiteral("samples_dropped"), QStringLiteral("x"), {}});
  bench.live.flush();
  QCOMPARE(session.count(), 1);
  const QJsonObject update = session.last();
  QCOMPARE(update.value(QStringLiteral("seq")).toInt(), 3);
  const QJsonObject tag = update.value(QStringLiteral("tags")).toArray()[0].toObject();
  QCOMPARE(
      QJsonDocument(tag).toJson(QJsonDocument::Compact),
      QByteArray(R"({"Bat":100,"CNF":95,"GWID":"SIM-GW","ID":"SIM1","Sequence":17,)"
                 R"("TS":"2026-01-01T00:00:00.000Z","Type":"Sim","X":1.5,"Y":2.5,"Z":0,"q":"good","zone_id":417})"));
  const QJsonObject alarm = update.value(QStringLiteral("alarms")).toArray()[0].toObject();
  QCOMPARE(alarm.value(QStringLiteral("ts")).toString(), QStringLiteral("2026-01-01T00:00:00.000000+00:00"));
  QCOMPARE(alarm.value(QStringLiteral("rule_id")).toInt(), 77);
  const QJsonArray events = update.value(QStringLiteral("events")).toArray();
  QCOMPARE(events.size(), 1);
  QCOMPARE(events[0].toObject().value(QStringLiteral("type")).toString(), QStringLiteral("alarm"));
  QCOMPARE(events[0].toObject().value(QStringLiteral("seq")).toInt(), 2);
}

void LiveTest::R6_2_topicsLimitWhatIsSent() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.subscribe(session, R"({"op":"subscribe","id":"a","topics":["points/test/pump/run"]})");
  bench.put(bench.temp, 1.0);
  bench.put(bench.tag, positionOf("SIM1", 1, 2));
  raise(bench.context, bench.live, alarmOf(77, AlarmState::Alarm, AlarmState::Ok));
  bench.live.flush();
  QCOMPARE(session.count(), 0);
  bench.put(bench.pump, true);
  bench.live.flush();
  QCOMPARE(session.count(), 1);
}

void LiveTest::R6_2_pointsDeclaredLaterMatchToo() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.subscribe(session, R"({"op":"subscribe","id":"a","topics":["points/test/late/*"]})");
  const PointId late = declarePoint(bench.context, "late/one", 70);
  bench.put(late, 7.0);
  bench.live.flush();
  QCOMPARE(session.count(), 1);
  // An id that nobody declared is nobody's.
  bench.live.write({sampleOf(bench.context, static_cast<PointId>(4'000'000'000u), 1.0)});
  bench.live.flush();
  QCOMPARE(session.count(), 1);
}

void LiveTest::R6_2_maxRateCoalesces() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.subscribe(session, R"({"op":"subscribe","id":"a","topics":["points/#"],"max_rate":"10/s"})");
  bench.put(bench.temp, 1.0);
  bench.live.flush();
  QCOMPARE(session.count(), 1);
  for (double value = 2; value < 50; ++value) {
    bench.put(bench.temp, value);
    bench.live.flush();
  }
  QCOMPARE(session.count(), 1);
  bench.context.manualClock().advance(100ms);
  QTRY_COMPARE(session.count(), 2);  // by the timer: no further sample is needed
  const QJsonArray points = session.last().value(QStringLiteral("points")).toArray();
  QCOMPARE(points.size(), 1);
  QCOMPARE(points[0].toObject().value(QStringLiteral("v")).toDouble(), 49);
  QCOMPARE(session.last().value(QStringLiteral("seq")).toInt(), 49);
}

void LiveTest::R6_2_maxRateDoesNotHoldEventsBack() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.subscribe(session, R"({"op":"subscribe","id":"a","topics":["points/#","events/#"],"max_rate":"1/s"})");
  bench.put(bench.temp, 1.0);
  bench.live.flush();
  bench.put(bench.temp, 2.0);
  bench.live.flush();
  session.clear();
  raise(bench.context, bench.live, alarmOf(77, AlarmState::Alarm, AlarmState::Ok));
  bench.live.flush();
  QCOMPARE(session.count(), 1);
  QCOMPARE(session.last().value(QStringLiteral("events")).toArray().size(), 1);
  // The second value was not sent: who resumes here must get it.
  QCOMPARE(session.last().value(QStringLiteral("seq")).toInt(), 1);
}

void LiveTest::R6_3_resumeGivesWhatWasMissed() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  for (double value = 1; value <= 5; ++value) bench.put(bench.temp, value);
  raise(bench.context, bench.live, alarmOf(77, AlarmState::Alarm, AlarmState::Ok));
  bench.live.flush();
  bench.say(session, R"({"op":"subscribe","id":"a","topics":["points/#","events/#"],"epoch":"test-epoch","after":3})");
  QCOMPARE(session.each("op"), (QStringList{QStringLiteral("subscribed"), QStringLiteral("update")}));
  const QJsonArray points = session.last().value(QStringLiteral("points")).toArray();
  QCOMPARE(points.size(), 2);
  QCOMPARE(points[0].toObject().value(QStringLiteral("v")).toDouble(), 4);
  QCOMPARE(points[1].toObject().value(QStringLiteral("v")).toDouble(), 5);
  QCOMPARE(session.last().value(QStringLiteral("events")).toArray().size(), 1);
  QCOMPARE(session.last().value(QStringLiteral("seq")).toInt(), 6);
  bench.put(bench.temp, 6.0);
  bench.live.flush();
  QCOMPARE(session.count(), 3);
  QCOMPARE(session.last().value(QStringLiteral("points")).toArray().size(), 1);
}

void LiveTest::R6_3_resumeWithNothingMissedSendsNothing() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.put(bench.temp, 1.0);
  // Within the turn, before its flush: what the client has already may not come again.
  bench.say(session, R"({"op":"subscribe","id":"a","topics":["points/#"],"epoch":"test-epoch","after":1})");
  bench.live.flush();
  QCOMPARE(session.each("op"), QStringList{QStringLiteral("subscribed")});
}

void LiveTest::R6_3_resumeInPieces() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  const Samples batch(1000, sampleOf(bench.context, bench.temp, 1.0));
  for (int count = 0; count < 20; ++count) publish(bench.context, bench.live, batch);
  bench.live.flush();
  bench.say(session, R"({"op":"subscribe","id":"a","topics":["points/#"],"epoch":"test-epoch","after":0})");
  QCOMPARE(session.count(), 2);
  session.congested = true;
  QTest::qWait(20);
  QCOMPARE(session.count(), 2);  // the rest waits in the ring, not in the session's queue
  publish(bench.context, bench.live, batch);
  bench.live.flush();
  session.congested = false;
  bench.live.drained(session);
  const auto received = [&] {
    qsizetype samples = 0;
    for (qsizetype index = 1; index < session.count(); ++index) {
      samples += session.message(index).value(QStringLiteral("points")).toArray().size();
    }
    return samples;
  };
  QTRY_COMPARE(received(), 21'000);
  QCOMPARE(session.last().value(QStringLiteral("seq")).toInt(), 21);
}

void LiveTest::R6_3_nothingIsKeptWhenNobodyCanComeBack() {
  Bench bench;
  bench.put(bench.temp, 1.0);  // nobody was there: not kept
  RecordingSession early;
  bench.open(early);
  bench.put(bench.temp, 2.0);
  bench.live.closed(early);
  bench.context.manualClock().advance(59s);
  RecordingSession back;
  bench.open(back);
  bench.say(back, R"({"op":"subscribe","id":"a","topics":["points/#"],"epoch":"test-epoch","after":1})");
  QVERIFY(!back.last().contains(QStringLiteral("gap")));
  QCOMPARE(back.last().value(QStringLiteral("points")).toArray().size(), 1);
  bench.say(back, R"({"op":"subscribe","id":"b","topics":["points/#"],"epoch":"test-epoch","after":0})");
  QTRY_COMPARE(back.last().value(QStringLiteral("gap")), QJsonValue(true));
}

void LiveTest::R6_3_gap_data() {
  QTest::addColumn<QByteArray>("resume");
  QTest::newRow("another run") << QByteArray(R"("epoch":"yesterday","after":1)");
  QTest::newRow("the future") << QByteArray(R"("epoch":"test-epoch","after":1000)");
  QTest::newRow("long ago") << QByteArray(R"("epoch":"test-epoch","after":1)");
}

void LiveTest::R6_3_gap() {
  QFETCH(QByteArray, resume);
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.put(bench.temp, 1.0);
  bench.put(bench.temp, 2.0);
  bench.live.flush();
  bench.context.manualClock().advance(61s);
  bench.live.tick(bench.context.clock().now());
  bench.say(session, R"({"op":"subscribe","id":"a","topics":["points/#"],)" + resume + '}');
  QTRY_COMPARE(session.count(), 2);  // who knows another run is asked first
  QCOMPARE(session.last().value(QStringLiteral("op")).toString(), QStringLiteral("snapshot"));
  QCOMPARE(session.last().value(QStringLiteral("gap")), QJsonValue(true));
}

void LiveTest::R6_3_eventsBeforeHeldPointsDoNotMoveTheNumber() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.subscribe(session, R"({"op":"subscribe","id":"a","topics":["points/#","events/#"]})");
  bench.put(bench.temp, 1.0);
  bench.live.flush();
  session.congested = true;
  bench.put(bench.temp, 2.0);
  raise(bench.context, bench.live, alarmOf(77, AlarmState::Alarm, AlarmState::Ok));
  bench.live.flush();
  QCOMPARE(session.last().value(QStringLiteral("seq")).toInt(), 1);
  QVERIFY(!session.last().contains(QStringLiteral("points")));
  session.congested = false;
  bench.live.drained(session);
  QCOMPARE(session.last().value(QStringLiteral("seq")).toInt(), 3);
  QCOMPARE(session.last().value(QStringLiteral("points")).toArray().size(), 1);
}

void LiveTest::R6_4_congestedClientGetsTheNewestOnly() {
  Bench bench;
  RecordingSession slow;
  RecordingSession quick;
  for (RecordingSession *session : {&slow, &quick}) {
    bench.open(*session);
    bench.subscribe(*session, R"({"op":"subscribe","id":"a","topics":["points/#"]})");
  }
  slow.congested = true;
  for (double value = 0; value < 1000; ++value) {
    bench.put(bench.temp, value);
    bench.put(bench.pump, true);
    bench.live.flush();
  }
  QCOMPARE(slow.count(), 0);
  QCOMPARE(quick.count(), 1000);  // nothing waits for a slow client
  slow.congested = false;
  QCOMPARE(bench.live.activityOf(slow).streams, 1);
  QCOMPARE(bench.live.activityOf(slow).dropped, quint64(2 * 999));
  QCOMPARE(bench.live.activityOf(quick).dropped, quint64(0));
  bench.live.drained(slow);
  QCOMPARE(slow.count(), 1);
  const QJsonArray points = slow.last().value(QStringLiteral("points")).toArray();
  QCOMPARE(points.size(), 2);
  QCOMPARE(points[0].toObject().value(QStringLiteral("v")).toDouble(), 999);
  bench.put(bench.temp, 1.0);
  bench.live.flush();
  QCOMPARE(slow.count(), 2);
}

void LiveTest::R6_4_eventsNeverCoalesce() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.subscribe(session, R"({"op":"subscribe","id":"a","topics":["points/#","events/#","alarms/#"]})");
  session.congested = true;
  for (int turn = 0; turn < 10; ++turn) {
    bench.put(bench.temp, turn * 1.0);
    raise(bench.context, bench.live, alarmOf(77, AlarmState::Alarm, AlarmState::Ok));
    bench.live.flush();
  }
  QCOMPARE(session.count(), 10);  // the session's own queue counts them
  for (qsizetype index = 0; index < 10; ++index) {
    QCOMPARE(session.message(index).value(QStringLiteral("events")).toArray().size(), 1);
    QCOMPARE(session.message(index).value(QStringLiteral("alarms")).toArray().size(), 1);
    QVERIFY(!session.message(index).contains(QStringLiteral("points")));
  }
}

void LiveTest::R6_4_tooManyEventsBeforeTheSnapshotClose() {
  Limits limits;
  limits.queueMessages = 10;
  Bench bench(limits);
  RecordingSession session;
  bench.open(session);
  session.congested = true;
  bench.say(session, R"({"op":"subscribe","id":"a","topics":["events/#"]})");
  for (int count = 0; count < 10; ++count) {
    raise(bench.context, bench.live, alarmOf(77, AlarmState::Alarm, AlarmState::Ok));
  }
  bench.live.flush();
  QCOMPARE(session.closeCode, 0);
  raise(bench.context, bench.live, alarmOf(77, AlarmState::Alarm, AlarmState::Ok));
  bench.live.flush();
  QCOMPARE(session.closeCode, 1013);
}

void LiveTest::R6_4_aSlowClientGetsOneCatchUpAtATime() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  for (const char id : {'a', 'b', 'c'}) {
    const QByteArray request = QByteArray(R"({"op":"subscribe","id":"?","topics":["points/#"]})").replace('?', id);
    bench.say(session, request);
  }
  QCOMPARE(session.each("op").count(QStringLiteral("snapshot")), 1);
  session.congested = true;
  QTest::qWait(20);
  QCOMPARE(session.each("op").count(QStringLiteral("snapshot")), 1);
  session.congested = false;
  bench.live.drained(session);
  QTRY_COMPARE(session.each("op").count(QStringLiteral("snapshot")), 3);
}

void LiveTest::R6_2_snapshotsLeaveTurnsToOthers_data() {
  QTest::addColumn<QByteArray>("topics");
  QTest::newRow("points") << QByteArray("\"points/#\",\"points/none?\"");
  QTest::newRow("alarms too") << QByteArray("\"points/#\",\"alarms/#\",\"points/none?\"");
}

/// Clients with large snapshots of their own get one a turn, each in its turn.
void LiveTest::R6_2_snapshotsLeaveTurnsToOthers() {
  QFETCH(QByteArray, topics);
  Bench bench;
  declareMany(bench.context);
  std::vector<std::unique_ptr<RecordingSession>> sessions;
  const auto served = [&] {
    return std::count_if(sessions.begin(), sessions.end(),
                         [](const auto &each) { return each->each("op").contains(QStringLiteral("snapshot")); });
  };
  for (int i = 0; i < 5; ++i) {
    sessions.push_back(std::make_unique<RecordingSession>());
    bench.open(*sessions.back());
    const QByteArray own = QByteArray(topics).replace('?', QByteArray::number(i));
    bench.say(*sessions.back(), "{\"op\":\"subscribe\",\"id\":\"a\",\"topics\":[" + own + "]}");
  }
  QVERIFY(served() <= 1);
  QDeadlineTimer deadline(20'000);
  for (auto before = served(); before < 5 && !deadline.hasExpired();) {
    QCoreApplication::processEvents();
    const auto now = served();
    QVERIFY2(now <= before + 1, qPrintable(QString::number(now - before)));
    before = now;
  }
  QCOMPARE(served(), 5);
}

void LiveTest::R6_2_oneSnapshotServesAllWhoWait() {
  Bench bench;
  declareMany(bench.context);
  std::vector<std::unique_ptr<RecordingSession>> sessions;
  for (const char id : {'a', 'b', 'c'}) {
    sessions.push_back(std::make_unique<RecordingSession>());
    bench.open(*sessions.back());
    const QByteArray request = "{\"op\":\"subscribe\",\"id\":\"?\",\"topics\":[\"points/#\"]}";
    bench.say(*sessions.back(), QByteArray(request).replace('?', id));
  }
  for (const auto &session : sessions) QCOMPARE(session->each("op").count(QStringLiteral("snapshot")), 1);
}

void LiveTest::R6_5_unsubscribeAndPing() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.say(session, R"({"op":"ping"})");
  QCOMPARE(session.text(0), QByteArray(R"({"op":"pong"})"));
  bench.subscribe(session, R"({"op":"subscribe","id":"a","topics":["points/#"]})");
  bench.say(session, R"({"op":"unsubscribe","id":"a"})");
  session.clear();
  bench.put(bench.temp, 1.0);
  bench.live.flush();
  QCOMPARE(session.count(), 0);
  bench.say(session, R"({"op":"unsubscribe","id":"a"})");
  QCOMPARE(session.last().value(QStringLiteral("message")).toString(), QStringLiteral("no such subscription"));
}

void LiveTest::R6_5_aCommandIsToldEveryStep() {
  Bench bench;
  RecordingSession session;
  RecordingSession other;
  bench.open(session);
  bench.open(other);
  bench.say(session, R"({"op":"command","id":"c","p":"test/valve","v":true,"type":"write"})");
  QCOMPARE(bench.commands.size(), 1);
  const Command &command = bench.commands[0];
  QCOMPARE(command.point, bench.valve);
  QVERIFY(command.value == Value(true));
  for (const CommandState state : {CommandState::Queued, CommandState::Sent}) bench.step(command, state);
  bench.step(command, CommandState::Succeeded, true);
  bench.step(command, CommandState::Succeeded, true);  // nothing comes behind the last one
  QCOMPARE(session.each("status"),
           (QStringList{QStringLiteral("queued"), QStringLiteral("sent"), QStringLiteral("succeeded")}));
  QCOMPARE(session.each("id"), QStringList(3, QStringLiteral("c")));
  QCOMPARE(session.each("op"), QStringList(3, QStringLiteral("command_status")));
  QCOMPARE(session.last().value(QStringLiteral("commandId")).toString(), command.id);
  QCOMPARE(session.last().value(QStringLiteral("actualValue")).toBool(), true);
  QVERIFY(session.last().contains(QStringLiteral("completedAt")));
  QCOMPARE(other.count(), 0);
}

void LiveTest::R6_5_wrongCommands_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("error");
  QTest::newRow("no id") << QByteArray(R"({"op":"command","p":"test/valve","v":true})") << "id must be a text";
  QTest::newRow("no point") << QByteArray(R"({"op":"command","id":"c","v":true})") << "p must be";
  QTest::newRow("unknown") << QByteArray(R"({"op":"command","id":"c","p":"test/none","v":true})") << "test/none";
  QTest::newRow("read-only") << QByteArray(R"({"op":"command","id":"c","p":"test/pump/run","v":true})") << "read-only";
  QTest::newRow("no value") << QByteArray(R"({"op":"command","id":"c","p":"test/valve"})") << "value is missing";
  QTest::newRow("type") << QByteArray(R"({"op":"command","id":"c","p":"test/valve","v":true,"type":"burn"})")
                        << "write";
  QTest::newRow("value") << QByteArray(R"({"op":"command","id":"c","p":"test/valve","v":"x"})") << "";
}

void LiveTest::R6_5_wrongCommands() {
  QFETCH(QByteArray, text);
  QFETCH(QString, error);
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.live.received(session, text);
  QCOMPARE(session.each("op"), QStringList{QStringLiteral("error")});
  QVERIFY(session.last().value(QStringLiteral("message")).toString().contains(error));
  QVERIFY(bench.commands.isEmpty());
}

void LiveTest::R6_5_aCommandNeedsThePermission() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  session.allow({QStringLiteral("*:read"), QStringLiteral("commands:test/other/#:write")});
  QStringList errors;
  for (const char *point : {"test/valve", "test/none"}) {
    bench.say(
        session,
        qPrintable(
            QStringLiteral("{\"op\":\"command\",\"id\":\"c\",\"p\":\"%1\",\"v\":true}").arg(QLatin1String(point))));
    errors << session.last().value(QStringLiteral("message")).toString().replace(QLatin1String(point), QString());
  }
  QVERIFY(bench.commands.isEmpty());
  QCOMPARE(errors[0], errors[1]);  // which points there are is nobody's business
}

void LiveTest::R5_11_theSameCorrelationIdIsOneCommand() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.say(session, R"({"op":"command","id":"c","p":"test/valve","v":true,"correlationId":"1"})");
  bench.step(bench.commands[0], CommandState::Succeeded, true);
  bench.say(session, R"({"op":"command","id":"d","p":"test/valve","v":true,"correlationId":"1"})");
  QCOMPARE(bench.commands.size(), 1);
  QCOMPARE(session.last().value(QStringLiteral("id")).toString(), QStringLiteral("d"));
  QCOMPARE(session.last().value(QStringLiteral("status")).toString(), QStringLiteral("succeeded"));
  bench.say(session, R"({"op":"command","id":"e","p":"test/valve","v":false,"correlationId":"1"})");
  QCOMPARE(session.last().value(QStringLiteral("op")).toString(), QStringLiteral("error"));
  RecordingSession other;
  other.allow({QStringLiteral("*:*")}, QStringLiteral("somebody else"));
  bench.open(other);
  bench.say(other, R"({"op":"command","id":"c","p":"test/valve","v":true,"correlationId":"1"})");
  QCOMPARE(bench.commands.size(), 2);
  QVERIFY(bench.commands[0].correlationId != bench.commands[1].correlationId);
}

void LiveTest::R6_5_wrongMessages_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("error");
  QTest::newRow("empty") << QByteArray() << "not JSON";
  QTest::newRow("no JSON") << QByteArray("{\"op\":") << "not JSON";
  QTest::newRow("list") << QByteArray("[1]") << "must be a JSON object";
  QTest::newRow("deep") << QByteArray(20'000, '[') << "not JSON";
  QTest::newRow("deep objects") << QByteArray("{\"a\":").repeated(10'000) << "not JSON";
  QTest::newRow("no op") << QByteArray("{}") << "op must be a text";
  QTest::newRow("op of another type") << QByteArray(R"({"op":{}})") << "op must be a text";
  QTest::newRow("unknown op") << QByteArray(R"({"op":"dance"})") << "unknown op \"dance\"";
  QTest::newRow("long op") << "{\"op\":\"" + QByteArray(60'000, 'x') + "\"}"
                           << "unknown op \"xxx";
  QTest::newRow("no id") << QByteArray(R"({"op":"subscribe","topics":["#"]})") << "id must be a text";
  QTest::newRow("long id") << R"({"op":"subscribe","topics":["#"],"id":")" + QByteArray(65, 'i') + "\"}"
                           << "id must";
  QTest::newRow("rate") << QByteArray(R"({"op":"subscribe","id":"a","topics":["#"],"max_rate":"fast"})") << "max_rate";
  QTest::newRow("rate 0") << QByteArray(R"({"op":"subscribe","id":"a","topics":["#"],"max_rate":"0/s"})") << "max_rate";
  QTest::newRow("rate nan") << QByteArray(R"({"op":"subscribe","id":"a","topics":["#"],"max_rate":"nan/s"})")
                            << "max_rate";
  QTest::newRow("after") << QByteArray(R"({"op":"subscribe","id":"a","topics":["#"],"epoch":"e","after":-1})")
                         << "after must";
  QTest::newRow("after a half") << QByteArray(R"({"op":"subscribe","id":"a","topics":["#"],"epoch":"e","after":1.5})")
                                << "after must";
  QTest::newRow("no epoch") << QByteArray(R"({"op":"subscribe","id":"a","topics":["#"],"after":1})")
                            << "after needs the epoch";
}

void LiveTest::R6_5_wrongMessages() {
  QFETCH(QByteArray, text);
  QFETCH(QString, error);
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.live.received(session, text);
  QCOMPARE(session.count(), 1);
  QCOMPARE(session.last().value(QStringLiteral("op")).toString(), QStringLiteral("error"));
  const QString message = session.last().value(QStringLiteral("message")).toString();
  QVERIFY2(message.contains(error), qPrintable(message));
  QVERIFY(message.size() < 300);
  QCOMPARE(session.closeCode, 0);  // the socket stays open
  bench.say(session, R"({"op":"ping"})");
  QCOMPARE(session.count(), 2);
}

void LiveTest::R6_5_subscriptionLimit() {
  Limits limits;
  limits.subscriptions = 2;
  Bench bench(limits);
  RecordingSession session;
  bench.open(session);
  bench.say(session, R"({"op":"subscribe","id":"a","topics":["points/#"]})");
  bench.say(session, R"({"op":"subscribe","id":"b","topics":["points/#"]})");
  bench.say(session, R"({"op":"subscribe","id":"c","topics":["points/#"]})");
  QCOMPARE(session.last().value(QStringLiteral("op")).toString(), QStringLiteral("error"));
  QCOMPARE(session.last().value(QStringLiteral("id")).toString(), QStringLiteral("c"));
  // One that replaces another is none more.
  bench.say(session, R"({"op":"subscribe","id":"b","topics":["tags/#"]})");
  QCOMPARE(session.last().value(QStringLiteral("op")).toString(), QStringLiteral("subscribed"));
}

void LiveTest::R6_6_oneFramePerTurnAndOneEncodingForAll() {
  Bench bench;
  RecordingSession one;
  RecordingSession two;
  RecordingSession other;
  for (RecordingSession *session : {&one, &two}) {
    bench.open(*session);
    bench.subscribe(*session, R"({"op":"subscribe","id":"a","topics":["points/#","tags/#"]})");
  }
  bench.open(other);
  bench.subscribe(other, R"({"op":"subscribe","id":"other","topics":["tags/#","points/#"]})");
  bench.put(bench.temp, 1.0);
  bench.put(bench.pump, true);
  bench.put(bench.temp, 2.0);
  bench.live.flush();
  QCOMPARE(one.count(), 1);
  QCOMPARE(one.last().value(QStringLiteral("points")).toArray().size(), 3);
  QCOMPARE(one.frames[0].bytes().constData(), two.frames[0].bytes().constData());  // the very same bytes
  QCOMPARE(other.count(), 1);
  QCOMPARE(other.last().value(QStringLiteral("points")), one.last().value(QStringLiteral("points")));
}

void LiveTest::R6_7_nullAndQualityTexts() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.say(session, R"({"op":"subscribe","id":"a","topics":["points/test/boiler/temp"]})");
  QCOMPARE(session.text(1), QByteArray(R"({"op":"snapshot","id":"a","seq":0,"points":[{"p":"test/boiler/temp",)"
                                       R"("v":null,"q":"bad:waiting_for_first_value","t":null,"u":"°C"}],)"
                                       R"("tags":[],"alarms":[]})"));
  publish(bench.context, bench.live,
          {sampleOf(bench.context, bench.temp, std::numeric_limits<double>::quiet_NaN(),
                    Quality::uncertain(QualityReason::NotANumber)),
           sampleOf(bench.context, bench.temp, std::numeric_limits<double>::infinity()),
           sampleOf(bench.context, bench.temp, 3.0, Quality::bad(QualityReason::NoConnection))});
  bench.live.flush();
  const QJsonArray points = session.last().value(QStringLiteral("points")).toArray();
  QVERIFY(points[0].toObject().value(QStringLiteral("v")).isNull());
  QCOMPARE(points[0].toObject().value(QStringLiteral("q")).toString(), QStringLiteral("uncertain:not_a_number"));
  QVERIFY(points[1].toObject().value(QStringLiteral("v")).isNull());
  QCOMPARE(points[2].toObject().value(QStringLiteral("v")).toDouble(), 3);
  QCOMPARE(points[2].toObject().value(QStringLiteral("q")).toString(), QStringLiteral("bad:no_connection"));
}

void LiveTest::subscribingAgainReplaces() {
  Bench bench;
  RecordingSession session;
  bench.open(session);
  bench.subscribe(session, R"({"op":"subscribe","id":"a","topics":["points/#"]})");
  QTest::qWait(1);
  bench.subscribe(session, R"({"op":"subscribe","id":"a","topics":["points/test/pump/#"]})");
  bench.put(bench.temp, 1.0);
  bench.live.flush();
  QCOMPARE(session.count(), 0);
  bench.put(bench.pump, true);
  bench.live.flush();
  QCOMPARE(session.count(), 1);
}

void LiveTest::clientsThatLeaveAreForgotten() {
  Bench bench;
  auto session = std::make_unique<RecordingSession>();
  RecordingSession stays;
  bench.open(stays);
  bench.subscribe(stays, R"({"op":"subscribe","id":"a","topics":["points/#"]})");
  bench.open(*session);
  bench.alarms.isHolding = true;
  bench.say(*session, R"({"op":"subscribe","id":"a","topics":["points/#"]})");
  bench.say(*session, R"({"op":"subscribe","id":"b","topics":["#"]})");
  QTRY_COMPARE(bench.alarms.asked, 1);
  bench.put(bench.temp, 1.0);
  bench.live.closed(*session);
  session.reset();
  bench.alarms.held(QList<AlarmStatus>());
  QTest::qWait(5);
  bench.put(bench.temp, 2.0);
  bench.live.flush();
  QCOMPARE(stays.last().value(QStringLiteral("points")).toArray().size(), 2);
}

TAGWIRE_TEST(LiveTest)

}  // namespace live_test

#include "live_test.moc"
