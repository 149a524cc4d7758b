// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "restfixture.h"
#include "testprogram.h"

namespace command_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;
using Fixture = RestFixture;

class CommandTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void R5_9_refusesBadCommands_data();
  void R5_9_refusesBadCommands();
  void R5_9_answersWhenTheCommandEnded_data();
  void R5_9_answersWhenTheCommandEnded();
  void R5_9_togglesAndPulses();
  void R5_9_answersAtOnceWhatWaitsForAPerson();
  void R5_9_answers202WhileUnderWay();
  void R5_9_givesTheWholeHistory();
  void R5_11_correlationIdMakesOneCommand();
  void historyIsBounded();
  void openCommandsAreNotForgotten();
  void clientThatLeavesLosesNothingElse();
};

void CommandTest::R5_9_refusesBadCommands_data() {
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<int>("status");
  QTest::addColumn<QString>("words");
  const auto row = [](const char *name, const QByteArray &body, int status, const char *words) {
    QTest::newRow(name) << body << status << QString::fromLatin1(words);
  };
  row("no JSON", "{", 400, "JSON object");
  row("array", "[]", 400, "JSON object");
  row("empty", "", 400, "JSON object");
  row("no endpoint", R"({"value":1})", 400, "endpointId");
  row("endpoint as text", R"({"endpointId":"59","value":1})", 400, "endpointId");
  row("half an endpoint", R"({"endpointId":59.5,"value":1})", 400, "endpointId");
  row("negative endpoint", R"({"endpointId":-59,"value":1})", 400, "endpointId");
  row("huge endpoint", R"({"endpointId":1e300,"value":1})", 400, "endpointId");
  row("no value", R"({"endpointId":59})", 400, "value is missing");
  row("null", R"({"endpointId":59,"value":null})", 400, "");
  row("object", R"({"endpointId":59,"value":{}})", 400, "");
  row("text for a number", R"({"endpointId":59,"value":"hot"})", 400, "");
  row("too high", R"({"endpointId":59,"value":100.5})", 400, "up to 100");
  row("too low", R"({"endpointId":59,"value":-1})", 400, "from 0");
  row("read-only", R"({"endpointId":60,"value":true})", 400, "read-only");
  row("unknown point", R"({"endpointId":61,"value":1})", 404, "61");
  row("toggle of a number", R"({"endpointId":59,"commandType":"toggle"})", 400, "can't be toggled: it is double");
  row("pulse without duration", R"({"endpointId":59,"value":1,"commandType":"pulse"})", 400,
      "durationMs is wrong or missing (allowed: a whole number of 10 to 3600000)");
  row("short pulse", R"({"endpointId":59,"value":1,"commandType":"pulse","durationMs":9})", 400, "10 to 3600000");
  row("long pulse", R"({"endpointId":59,"value":1,"commandType":"pulse","durationMs":3600001})", 400, "10 to 3600000");
  row("half a pulse", R"({"endpointId":59,"value":1,"commandType":"pulse","durationMs":10.5})", 400, "10 to 3600000");
  row("pulse of its end", R"({"endpointId":59,"value":0,"commandType":"pulse","durationMs":10})", 400, "ends in it");
  row("pulse of nothing", R"({"endpointId":59,"commandType":"pulse","durationMs":10})", 400, "value is missing");
  row("write with duration", R"({"endpointId":59,"value":1,"durationMs":10})", 400, "durationMs is for pulses only");
  row("unknown type", R"({"endpointId":59,"value":1,"commandType":"explode"})", 400,
      "commandType is wrong (allowed: write, toggle, pulse)");
  row("type as number", R"({"endpointId":59,"value":1,"commandType":1})", 400, "commandType is wrong");
  row("short life", R"({"endpointId":59,"value":1,"expiresInMs":99})", 400,
      "expiresInMs is wrong or missing (allowed: a whole number of 100 to 600000)");
  row("long life", R"({"endpointId":59,"value":1,"expiresInMs":600001})", 400, "100 to 600000");
  row("comment as number", R"({"endpointId":59,"value":1,"comment":7})", 400, "comment is wrong");
  row("bell in a comment", R"({"endpointId":59,"value":1,"comment":"a\u0007b"})", 400, "control characters");
  row("long comment", R"({"endpointId":59,"value":1,"comment":")" + QByteArray(1001, 'x') + R"("})", 400, "1000");
  row("selection as number", R"({"endpointId":59,"value":1,"selectionId":7})", 400, "selectionId is wrong");
  row("correlation as number", R"({"endpointId":59,"value":1,"correlationId":7})", 400, "correlationId");
  row("line feed in a name", R"({"endpointId":59,"value":1,"requestedBy":"a\nb"})", 400, "requestedBy");
}

