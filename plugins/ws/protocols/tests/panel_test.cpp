// SPDX-License-Identifier: Apache-2.0
#include <QRegularExpression>
#include <QTest>

#include <limits>

#include "protocols/panelprotocol.h"
#include "recordingsession.h"
#include "testprogram.h"

namespace panel_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

struct Bench {
  explicit Bench(const Limits &limits = {}) : panel(context, limits) {
    temp = declarePoint(context, "boiler/temp", 59);
    pump = declarePoint(context, "pump/run", 60, ValueType::Bool);
    panel.opened(session);
    session.clear();
  }
  void say(const char *json) { panel.received(session, json); }
  void put(PointId point, const Value &value, Quality quality = {}) {
    publish(context, panel, {sampleOf(context, point, value, quality)});
    panel.flush();
  }
  void step(const char *command, CommandState state, const Value &actual = {}, const char *error = "",
            int interlock = 0) {
    raise(context, panel,
          CommandStatus{QString::fromUtf8(command), pump, state, actual, QString::fromUtf8(error), interlock});
  }

  TestContext context;
  PanelProtocol panel;
  RecordingSession session;
  PointId temp;
  PointId pump;
};

class PanelTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R5_1_connected();
  void R5_2_unsubscribe();
  void R5_2_unknownEndpointsAreNamedAndTheOthersServed();
  void R5_2_onlyPointsThatTheCallerMayRead();
  void R5_2_withoutCommandIdsAllOfTheCaller();
  void R5_2_commandsOfPointsThatTheCallerMayNotReadStayUnseen();
  void R5_2_subscribingToACommandSendsItsLastStatus();
  void R5_3_ping();
  void R5_4_lastValueAtOnceThenOnChange();
  void R5_4_noValueSoFar();
  void R5_4_congestedClientGetsTheNewestOnly();
  void R5_4_subscribingAgainWhileCongestedNeverShowsAnOlderValue();
  void R5_4_oneEncodingForAll();
  void R5_5_everyStepInOrder();
  void R5_5_failure();
  void R5_5_blockedSaysByWhat();
  void R5_5_waitingIsNoError();
  void R5_2_whoComesBackGetsTheFinalStatus();
  void R5_2_partsOfAPulseAreNobodysCommands();
  void R5_6_alarmWhenActiveOrWorse();
  void R5_6_notWhatIsShelvedSuppressedOrOutOfService();
  void R5_6_againWhenTheShelvingEnds();
  void R5_6_onlyAlarmsOfAreasThatTheCallerMayRead();
  void R5_7_wrongMessages_data();
  void R5_7_wrongMessages();
  void R5_8_subscriptionLimit();
  void R5_8_fiftySubscriptions();
  void R5_14_removedPoint();
  void lostPermissionsEndSubscriptions();
  void clientsThatLeaveAreForgotten();
};

void PanelTest::R5_1_connected() {
  Bench bench;
  RecordingSession session;
  bench.panel.opened(session);
  QCOMPARE(session.count(), 1);
  QCOMPARE(session.last().value(QStringLiteral("type")).toString(), QStringLiteral("connected"));
  const QString id = session.last().value(QStringLiteral("clientId")).toString();
  QVERIFY(QRegularExpression(QStringLiteral("^client-1767225600000-[0-9a-z]+$")).match(id).hasMatch());
}

void PanelTest::R5_2_unsubscribe() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59,60]})");
  QCOMPARE(bench.session.count(), 2);
  bench.say(R"({"type":"unsubscribe","channel":"telemetry","endpointIds":[59]})");
  bench.put(bench.temp, 1.0);
  QCOMPARE(bench.session.count(), 2);
  bench.put(bench.pump, true);
  QCOMPARE(bench.session.count(), 3);
  bench.say(R"({"type":"unsubscribe","channel":"telemetry"})");
  bench.put(bench.pump, false);
  QCOMPARE(bench.session.count(), 3);
  bench.say(R"({"type":"subscribe","channel":"alarms"})");
  bench.say(R"({"type":"unsubscribe","channel":"alarms"})");
  raise(bench.context, bench.panel, alarmOf(1, AlarmState::Alarm, AlarmState::Ok));
  QCOMPARE(bench.session.count(), 3);
}

