// SPDX-License-Identifier: Apache-2.0
#include <QRegularExpression>
#include <QTest>

#include <limits>

#include "protocols/panelprotocol.h"
#include "recordingsession.h"

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
  void step(const char *command, CommandState state, const Value &actual = {}, const char *error = "") {
    raise(context, panel, CommandStatus{QString::fromUtf8(command), pump, state, actual, QString::fromUtf8(error)});
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
  void R5_2_commandsByIdAndAll();
  void R5_2_subscribingToACommandSendsItsLastStatus();
  void R5_3_ping();
  void R5_4_lastValueAtOnceThenOnChange();
  void R5_4_noValueSoFar();
  void R5_4_congestedClientGetsTheNewestOnly();
  void R5_4_oneEncodingForAll();
  void R5_5_everyStepInOrder();
  void R5_5_failure();
  void R5_6_alarmWhenActiveOrWorse();
  void R5_7_wrongMessages_data();
  void R5_7_wrongMessages();
  void R5_8_subscriptionLimit();
  void R5_14_removedPoint();
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

void PanelTest::R5_2_commandsByIdAndAll() {
  Bench bench;
  RecordingSession all;
  bench.panel.opened(all);
  bench.panel.received(all, R"({"type":"subscribe","channel":"commands"})");
  all.clear();
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["uuid-1"]})");
  bench.step("uuid-1", CommandState::Queued);
  bench.step("uuid-2", CommandState::Queued);
  QCOMPARE(bench.session.each("commandId"), QStringList{QStringLiteral("uuid-1")});
  QCOMPARE(all.each("commandId"), (QStringList{QStringLiteral("uuid-1"), QStringLiteral("uuid-2")}));
  QCOMPARE(all.frames[0].bytes().constData(), bench.session.frames[0].bytes().constData());
  bench.say(R"({"type":"unsubscribe","channel":"commands"})");
  bench.step("uuid-1", CommandState::Sent);
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
  bench.say(R"({"type":"auth","access_token":"x"})");
  QCOMPARE(bench.session.count(), 1);
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
  bench.session.congested = false;
  bench.panel.drained(bench.session);
  QCOMPARE(bench.session.count(), 3);
  QCOMPARE(bench.session.message(1).value(QStringLiteral("value")).toDouble(), 99);
  QCOMPARE(bench.session.message(2).value(QStringLiteral("endpointId")).toInt(), 60);
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
  bench.say(R"({"type":"subscribe","channel":"commands"})");
  bench.step("c", CommandState::Failed, 5.0, "illegal address");
  QVERIFY(bench.session.last().value(QStringLiteral("actualValue")).isNull());
  QCOMPARE(bench.session.last().value(QStringLiteral("error")).toString(), QStringLiteral("illegal address"));
  QVERIFY(bench.session.last().contains(QStringLiteral("completedAt")));
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

void PanelTest::R5_7_wrongMessages_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("error");
  QTest::newRow("no JSON") << QByteArray("hello") << "not JSON";
  QTest::newRow("deep") << QByteArray(30'000, '[') << "not JSON";
  QTest::newRow("list") << QByteArray("[]") << "must be a JSON object";
  QTest::newRow("no type") << QByteArray("{}") << "type must be a text";
  QTest::newRow("unknown type") << QByteArray(R"({"type":"subscribble"})") << "unknown type \"subscribble\"";
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
  for (const char *more : {R"({"type":"subscribe","channel":"commands","commandIds":["c"]})",
                           R"({"type":"subscribe","channel":"commands"})"}) {
    bench.say(more);
    QCOMPARE(bench.session.last().value(QStringLiteral("type")).toString(), QStringLiteral("error"));
  }
  bench.step("c", CommandState::Queued);
  QCOMPARE(bench.session.count(), 2);
  bench.say(R"({"type":"unsubscribe","channel":"alarms"})");
  bench.say(R"({"type":"subscribe","channel":"commands","commandIds":["c"]})");
  QCOMPARE(bench.session.last().value(QStringLiteral("type")).toString(), QStringLiteral("command_status"));
}

void PanelTest::R5_14_removedPoint() {
  Bench bench;
  bench.say(R"({"type":"subscribe","channel":"telemetry","endpointIds":[59]})");
  bench.put(bench.temp, Value(), Quality::bad(QualityReason::Removed));
  QCOMPARE(bench.session.text(1), QByteArray(R"({"type":"error","endpointId":59,"message":"removed"})"));
  bench.put(bench.temp, 5.0);
  QCOMPARE(bench.session.count(), 2);
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

QTEST_GUILESS_MAIN(PanelTest)
#include "panel_test.moc"
