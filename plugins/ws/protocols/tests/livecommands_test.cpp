// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "protocols/liveprotocol.h"
#include "recordingsession.h"
#include "testprogram.h"

namespace livecommands_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

/// One protocol in a host of its own, with a client.
struct Bench {
  Bench() : state(WsConfig(), context), live(state, Limits()) {
    QObject::connect(&state, &GatewayState::commandRequested, &state,
                     [this](const Command &command) { commands.append(command); });
    PointInfo info;
    info.name = QStringLiteral("valve");
    info.type = ValueType::Bool;
    info.writable = true;
    valve = context.declare({info})[0];
    live.opened(session);
  }
  /// The answer to one message.
  QJsonObject ask(const QByteArray &text) {
    session.clear();
    live.received(session, text);
    return session.message(0);
  }
  QString errorTo(const QByteArray &text) {
    const QJsonObject answer = ask(text);
    return answer.value(QStringLiteral("op")).toString() == u"error"
               ? answer.value(QStringLiteral("message")).toString()
               : QStringLiteral("no error");
  }
  /// What the router tells; the REST part hears it first.
  void step(const QString &id, CommandState reached, const QString &text = {}, int interlock = 0) {
    tell(CommandStatus{id, valve, reached, Value(), text, interlock});
  }
  /// The same of the run of scene 4.
  void stepOfScene(const QString &id, CommandState reached, const QString &text) {
    tell(CommandStatus{id, PointId::None, reached, Value(), text, 0, 4, {valve}});
  }
  void tell(const CommandStatus &status) {
    Event event;
    event.time = context.clock().now();
    event.body = status;
    state.commands->follow(std::get<CommandStatus>(event.body), event.time);
    live.notify(event);
  }

  TestContext context;
  GatewayState state;
  QList<Command> commands;  ///< that went to the router
  LiveProtocol live;
  RecordingSession session;
  PointId valve;
};

class LiveCommandsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R6_5_pulsesAndToggles();
  void R6_5_wrongCommands_data();
  void R6_5_wrongCommands();
  void R6_5_blockedSaysByWhat();
  void R5_11_everyClickIsToldTheOutcome();
  void runsAScene();
  void wrongScenes_data();
  void wrongScenes();
  void R5_11_select();
  void R5_11_selectIsRefused();
  void R5_11_approveAndCancel();
  void R5_11_wrongSettlements_data();
  void R5_11_wrongSettlements();
  void R5_11_rights();
};

void LiveCommandsTest::R6_5_pulsesAndToggles() {
  Bench bench;
  bench.ask(R"({"op":"command","id":"c","p":"test/valve","v":true,"type":"pulse","duration_ms":1500,)"
            R"("selection_id":"s-1","comment":"once","expires_in_ms":2000,"correlation_id":"k"})");
  QCOMPARE(bench.commands.size(), 1);
  const Command &pulse = bench.commands[0];
  QVERIFY(pulse.kind == CommandKind::Pulse);
  QVERIFY(pulse.value == Value(true));
  QCOMPARE(pulse.duration, 1500ms);
  QCOMPARE(pulse.selection, QStringLiteral("s-1"));
  QCOMPARE(pulse.comment, QStringLiteral("once"));
  QCOMPARE(pulse.expires - pulse.created, 2s);
  QVERIFY(pulse.correlationId.endsWith(QStringLiteral("/k")));
  QCOMPARE(pulse.requestedBy, QStringLiteral("token:tester"));
  QCOMPARE(pulse.address, QStringLiteral("127.0.0.1"));
  bench.ask(R"({"op":"command","id":"d","p":"test/valve","type":"toggle"})");
  QCOMPARE(bench.commands.size(), 2);
  QVERIFY(bench.commands[1].kind == CommandKind::Toggle);
}

void LiveCommandsTest::R6_5_wrongCommands_data() {
  QTest::addColumn<QByteArray>("rest");
  QTest::addColumn<QString>("error");
  QTest::newRow("no duration") << QByteArray(R"("v":true,"type":"pulse")")
                               << "duration_ms is wrong or missing (allowed: a whole number of 10 to 3600000)";
  QTest::newRow("duration of a write") << QByteArray(R"("v":true,"duration_ms":10)")
                                       << "duration_ms is for pulses only";
  QTest::newRow("type") << QByteArray(R"("v":true,"type":7)") << "type is wrong (allowed: write, toggle, pulse)";
  QTest::newRow("end of a pulse") << QByteArray(R"("v":false,"type":"pulse","duration_ms":10)") << "ends in it";
  QTest::newRow("selection") << QByteArray(R"("v":true,"selection_id":1)") << "selection_id is wrong";
  QTest::newRow("comment") << QByteArray(R"("v":true,"comment":1)") << "comment is wrong";
  QTest::newRow("correlation") << QByteArray(R"("v":true,"correlation_id":1)") << "correlation_id is wrong";
  QTest::newRow("correlation, as it was") << QByteArray(R"("v":true,"correlationId":1)") << "correlation_id is wrong";
}