void CommandTest::R5_9_refusesBadCommands() {
  QFETCH(QByteArray, body);
  QFETCH(int, status);
  QFETCH(QString, words);
  Fixture fixture;
  const HttpReply reply = fixture.post(body);
  QCOMPARE(reply.status, status);
  QVERIFY2(reply.object().value(QStringLiteral("error")).toString().contains(words), reply.body.constData());
  QVERIFY(fixture.commands.isEmpty());
}

void CommandTest::R5_9_answersWhenTheCommandEnded_data() { addCommandEnds(); }

void CommandTest::R5_9_answersWhenTheCommandEnded() {
  QFETCH(int, state);
  QFETCH(int, status);
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  client.send(
      Fixture::postHead(R"({"endpointId":59,"value":80,"commandType":"write","tileId":3,"requestedBy":"ann"})"));
  QTRY_COMPARE(fixture.commands.size(), 1);
  const Command command = fixture.commands.first();
  QCOMPARE(command.point, fixture.ids[0]);
  QVERIFY(command.value == Value(80.0));
  QCOMPARE(command.requestedBy, QStringLiteral("anonymous"));  // as proved
  QCOMPARE(command.address, QStringLiteral("127.0.0.1"));
  QCOMPARE(command.comment, QStringLiteral("(asked for by \"ann\")"));  // as claimed
  fixture.tell(command.id, CommandState::Queued);
  fixture.tell(command.id, CommandState::Sent);
  QTest::qWait(50);
  QCOMPARE(client.status(), 0);
  fixture.end(command.id, static_cast<CommandState>(state));
  const HttpReply reply = fixture.wait(client);
  QCOMPARE(reply.status, status);
  QCOMPARE(reply.object().value(QStringLiteral("commandId")).toString(), command.id);
  QCOMPARE(reply.object().value(QStringLiteral("status")).toString(),
           QString(toText(static_cast<CommandState>(state))));
  if (status == 200) {
    QCOMPARE(reply.object().value(QStringLiteral("actualValue")).toDouble(), 80.0);
  } else {
    QVERIFY(reply.object().value(QStringLiteral("actualValue")).isNull());
    QCOMPARE(reply.object().value(QStringLiteral("message")).toString(), QStringLiteral("it went wrong"));
  }
  QCOMPARE(reply.object().value(QStringLiteral("interlockId")).toInt(-1), status == 403 ? 5 : -1);
}

void CommandTest::R5_9_togglesAndPulses() {
  Fixture fixture;
  PointInfo lamp;
  lamp.name = QStringLiteral("lamp");
  lamp.number = 70;
  lamp.type = ValueType::Bool;
  lamp.writable = true;
  fixture.context.declare({lamp});
  RawClient toggles(fixture.gateway.port());
  toggles.send(Fixture::postHead(R"({"endpointId":70,"value":"whatever","commandType":"toggle"})"));
  QTRY_COMPARE(fixture.commands.size(), 1);
  QVERIFY(fixture.commands[0].kind == CommandKind::Toggle);
  QVERIFY(fixture.commands[0].value == Value());
  RawClient pulses(fixture.gateway.port());
  pulses.send(Fixture::postHead(
      R"({"endpointId":70,"value":true,"commandType":"pulse","durationMs":1500,"comment":"once","requestedBy":"ann",)"
      R"("selectionId":"s-1","expiresInMs":2000})"));
  QTRY_COMPARE(fixture.commands.size(), 2);
  const Command pulse = fixture.commands[1];
  QVERIFY(pulse.kind == CommandKind::Pulse);
  QVERIFY(pulse.value == Value(true));
  QCOMPARE(pulse.duration, 1500ms);
  QCOMPARE(pulse.comment, QStringLiteral("once (asked for by \"ann\")"));
  QCOMPARE(pulse.selection, QStringLiteral("s-1"));
  QCOMPARE(pulse.expires - pulse.created, 2s);
  fixture.tell(pulse.id, CommandState::Succeeded, true);
  QCOMPARE(fixture.wait(pulses).status, 200);
  const QJsonObject history = fixture.get("/api/os/command/" + pulse.id.toLatin1()).object();
  QCOMPARE(history.value(QStringLiteral("commandType")).toString(), QStringLiteral("pulse"));
  QCOMPARE(history.value(QStringLiteral("durationMs")).toInt(), 1500);
  QCOMPARE(history.value(QStringLiteral("requestedBy")).toString(), QStringLiteral("anonymous"));
}

void CommandTest::R5_9_answersAtOnceWhatWaitsForAPerson() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  client.send(Fixture::postHead(R"({"endpointId":59,"value":80})"));
  QTRY_COMPARE(fixture.commands.size(), 1);
  fixture.tell(fixture.commands[0].id, CommandState::Queued);
  fixture.tell(fixture.commands[0].id, CommandState::Queued, {}, QStringLiteral("waits for a second person"));
  const HttpReply reply = fixture.wait(client);
  QCOMPARE(reply.status, 202);
  QCOMPARE(reply.object().value(QStringLiteral("status")).toString(), QStringLiteral("queued"));
  QCOMPARE(reply.object().value(QStringLiteral("message")).toString(), QStringLiteral("waits for a second person"));
}