void PanelTest::R5_2_unknownEndpointsAreNamedAndTheOthersServed() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59,98,99,4000000000]})");
  QCOMPARE(bench.session.count(), 2);
  QCOMPARE(bench.session.message(0).value(QStringLiteral("endpointId")).toInt(), 59);
  QCOMPARE(bench.session.last().value(QStringLiteral("message")).toString(),
           QStringLiteral("no such endpointId: 98, 99, 4000000000"));
}

void PanelTest::R5_2_onlyPointsThatTheCallerMayRead() {
  Bench bench;
  bench.session.allow({QStringLiteral("points:test/pump/#:read")});
  bench.put(bench.temp, 180.5);
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59,60,98]})");
  QCOMPARE(bench.session.count(), 2);
  QCOMPARE(bench.session.message(0).value(QStringLiteral("endpointId")).toInt(), 60);
  // Whether there is a 59 is nothing for this caller.
  QCOMPARE(bench.session.last().value(QStringLiteral("message")).toString(),
           QStringLiteral("no such endpointId, or not permitted: 59, 98"));
  bench.put(bench.temp, 181.0);
  QCOMPARE(bench.session.count(), 2);
  for (const char *channel : {"alarms", "commands"}) {
    bench.say("{\"type\":\"subscribe\",\"channel\":\"" + QByteArray(channel) + "\"}");
    QCOMPARE(bench.session.last().value(QStringLiteral("message")).toString(),
             QStringLiteral("not permitted: %1:read is due").arg(QLatin1String(channel)));
  }
  const qsizetype before = bench.session.count();
  bench.step("uuid-1", CommandState::Queued);
  raise(bench.context, bench.panel, alarmOf(77, AlarmState::Alarm, AlarmState::Ok));
  QCOMPARE(bench.session.count(), before);
}

void PanelTest::R5_2_withoutCommandIdsAllOfTheCaller() {
  Bench bench;
  RecordingSession own;
  bench.panel.opened(own);
  bench.panel.received(own, R"({"type":"subscribe","channel":"commands"})");
  own.clear();
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["uuid-1"]})");
  const auto book = CommandBook::of(bench.context);
  book->note(commandNamed("uuid-1"), *own.caller());
  Caller namesake = *own.caller();
  namesake.kind = Caller::Kind::User;
  book->note(commandNamed("uuid-2"), namesake);
  for (const char *id : {"uuid-1", "uuid-2", "uuid-3"}) bench.step(id, CommandState::Queued);
  QCOMPARE(bench.session.each("commandId"), QStringList{QStringLiteral("uuid-1")});
  QCOMPARE(own.each("commandId"), QStringList{QStringLiteral("uuid-1")});
  QCOMPARE(own.frames[0].bytes().constData(), bench.session.frames[0].bytes().constData());
  bench.say(R"({"type":"unsubscribe","channel":"commands"})");
  bench.panel.received(own, R"({"type":"unsubscribe","channel":"commands"})");
  bench.step("uuid-1", CommandState::Sent);
  QCOMPARE(bench.session.count(), 1);
  QCOMPARE(own.count(), 1);
}

void PanelTest::R5_2_commandsOfPointsThatTheCallerMayNotReadStayUnseen() {
  Bench bench;
  bench.session.allow({QStringLiteral("commands:test/boiler/#:read")});
  bench.step("uuid-1", CommandState::Queued);
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["uuid-1"]})");
  bench.say(R"({"type":"subscribe","channel":"commands"})");
  CommandBook::of(bench.context)->note(commandNamed("uuid-1"), *bench.session.caller());
  bench.step("uuid-1", CommandState::Succeeded, true);
  QCOMPARE(bench.session.count(), 0);
  bench.session.allow({QStringLiteral("commands:test/pump/#:read")});
  bench.step("uuid-1", CommandState::Succeeded, true);
  QCOMPARE(bench.session.count(), 1);
}

void PanelTest::R5_2_subscribingToACommandSendsItsLastStatus() {
  Bench bench;
  bench.step("uuid-1", CommandState::Queued);
  bench.step("uuid-1", CommandState::Succeeded, true);
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["uuid-1","uuid-x"]})");
  QCOMPARE(bench.session.count(), 1);
  QCOMPARE(bench.session.last().value(QStringLiteral("status")).toString(), QStringLiteral("succeeded"));
  // A thousand are kept.
  for (int count = 0; count < 1000; ++count) {
    bench.step(qPrintable(QStringLiteral("later-%1").arg(count)), CommandState::Queued);
  }
  bench.session.clear();
  bench.say(R"({"type":"unsubscribe","channel":"commands"})");
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["uuid-1","later-0"]})");
  QCOMPARE(bench.session.each("commandId"), QStringList{QStringLiteral("later-0")});
}