void LiveCommandsTest::R6_5_wrongCommands() {
  QFETCH(QByteArray, rest);
  QFETCH(QString, error);
  Bench bench;
  const QString answer = bench.errorTo(R"({"op":"command","id":"c","p":"test/valve",)" + rest + '}');
  QVERIFY2(answer.contains(error), qPrintable(answer));
  QVERIFY(bench.commands.isEmpty());
}

void LiveCommandsTest::R6_5_blockedSaysByWhat() {
  Bench bench;
  bench.ask(R"({"op":"command","id":"c","p":"test/valve","v":true})");
  bench.step(bench.commands[0].id, CommandState::Queued);
  bench.step(bench.commands[0].id, CommandState::Blocked, QStringLiteral("interlock 5: too hot"), 5);
  QCOMPARE(bench.session.each("status"), (QStringList{QStringLiteral("queued"), QStringLiteral("blocked")}));
  QCOMPARE(bench.session.last().value(QStringLiteral("interlockId")).toInt(), 5);
  QCOMPARE(bench.session.last().value(QStringLiteral("error")).toString(), QStringLiteral("interlock 5: too hot"));
}

void LiveCommandsTest::R5_11_everyClickIsToldTheOutcome() {
  Bench bench;
  const QByteArray click = R"({"op":"command","id":"c?","p":"test/valve","v":true,"correlation_id":"click"})";
  for (int i = 0; i < 50; ++i) bench.ask(QByteArray(click).replace('?', QByteArray::number(i)));
  QCOMPARE(bench.commands.size(), 1);
  bench.session.clear();
  bench.step(bench.commands[0].id, CommandState::Succeeded);
  const QStringList told = bench.session.each("id");
  QCOMPARE(QSet<QString>(told.begin(), told.end()).size(), 50);
  QCOMPARE(told.size(), 50);
  bench.step(bench.commands[0].id, CommandState::Succeeded);
  QCOMPARE(bench.session.count(), 50);
}

void LiveCommandsTest::runsAScene() {
  Bench bench;
  SceneStatus scene;
  scene.id = 4;
  scene.points = {bench.valve};
  bench.context.commands().sceneList = {scene};
  const QByteArray message = R"({"op":"scene","id":"r","scene":4,"comment":"monday","correlation_id":"click"})";
  bench.ask(message);
  QCOMPARE(bench.commands.size(), 1);
  const Command command = bench.commands[0];
  QVERIFY(command.kind == CommandKind::Scene);
  QCOMPARE(command.scene, 4);
  QCOMPARE(command.comment, QStringLiteral("monday"));
  QCOMPARE(command.requestedBy, QStringLiteral("token:tester"));
  bench.stepOfScene(command.id, CommandState::Sent, QStringLiteral("step 1 of 2"));
  bench.stepOfScene(command.id, CommandState::Succeeded, QStringLiteral("done"));
  QCOMPARE(bench.session.each("status"), (QStringList{QStringLiteral("sent"), QStringLiteral("succeeded")}));
  QCOMPARE(bench.session.each("message"), (QStringList{QStringLiteral("step 1 of 2"), QStringLiteral("done")}));
  QCOMPARE(bench.session.each("id"), (QStringList{QStringLiteral("r"), QStringLiteral("r")}));
  // The same click once more: told again, run no more.
  bench.ask(message);
  QCOMPARE(bench.session.each("status"), (QStringList{QStringLiteral("sent"), QStringLiteral("succeeded")}));
  QCOMPARE(bench.commands.size(), 1);
}

void LiveCommandsTest::wrongScenes_data() {
  QTest::addColumn<QByteArray>("rest");
  QTest::addColumn<QString>("error");
  QTest::newRow("none") << QByteArray(R"("x":1)") << "scene must be the number of a scene";
  QTest::newRow("fraction") << QByteArray(R"("scene":1.5)") << "scene must be the number of a scene";
  QTest::newRow("not there") << QByteArray(R"("scene":5)") << "there is no scene 5";
  QTest::newRow("comment") << QByteArray(R"("scene":4,"comment":1)") << "comment is wrong";
}

void LiveCommandsTest::wrongScenes() {
  QFETCH(QByteArray, rest);
  QFETCH(QString, error);
  Bench bench;
  SceneStatus scene;
  scene.id = 4;
  scene.points = {bench.valve};
  bench.context.commands().sceneList = {scene};
  const QString answer = bench.errorTo(R"({"op":"scene","id":"r",)" + rest + '}');
  QVERIFY2(answer.contains(error), qPrintable(answer));
  QVERIFY(bench.commands.isEmpty());
}

void LiveCommandsTest::R5_11_select() {
  Bench bench;
  bench.context.commands().selectedUntil = bench.context.clock().now() + 30s;
  bench.ask(R"({"op":"select","id":"k","p":"test/valve"})");
  QCOMPARE(bench.session.text(0), QByteArray(R"({"op":"selected","id":"k","selection_id":"selection-1",)"
                                             R"("expires":"2026-01-01T00:00:30.000Z"})"));
  QCOMPARE(bench.context.commands().calls, QStringList{QStringLiteral("select by token:tester@127.0.0.1")});
}