void CommandTest::R5_9_answers202WhileUnderWay() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  client.send(Fixture::postHead(R"({"endpointId":59,"value":80})"));
  QTRY_COMPARE(fixture.commands.size(), 1);
  fixture.tell(fixture.commands[0].id, CommandState::Sent);
  fixture.context.manualClock().advance(5s);
  const HttpReply reply = fixture.wait(client);
  QCOMPARE(reply.status, 202);
  QCOMPARE(reply.object().value(QStringLiteral("status")).toString(), QStringLiteral("sent"));
}

void CommandTest::R5_9_givesTheWholeHistory() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  client.send(Fixture::postHead(R"({"endpointId":59,"value":80,"correlationId":"c-1"})"));
  QTRY_COMPARE(fixture.commands.size(), 1);
  const QString id = fixture.commands[0].id;
  for (const auto state : {CommandState::Queued, CommandState::Sent, CommandState::Acked}) fixture.tell(id, state);
  fixture.tell(id, CommandState::Succeeded, Value(80.0));
  fixture.tell(id, CommandState::Queued);  // a repeat of the first step: the command has ended
  const HttpReply reply = fixture.get("/api/os/command/" + id.toLatin1());
  QCOMPARE(reply.status, 200);
  const QJsonObject json = reply.object();
  QCOMPARE(json.value(QStringLiteral("status")).toString(), QStringLiteral("succeeded"));
  QCOMPARE(json.value(QStringLiteral("endpointId")).toInt(), 59);
  QCOMPARE(json.value(QStringLiteral("correlationId")).toString(), QStringLiteral("c-1"));
  QStringList steps;
  for (const QJsonValue &step : json.value(QStringLiteral("history")).toArray()) {
    steps << step.toObject().value(QStringLiteral("status")).toString();
  }
  QCOMPARE(steps.join(u' '), QStringLiteral("queued sent acked succeeded"));
  QCOMPARE(fixture.get("/api/os/command/none").status, 404);
}

void CommandTest::R5_11_correlationIdMakesOneCommand() {
  Fixture fixture;
  const QByteArray body = R"({"endpointId":59,"value":80,"correlationId":"c-1"})";
  RawClient first(fixture.gateway.port());
  first.send(Fixture::postHead(body));
  QTRY_COMPARE(fixture.commands.size(), 1);
  RawClient second(fixture.gateway.port());
  second.send(Fixture::postHead(body));
  const HttpReply other = fixture.post(R"({"endpointId":59,"value":81,"correlationId":"c-1"})");
  QCOMPARE(other.status, 409);
  QCOMPARE(fixture.post(R"({"endpointId":59,"value":80,"correlationId":"c-1","commandType":"pulse","durationMs":10})")
               .status,
           409);
  fixture.tell(fixture.commands[0].id, CommandState::Succeeded, Value(80.0));
  QCOMPARE(fixture.wait(first).status, 200);
  QCOMPARE(fixture.wait(second).object().value(QStringLiteral("commandId")).toString(), fixture.commands[0].id);
  QCOMPARE(fixture.post(body).status, 200);  // long over: answered at once
  QCOMPARE(fixture.commands.size(), 1);
}

/// What waits for somebody is kept, however many others come and go.
void CommandTest::openCommandsAreNotForgotten() {
  Fixture fixture;
  fixture.tell(QStringLiteral("open"), CommandState::Queued);
  for (int i = 0; i <= 1000; ++i) fixture.tell(QString::number(i), CommandState::Succeeded);
  QCOMPARE(fixture.get("/api/os/command/open").status, 200);
  QCOMPARE(fixture.get("/api/os/command/1").status, 404);
  QCOMPARE(fixture.get("/api/os/command/2").status, 200);
}

void CommandTest::historyIsBounded() {
  Fixture fixture;
  for (int i = 0; i <= 1000; ++i) fixture.tell(QString::number(i), CommandState::Succeeded);
  QCOMPARE(fixture.get("/api/os/command/0").status, 404);
  QCOMPARE(fixture.get("/api/os/command/1").status, 200);
  QCOMPARE(fixture.get("/api/os/command/1000").status, 200);
}

void CommandTest::clientThatLeavesLosesNothingElse() {
  Fixture fixture;
  {
    RawClient client(fixture.gateway.port());
    client.send(Fixture::postHead(R"({"endpointId":59,"value":80})"));
    QTRY_COMPARE(fixture.commands.size(), 1);
  }
  QTest::qWait(50);
  fixture.tell(fixture.commands[0].id, CommandState::Succeeded, Value(80.0));
  QCOMPARE(fixture.get("/api/os/command/" + fixture.commands[0].id.toLatin1()).status, 200);
}

TAGWIRE_TEST(CommandTest)

}  // namespace command_test

#include "command_test.moc"