void PanelTest::R5_3_ping() {
  Bench bench;
  bench.say(R"({"type":"ping"})");
  QCOMPARE(bench.session.text(0), QByteArray(R"({"type":"pong"})"));
}

void PanelTest::R5_4_lastValueAtOnceThenOnChange() {
  Bench bench;
  bench.put(bench.temp, 180.5);
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59]})");
  QCOMPARE(bench.session.text(0), QByteArray(R"({"type":"telemetry","endpointId":59,"value":180.5,)"
                                             R"("timestamp":"2026-01-01T00:00:00.000Z","quality":"good"})"));
  bench.put(bench.temp, 180.5);
  QCOMPARE(bench.session.count(), 1);
  bench.put(bench.temp, 181.0);
  QCOMPARE(bench.session.count(), 2);
  bench.put(bench.temp, 181.0, Quality::bad(QualityReason::NoConnection));
  QCOMPARE(bench.session.count(), 3);
  QCOMPARE(bench.session.last().value(QStringLiteral("quality")).toString(), QStringLiteral("bad:no_connection"));
  bench.put(bench.temp, std::numeric_limits<double>::quiet_NaN());
  bench.put(bench.temp, std::numeric_limits<double>::quiet_NaN());
  QCOMPARE(bench.session.count(), 4);
  QVERIFY(bench.session.last().value(QStringLiteral("value")).isNull());
}

void PanelTest::R5_4_noValueSoFar() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59]})");
  QCOMPARE(bench.session.text(0), QByteArray(R"({"type":"telemetry","endpointId":59,"value":null,"timestamp":null,)"
                                             R"("quality":"bad:waiting_for_first_value"})"));
}

void PanelTest::R5_4_congestedClientGetsTheNewestOnly() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59,60]})");
  bench.say(R"({"type":"subscribe","channel":"alarms"})");
  bench.session.clear();
  bench.session.congested = true;
  for (double value = 0; value < 100; ++value) bench.put(bench.temp, value);
  bench.put(bench.pump, true);
  raise(bench.context, bench.panel, alarmOf(1, AlarmState::Alarm, AlarmState::Ok));
  QCOMPARE(bench.session.each("type"), QStringList{QStringLiteral("alarm")});
  QCOMPARE(bench.panel.activityOf(bench.session).streams, 3);
  QCOMPARE(bench.panel.activityOf(bench.session).dropped, quint64(99));
  bench.session.congested = false;
  bench.panel.drained(bench.session);
  QCOMPARE(bench.session.count(), 3);
  QCOMPARE(bench.session.message(1).value(QStringLiteral("value")).toDouble(), 99);
  QCOMPARE(bench.session.message(2).value(QStringLiteral("endpointId")).toInt(), 60);
}

void PanelTest::R5_4_subscribingAgainWhileCongestedNeverShowsAnOlderValue() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59]})");
  bench.session.clear();
  bench.session.congested = true;
  bench.put(bench.temp, 1.0);
  bench.say(R"({"type":"unsubscribe","channel":"telemetry","endpointIds":[59]})");
  bench.put(bench.temp, 2.0);
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59]})");
  bench.session.congested = false;
  bench.panel.drained(bench.session);
  QCOMPARE(bench.session.count(), 1);
  QCOMPARE(bench.session.last().value(QStringLiteral("value")).toDouble(), 2);
}

void PanelTest::R5_4_oneEncodingForAll() {
  Bench bench;
  RecordingSession other;
  bench.panel.opened(other);
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59]})");
  bench.panel.received(other, R"({"type":"subscribe","channel":"telemetry","endpointIds":[60,59]})");
  bench.put(bench.temp, 5.0);
  QCOMPARE(bench.session.last().value(QStringLiteral("value")).toDouble(), 5);
  QCOMPARE(other.frames.last().bytes().constData(), bench.session.frames.last().bytes().constData());
}