void LiveCommandsTest::R5_11_selectIsRefused() {
  Bench bench;
  QVERIFY(bench.errorTo(R"({"op":"select","p":"test/valve"})").contains(QStringLiteral("id must be a text")));
  QVERIFY(bench.errorTo(R"({"op":"select","id":"k","p":7})").contains(QStringLiteral("p must be the full name")));
  QVERIFY(bench.errorTo(R"({"op":"select","id":"k","p":"test/none"})").contains(QStringLiteral("test/none")));
  QVERIFY(bench.context.commands().calls.isEmpty());
  bench.context.commands().error = QStringLiteral("point test/valve is selected by user:bob");
  QCOMPARE(bench.errorTo(R"({"op":"select","id":"k","p":"test/valve"})"), bench.context.commands().error);
}

void LiveCommandsTest::R5_11_approveAndCancel() {
  Bench bench;
  bench.step(QStringLiteral("c1"), CommandState::Queued, QStringLiteral("waits for a second person"));
  QVERIFY(bench.state.commands->find(QStringLiteral("c1"))->waitsForApproval);
  bench.ask(R"({"op":"approve","id":"k","command_id":"c1","comment":"seen"})");
  QCOMPARE(bench.session.text(0), QByteArray(R"({"op":"approved","id":"k","command_id":"c1"})"));
  QVERIFY(!bench.state.commands->find(QStringLiteral("c1"))->waitsForApproval);
  QCOMPARE(bench.state.commands->find(QStringLiteral("c1"))->approvedBy, QStringLiteral("token:tester"));
  bench.ask(R"({"op":"cancel","id":"l","command_id":"c1"})");
  QCOMPARE(bench.session.text(0), QByteArray(R"({"op":"cancelled","id":"l","command_id":"c1"})"));
  const QString who = QStringLiteral(" c1 by token:tester@127.0.0.1");
  QCOMPARE(bench.context.commands().calls, (QStringList{QStringLiteral("approve") + who + QStringLiteral(" (seen)"),
                                                        QStringLiteral("cancel") + who + QStringLiteral(" ()")}));
}

void LiveCommandsTest::R5_11_wrongSettlements_data() {
  QTest::addColumn<QByteArray>("rest");
  QTest::addColumn<QString>("error");
  QTest::newRow("no id") << QByteArray(R"("command_id":"c1")") << "id must be a text";
  QTest::newRow("no command") << QByteArray(R"("id":"k")") << "command_id must be a text of 1 to 128 characters";
  QTest::newRow("number") << QByteArray(R"("id":"k","command_id":1)") << "command_id must be a text";
  QTest::newRow("not there") << QByteArray(R"("id":"k","command_id":"c2")") << "no such command";
  QTest::newRow("comment") << QByteArray(R"("id":"k","command_id":"c1","comment":1)") << "comment is wrong";
}

void LiveCommandsTest::R5_11_wrongSettlements() {
  QFETCH(QByteArray, rest);
  QFETCH(QString, error);
  Bench bench;
  bench.step(QStringLiteral("c1"), CommandState::Queued);
  for (const char *operation : {"approve", "cancel"}) {
    const QString answer = bench.errorTo("{\"op\":\"" + QByteArray(operation) + "\"," + rest + '}');
    QVERIFY2(answer.contains(error), qPrintable(answer));
  }
  QVERIFY(bench.context.commands().calls.isEmpty());
}

void LiveCommandsTest::R5_11_rights() {
  Bench bench;
  bench.step(QStringLiteral("c1"), CommandState::Queued);
  const QList<QByteArray> all{R"({"op":"select","id":"k","p":"test/valve"})",
                              R"({"op":"approve","id":"k","command_id":"c1"})",
                              R"({"op":"cancel","id":"k","command_id":"c1"})"};
  bench.session.allow({QStringLiteral("*:read")});
  for (const QByteArray &each : all) {
    const QString answer = bench.errorTo(each);
    QVERIFY2(answer.contains(QStringLiteral("commands:write for point test/valve is due")), qPrintable(answer));
  }
  bench.session.allow({QStringLiteral("commands:other/#:write")});
  QCOMPARE(bench.errorTo(all[1]), bench.errorTo(R"({"op":"approve","id":"k","command_id":"none"})"));
  QVERIFY(bench.context.commands().calls.isEmpty());
  // Nor one's own.
  bench.session.allow({QStringLiteral("*:*")}, QStringLiteral("anna"));
  bench.ask(R"({"op":"command","id":"c","p":"test/valve","v":true})");
  const QByteArray approval = R"({"op":"approve","id":"k","command_id":"?"})";
  const QByteArray own = QByteArray(approval).replace('?', bench.commands[0].id.toLatin1());
  QCOMPARE(bench.errorTo(own), QStringLiteral("a second person has to approve it: token:anna asked for it"));
  QVERIFY(bench.context.commands().calls.isEmpty());
  bench.session.allow({QStringLiteral("*:*")}, QStringLiteral("bob"));
  QCOMPARE(bench.ask(own).value(QStringLiteral("op")).toString(), QStringLiteral("approved"));
}

TAGWIRE_TEST(LiveCommandsTest)

}  // namespace livecommands_test

#include "livecommands_test.moc"