void PanelTest::R5_5_everyStepInOrder() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["uuid-123"]})");
  for (const CommandState state : {CommandState::Queued, CommandState::Sent, CommandState::Acked}) {
    bench.step("uuid-123", state);
    QVERIFY(!bench.session.last().contains(QStringLiteral("completedAt")));
  }
  bench.context.manualClock().advance(1s);
  bench.step("uuid-123", CommandState::Succeeded, true);
  QCOMPARE(bench.session.each("status"), (QStringList{QStringLiteral("queued"), QStringLiteral("sent"),
                                                      QStringLiteral("acked"), QStringLiteral("succeeded")}));
  QCOMPARE(bench.session.text(3),
           QByteArray(R"({"type":"command_status","commandId":"uuid-123","status":"succeeded","actualValue":true,)"
                      R"("completedAt":"2026-01-01T00:00:01.000Z"})"));
}

void PanelTest::R5_5_failure() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["c"]})");
  bench.step("c", CommandState::Failed, 5.0, "illegal address");
  QVERIFY(bench.session.last().value(QStringLiteral("actualValue")).isNull());
  QCOMPARE(bench.session.last().value(QStringLiteral("error")).toString(), QStringLiteral("illegal address"));
  QVERIFY(bench.session.last().contains(QStringLiteral("completedAt")));
}

void PanelTest::R5_5_blockedSaysByWhat() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["c","d"]})");
  bench.step("c", CommandState::Queued);
  bench.step("c", CommandState::Blocked, {}, "interlock 5 \"HLT\": too hot", 5);
  QCOMPARE(bench.session.each("status"), (QStringList{QStringLiteral("queued"), QStringLiteral("blocked")}));
  QVERIFY(!bench.session.message(0).contains(QStringLiteral("interlockId")));
  QCOMPARE(bench.session.last().value(QStringLiteral("interlockId")).toInt(), 5);
  QCOMPARE(bench.session.last().value(QStringLiteral("error")).toString(),
           QStringLiteral("interlock 5 \"HLT\": too hot"));
  bench.step("d", CommandState::Blocked, {}, "by the PLC");
  QVERIFY(bench.session.last().value(QStringLiteral("interlockId")).isNull());
}

/// What is said of a command while nothing is wrong is no error.
void PanelTest::R5_5_waitingIsNoError() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["c"]})");
  bench.step("c", CommandState::Queued, {}, "waits 120 s for a second person to approve it");
  QCOMPARE(bench.session.text(0), QByteArray(R"({"type":"command_status","commandId":"c","status":"queued",)"
                                             R"("actualValue":null,"message":"waits 120 s for a second person to )"
                                             R"(approve it"})"));
}

/// A panel that was cut off while its command was under way.
void PanelTest::R5_2_whoComesBackGetsTheFinalStatus() {
  Bench bench;
  {
    RecordingSession first;
    bench.panel.opened(first);
    bench.panel.received(first, R"({"type":"subscribe","channel":"commands","commandIds":["c"]})");
    bench.step("c", CommandState::Queued);
    bench.panel.closed(first);
  }
  bench.step("c", CommandState::Sent);
  bench.step("c", CommandState::Unknown, {}, "the reply was lost");
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["c"]})");
  QCOMPARE(bench.session.each("status"), QStringList{QStringLiteral("unknown")});
  QCOMPARE(bench.session.last().value(QStringLiteral("error")).toString(), QStringLiteral("the reply was lost"));
  QVERIFY(bench.session.last().contains(QStringLiteral("completedAt")));
}

/// The writes that a pulse is made of are told to who asks for them by their ids, to nobody else.
void PanelTest::R5_2_partsOfAPulseAreNobodysCommands() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"commands"})");
  CommandBook::of(bench.context)->note(commandNamed("p"), *bench.session.caller());
  for (const char *id : {"p", "p/on", "p/off1"}) bench.step(id, CommandState::Queued);
  QCOMPARE(bench.session.each("commandId"), QStringList{QStringLiteral("p")});
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["p/on"]})");
  QCOMPARE(bench.session.last().value(QStringLiteral("commandId")).toString(), QStringLiteral("p/on"));
}

void PanelTest::R5_6_alarmWhenActiveOrWorse() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"alarms"})");
  raise(bench.context, bench.panel, alarmOf(77, AlarmState::Warning, AlarmState::Ok));
  raise(bench.context, bench.panel, alarmOf(77, AlarmState::Alarm, AlarmState::Warning));
  QCOMPARE(bench.session.count(), 2);
  raise(bench.context, bench.panel, alarmOf(77, AlarmState::Warning, AlarmState::Alarm));
  raise(bench.context, bench.panel, alarmOf(77, AlarmState::Ok, AlarmState::Warning));
  QCOMPARE(bench.session.count(), 2);
  QCOMPARE(bench.session.text(1), QByteArray(R"({"type":"alarm","alarmId":4277,"severity":"critical",)"
                                             R"("message":"Rule Compressor Discharge High Temp -> ALARM",)"
                                             R"("timestamp":"2026-01-01T00:00:00.000Z","ruleId":77})"));
}

void PanelTest::R5_6_notWhatIsShelvedSuppressedOrOutOfService() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"alarms"})");
  for (const AlarmCondition condition :
       {AlarmCondition::Shelved, AlarmCondition::SuppressedByDesign, AlarmCondition::OutOfService}) {
    AlarmTransition alarm = alarmOf(77, AlarmState::Alarm, AlarmState::Ok);
    alarm.condition = condition;
    raise(bench.context, bench.panel, alarm);
  }
  QCOMPARE(bench.session.count(), 0);
  AlarmTransition alarm = alarmOf(77, AlarmState::Alarm, AlarmState::Ok);
  alarm.condition = AlarmCondition::UnacknowledgedActive;
  raise(bench.context, bench.panel, alarm);
  QCOMPARE(bench.session.count(), 1);
}

void PanelTest::R5_6_againWhenTheShelvingEnds() {
  using Condition = AlarmCondition;
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"alarms"})");
  raise(bench.context, bench.panel, changeOf(77, Condition::Shelved, Condition::UnacknowledgedActive, "shelve"));
  raise(bench.context, bench.panel,
        changeOf(77, Condition::AcknowledgedActive, Condition::UnacknowledgedActive, "ack"));
  auto over = changeOf(77, Condition::RtnUnacknowledged, Condition::Shelved, "shelving_ended");
  over.state = AlarmState::Ok;
  raise(bench.context, bench.panel, over);
  QCOMPARE(bench.session.count(), 0);
  raise(bench.context, bench.panel,
        changeOf(77, Condition::UnacknowledgedActive, Condition::Shelved, "shelving_ended"));
  QCOMPARE(bench.session.text(0), QByteArray(R"({"type":"alarm","alarmId":4277,"severity":"critical",)"
                                             R"("message":"Rule Compressor Discharge High Temp -> ALARM",)"
                                             R"("timestamp":"2026-01-01T00:00:00.000Z","ruleId":77})"));
}

void PanelTest::R5_6_onlyAlarmsOfAreasThatTheCallerMayRead() {
  Bench bench;
  bench.session.allow({QStringLiteral("alarms:cold-store/*:read")});
  bench.say(R"({"type":"subscribe","channel":"alarms"})");
  raise(bench.context, bench.panel, alarmOf(1, AlarmState::Alarm, AlarmState::Ok, "cold-store/north"));
  raise(bench.context, bench.panel, alarmOf(2, AlarmState::Alarm, AlarmState::Ok, "brewhouse"));
  raise(bench.context, bench.panel, alarmOf(3, AlarmState::Alarm, AlarmState::Ok));
  QCOMPARE(bench.session.each("ruleId"), QStringList{QStringLiteral("1")});
}

void PanelTest::R5_7_wrongMessages_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("error");
  QTest::newRow("no JSON") << QByteArray("hello") << "not JSON";
  QTest::newRow("deep") << QByteArray(30'000, '[') << "not JSON";
  QTest::newRow("list") << QByteArray("[]") << "must be a JSON object";
  QTest::newRow("no type") << QByteArray("{}") << "type must be a text";
  QTest::newRow("unknown type") << QByteArray(R"({"type":"subscribble"})") << "unknown type \"subscribble\"";
  QTest::newRow("auth without a token") << QByteArray(R"({"type":"auth"})") << "access_token";
  QTest::newRow("channel") << QByteArray(R"({"type":"subscribe","channel":5})") << "channel must be";
  QTest::newRow("no ids") << QByteArray(R"({"type":"subscribe","channel":"telemetry"})")
                          << "endpointIds must be a list";
  QTest::newRow("ids of text") << QByteArray(R"({"type":"subscribe","channel":"telemetry","endpointIds":["59"]})")
                               << "whole numbers";
  QTest::newRow("half an id") << QByteArray(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59.5]})")
                              << "whole numbers";
  QTest::newRow("many ids") << R"({"type":"subscribe","channel":"telemetry","endpointIds":[1)" +
                                   QByteArray(",1").repeated(1000) + "]}"
                            << "1 to 1000";
  QTest::newRow("command ids") << QByteArray(R"({"type":"subscribe","channel":"commands","commandIds":[5]})")
                               << "commandIds must hold texts";
}

void PanelTest::R5_7_wrongMessages() {
  QFETCH(QByteArray, text);
  QFETCH(QString, error);
  Bench bench;
  bench.panel.received(bench.session, text);
  QCOMPARE(bench.session.count(), 1);
  QCOMPARE(bench.session.last().value(QStringLiteral("type")).toString(), QStringLiteral("error"));
  const QString message = bench.session.last().value(QStringLiteral("message")).toString();
  QVERIFY2(message.contains(error), qPrintable(message));
  QCOMPARE(bench.session.closeCode, 0);
}

void PanelTest::R5_8_subscriptionLimit() {
  Limits limits;
  limits.subscriptions = 3;
  Bench bench(limits);
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59,60,59]})");
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59]})");  // held already
  bench.say(R"({"type":"subscribe","channel":"alarms"})");
  QVERIFY(!bench.session.each("type").contains(QStringLiteral("error")));
  bench.session.clear();
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["c"]})");
  QCOMPARE(bench.session.last().value(QStringLiteral("type")).toString(), QStringLiteral("error"));
  // Endpoints, command ids and alarms count, nothing else.
  bench.say(R"({"type":"subscribe","channel":"commands"})");
  bench.step("c", CommandState::Queued);
  QCOMPARE(bench.session.count(), 1);
  bench.say(R"({"type":"unsubscribe","channel":"alarms"})");
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["c"]})");
  QCOMPARE(bench.session.last().value(QStringLiteral("type")).toString(), QStringLiteral("command_status"));
}

void PanelTest::R5_8_fiftySubscriptions() {
  Bench bench(defaultLimits(ProtocolKind::Panel));
  QStringList ids;
  for (int count = 0; count < 49; ++count) ids << QStringLiteral("\"c%1\"").arg(count);
  bench.say(qPrintable(
      QStringLiteral("{\"type\":\"subscribe\",\"channel\":\"commands\",\"commandIds\":[%1]}").arg(ids.join(u','))));
  bench.say(R"({"type":"subscribe","channel":"alarms"})");
  QCOMPARE(bench.session.count(), 0);
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59]})");
  QCOMPARE(bench.session.each("type"), QStringList{QStringLiteral("error")});
}

void PanelTest::R5_14_removedPoint() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59]})");
  bench.put(bench.temp, Value(), Quality::bad(QualityReason::Removed));
  QCOMPARE(bench.session.text(1), QByteArray(R"({"type":"error","endpointId":59,"message":"removed"})"));
  bench.put(bench.temp, 5.0);
  QCOMPARE(bench.session.count(), 2);
}

void PanelTest::lostPermissionsEndSubscriptions() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59,60]})");
  bench.say(R"({"type":"subscribe","channel":"alarms"})");
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["c"]})");
  bench.session.clear();
  bench.session.allow({QStringLiteral("points:test/pump/run:read")});
  bench.panel.callerChanged(bench.session);
  QCOMPARE(bench.session.count(), 3);
  QCOMPARE(bench.session.text(0), QByteArray(R"({"type":"error","endpointId":59,"message":"not permitted any more"})"));
  QCOMPARE(bench.session.each("message").mid(1), (QStringList{QStringLiteral("alarms: not permitted any more"),
                                                              QStringLiteral("commands: not permitted any more")}));
  bench.session.clear();
  bench.put(bench.temp, 1.0);
  bench.step("c", CommandState::Queued);
  raise(bench.context, bench.panel, alarmOf(1, AlarmState::Alarm, AlarmState::Ok));
  QCOMPARE(bench.session.count(), 0);
  bench.put(bench.pump, true);
  QCOMPARE(bench.session.count(), 1);
}

void PanelTest::clientsThatLeaveAreForgotten() {
  Bench bench;
  {
    RecordingSession gone;
    bench.panel.opened(gone);
    bench.panel.received(gone, R"({"type":"subscribe","channel":"telemetry","endpointIds":[59]})");
    bench.panel.received(gone, R"({"type":"subscribe","channel":"alarms"})");
    bench.panel.closed(gone);
  }
  bench.put(bench.temp, 5.0);
  raise(bench.context, bench.panel, alarmOf(77, AlarmState::Warning, AlarmState::Ok));
  QCOMPARE(bench.session.count(), 0);
}

TAGWIRE_TEST(PanelTest)

}  // namespace panel_test

#include "panel_test.moc"
