// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "restfixture.h"
#include "testprogram.h"

namespace commands_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

constexpr const char *path = "/api/v1/commands";

/// With the control that answers what the test says; the host's own router is in commandlife_test.
struct Fixture : RestFixture {
  using RestFixture::RestFixture;

  HttpReply command(const QByteArray &body) { return send("POST", path, body); }
  /// Asks for a command and leaves it open.
  QString open(const QByteArray &body) { return command(body).object().value(QStringLiteral("command_id")).toString(); }
  QStringList idsOf(const QByteArray &query) {
    QStringList all;
    for (const QJsonValue &each : get(path + query).array()) all << each[u"command_id"].toString();
    return all;
  }
};

}  // namespace

/// /api/v1/commands: what goes in and how it looks.
class CommandsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void R5_9_refusesBadBodies_data();
  void R5_9_refusesBadBodies();
  void R5_9_takesAllThatBelongsToACommand();
  void R5_9_everyOutcome_data();
  void R5_9_everyOutcome();
  void R5_9_waitsAsLongAsItIsTold();
  void R5_9_aThousandAnswersWait();
  void R5_9_givesEveryStep();
  void R5_9_listsTheNewestFirst();
  void R5_9_theListIsFiltered();
  void R5_9_badFilters_data();
  void R5_9_badFilters();
  void R5_9_partsOfAPulseAreFoundByTheirIdOnly();
  void R5_9_onlyCommandsOfPointsThatTheCallerMayRead();
  void R5_10_dryRunTellsWhatStandsInTheWay();
  void R5_11_whoDidItIsPassedOn();
  void R5_11_errorsOfTheHostAreTold();
};

void CommandsTest::R5_9_refusesBadBodies_data() {
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<int>("status");
  QTest::addColumn<QString>("words");
  const auto row = [](const char *name, const QByteArray &body, int status, const char *words) {
    QTest::newRow(name) << body << status << QString::fromLatin1(words);
  };
  row("no JSON", "{", 400, "JSON object");
  row("unknown key", R"({"point":59,"value":1,"durationMs":10})", 400, "unknown key \"durationMs\"");
  row("no point", R"({"value":1})", 400,
      "point is wrong or missing (allowed: the full name of a point, or its number)");
  row("empty point", R"({"point":"","value":1})", 400, "point is wrong");
  row("half a point", R"({"point":59.5,"value":1})", 400, "point is wrong");
  row("no point of that number", R"({"point":61,"value":1})", 404, "there is no point 61");
  row("no point of that name", R"({"point":"plc1/none","value":1})", 404, "there is no point plc1/none");
  row("read-only", R"({"point":"plc1/pump/run","value":true})", 400, "read-only");
  row("type", R"({"point":59,"value":1,"type":"burn"})", 400, "type is wrong (allowed: write, toggle, pulse)");
  row("pulse", R"({"point":59,"value":1,"type":"pulse"})", 400,
      "duration_ms is wrong or missing (allowed: a whole number of 10 to 3600000)");
  row("write", R"({"point":59,"value":1,"duration_ms":10})", 400, "duration_ms is for pulses only");
  row("value", R"({"point":59,"value":101})", 400, "up to 100");
  row("wait", R"({"point":59,"value":1,"wait_ms":30001})", 400,
      "wait_ms is wrong (allowed: a whole number of 0 to 30000)");
  row("wait as text", R"({"point":59,"value":1,"wait_ms":"1"})", 400, "wait_ms is wrong");
  row("life", R"({"point":59,"value":1,"expires_in_ms":0})", 400, "expires_in_ms is wrong");
  row("selection", R"({"point":59,"value":1,"selection_id":[]})", 400, "selection_id is wrong");
  row("correlation", R"({"point":59,"value":1,"correlation_id":{}})", 400, "correlation_id is wrong");
  row("comment", R"({"point":59,"value":1,"comment":1})", 400, "comment is wrong");
}

void CommandsTest::R5_9_refusesBadBodies() {
  QFETCH(QByteArray, body);
  QFETCH(int, status);
  QFETCH(QString, words);
  Fixture fixture;
  for (const char *target : {path, "/api/v1/commands/dry-run"}) {
    const HttpReply reply = fixture.send("POST", target, body);
    QCOMPARE(reply.status, status);
    QVERIFY2(reply.object().value(QStringLiteral("error")).toString().contains(words), reply.body.constData());
  }
  QVERIFY(fixture.commands.isEmpty());
  QVERIFY(fixture.context.commands().probed.isEmpty());
}

void CommandsTest::R5_9_takesAllThatBelongsToACommand() {
  Fixture fixture;
  const HttpReply reply = fixture.command(
      R"({"point":"plc1/boiler/temp","value":80,"type":"pulse","duration_ms":250,"correlation_id":"c-1",)"
      R"("comment":"a test, \uD83D\uDE00","selection_id":"s-1","expires_in_ms":60000,"wait_ms":0})");
  QCOMPARE(reply.status, 202);
  QCOMPARE(fixture.commands.size(), 1);
  const Command &command = fixture.commands[0];
  QCOMPARE(command.point, fixture.ids[0]);
  QVERIFY(command.kind == CommandKind::Pulse);
  QVERIFY(command.value == Value(80.0));
  QCOMPARE(command.duration, 250ms);
  QCOMPARE(command.selection, QStringLiteral("s-1"));
  QCOMPARE(command.expires - command.created, 60s);
  QCOMPARE(command.requestedBy, QStringLiteral("anonymous"));
  QCOMPARE(command.address, QStringLiteral("127.0.0.1"));
  QVERIFY(command.comment.startsWith(QStringLiteral("a test, ")));
  const QJsonObject json = reply.object();
  QCOMPARE(json.value(QStringLiteral("command_id")).toString(), command.id);
  QCOMPARE(json.value(QStringLiteral("point")).toString(), QStringLiteral("plc1/boiler/temp"));
  QCOMPARE(json.value(QStringLiteral("number")).toInt(), 59);
  QCOMPARE(json.value(QStringLiteral("type")).toString(), QStringLiteral("pulse"));
  QCOMPARE(json.value(QStringLiteral("duration_ms")).toInt(), 250);
  QCOMPARE(json.value(QStringLiteral("correlation_id")).toString(), QStringLiteral("c-1"));
  QCOMPARE(json.value(QStringLiteral("status")).toString(), QStringLiteral("queued"));
  QVERIFY(!json.contains(QStringLiteral("completed")));
}

void CommandsTest::R5_9_everyOutcome_data() { addCommandEnds(); }

void CommandsTest::R5_9_everyOutcome() {
  QFETCH(int, state);
  QFETCH(int, status);
  Fixture fixture;
  QObject::connect(&fixture.gateway, &Plugin::commandRequested, &fixture.gateway, [&](const Command &command) {
    fixture.tell(command.id, CommandState::Queued);
    fixture.end(command.id, static_cast<CommandState>(state));
  });
  const HttpReply reply = fixture.command(R"({"point":59,"value":80})");
  QCOMPARE(reply.status, status);
  const QJsonObject json = reply.object();
  QCOMPARE(json.value(QStringLiteral("status")).toString(), QString(toText(static_cast<CommandState>(state))));
  QCOMPARE(json.value(QStringLiteral("message")).toString(),
           status == 200 ? QStringLiteral("the value was written") : QStringLiteral("it went wrong"));
  QCOMPARE(json.value(QStringLiteral("actual_value")).isNull(), status != 200);
  QCOMPARE(json.value(QStringLiteral("interlock_id")).toInt(-1), status == 403 ? 5 : -1);
  QVERIFY(json.contains(QStringLiteral("completed")));
}

void CommandsTest::R5_9_waitsAsLongAsItIsTold() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  const QByteArray body = R"({"point":59,"value":80,"wait_ms":30000})";
  client.send(RawClient::head("POST", path, "Content-Length: " + QByteArray::number(body.size()) + "\r\n") + body);
  QTRY_COMPARE(fixture.commands.size(), 1);
  fixture.context.manualClock().advance(29s);
  fixture.gateway.tick();
  QCOMPARE(client.status(), 0);
  fixture.context.manualClock().advance(1s);
  fixture.gateway.tick();
  const HttpReply reply = fixture.wait(client);
  QCOMPARE(reply.status, 202);
  QCOMPARE(reply.object().value(QStringLiteral("message")).toString(), QStringLiteral("under way"));
}

/// A client that leaves before its answer takes a place until its time is up.
void CommandsTest::R5_9_aThousandAnswersWait() {
  Fixture fixture;
  const QByteArray body = R"({"point":59,"value":80,"wait_ms":30000})";
  const QByteArray head = RawClient::head("POST", path, "Content-Length: " + QByteArray::number(body.size()) + "\r\n");
  for (qsizetype count = 1; count <= 1000; ++count) {
    RawClient client(fixture.gateway.port());
    client.send(head + body);
    QVERIFY(waitUntil([&] { return fixture.commands.size() == count; }));
    QCOMPARE(client.status(), 0);
  }
  QCOMPARE(fixture.command(body).status, 202);
  fixture.context.manualClock().advance(30s);
  fixture.gateway.tick();
  RawClient later(fixture.gateway.port());
  later.send(head + body);
  QVERIFY(waitUntil([&] { return fixture.commands.size() == 1002; }));
  fixture.tell(fixture.commands.last().id, CommandState::Succeeded, Value(80.0));
  QCOMPARE(fixture.wait(later).status, 200);  // it waited for this
}

void CommandsTest::R5_9_givesEveryStep() {
  Fixture fixture;
  const QString id = fixture.open(R"({"point":59,"value":80,"wait_ms":0})");
  for (const auto state : {CommandState::Queued, CommandState::Sent, CommandState::Acked}) fixture.tell(id, state);
  fixture.tell(id, CommandState::Failed, {}, QStringLiteral("it went wrong"));
  const HttpReply reply = fixture.get(QByteArray(path) + '/' + id.toLatin1());
  QCOMPARE(reply.status, 200);
  QStringList steps;
  for (const QJsonValue &step : reply.object().value(QStringLiteral("steps")).toArray()) {
    steps << step[u"status"].toString();
    QVERIFY(!step[u"timestamp"].toString().isEmpty());
  }
  QCOMPARE(steps.join(u' '), QStringLiteral("queued sent acked failed"));
  QCOMPARE(reply.object()[u"steps"][3][u"error"].toString(), QStringLiteral("it went wrong"));
  QCOMPARE(fixture.get(QByteArray(path) + "/none").status, 404);
}

void CommandsTest::R5_9_listsTheNewestFirst() {
  Fixture fixture;
  QStringList ids;
  for (int i = 0; i < 3; ++i) ids.prepend(fixture.open(R"({"point":59,"value":80,"wait_ms":0})"));
  fixture.tell(QStringLiteral("of-others"), CommandState::Succeeded, Value(80.0));
  ids.prepend(QStringLiteral("of-others"));
  QCOMPARE(fixture.idsOf({}), ids);
  QCOMPARE(fixture.idsOf("?limit=2"), ids.mid(0, 2));
  // Of one that somebody else asked for, its steps are all that is known.
  const QJsonObject other = fixture.get(path).array()[0].toObject();
  QCOMPARE(other.value(QStringLiteral("status")).toString(), QStringLiteral("succeeded"));
  QVERIFY(!other.contains(QStringLiteral("requested_by")) && !other.contains(QStringLiteral("type")));
}

void CommandsTest::R5_9_theListIsFiltered() {
  Fixture fixture;
  fixture.tell(QStringLiteral("a"), CommandState::Succeeded);
  fixture.tell(QStringLiteral("b"), CommandState::Blocked);
  fixture.tell(QStringLiteral("c"), CommandState::Queued);
  fixture.tell(QStringLiteral("d"), CommandState::Queued, {}, QStringLiteral("waits for a second person"));
  const auto ids = [&](const QByteArray &query) { return fixture.idsOf(query).join(u' '); };
  QCOMPARE(ids("?status=succeeded,blocked"), QStringLiteral("b a"));
  QCOMPARE(ids("?status=queued"), QStringLiteral("d c"));
  QCOMPARE(ids("?status=waiting"), QStringLiteral("d"));
  QCOMPARE(ids("?status=waiting,succeeded"), QStringLiteral("d a"));
  QCOMPARE(ids("?point=plc1/boiler/temp"), QStringLiteral("d c b a"));
  QCOMPARE(ids("?point=plc1/boiler/%23&status=blocked"), QStringLiteral("b"));
  QCOMPARE(ids("?point=plc1/pump/run"), QString());
  const QJsonObject waiting = fixture.get("/api/v1/commands?status=waiting").array()[0].toObject();
  QCOMPARE(waiting.value(QStringLiteral("waits_for")).toString(), QStringLiteral("second_person"));
  QCOMPARE(waiting.value(QStringLiteral("status")).toString(), QStringLiteral("queued"));
}

void CommandsTest::R5_9_badFilters_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<QString>("words");
  QTest::newRow("status") << QByteArray("?status=done") << "status \"done\" is wrong (allowed: queued, sent, acked,";
  QTest::newRow("limit") << QByteArray("?limit=1001") << "limit";
  QTest::newRow("point") << QByteArray("?point=a//b") << "point \"a//b\"";
}

void CommandsTest::R5_9_badFilters() {
  QFETCH(QByteArray, query);
  QFETCH(QString, words);
  const HttpReply reply = Fixture().get(path + query);
  QCOMPARE(reply.status, 400);
  QVERIFY2(reply.object().value(QStringLiteral("error")).toString().contains(words), reply.body.constData());
}

void CommandsTest::R5_9_partsOfAPulseAreFoundByTheirIdOnly() {
  Fixture fixture;
  for (const char *id : {"p", "p/on", "p/off1"}) fixture.tell(QString::fromLatin1(id), CommandState::Succeeded);
  QCOMPARE(fixture.idsOf({}), QStringList{QStringLiteral("p")});
  QCOMPARE(fixture.get("/api/v1/commands/p%2Foff1").object().value(QStringLiteral("command_id")).toString(),
           QStringLiteral("p/off1"));
  QCOMPARE(fixture.get("/api/os/command/p%2Fon").status, 200);
}

void CommandsTest::R5_9_onlyCommandsOfPointsThatTheCallerMayRead() {
  Fixture fixture(RestFixture::config({QStringLiteral("commands:plc1/pump/#:read"), QStringLiteral("*:write")}));
  const QString id = fixture.open(R"({"point":59,"value":80,"wait_ms":0})");
  QVERIFY(!id.isEmpty());
  QVERIFY(fixture.idsOf({}).isEmpty());
  QCOMPARE(fixture.get(QByteArray(path) + '/' + id.toLatin1()).status, 404);
  QCOMPARE(fixture.get("/api/os/command/" + id.toLatin1()).status, 404);
  // Who may write the point may cancel, and is told no more than that it was done.
  const HttpReply reply = fixture.send("POST", QByteArray(path) + '/' + id.toLatin1() + "/cancel", "{}");
  QCOMPARE(reply.status, 200);
  QCOMPARE(reply.object().keys(), QStringList{QStringLiteral("command_id")});
}

void CommandsTest::R5_10_dryRunTellsWhatStandsInTheWay() {
  Fixture fixture;
  FakeCommandControl &control = fixture.context.commands();
  const auto ask = [&] {
    return fixture.send("POST", "/api/v1/commands/dry-run", R"({"point":59,"value":80})").object();
  };
  control.run.value = 80.0;
  control.run.confirm = Confirm::SecondPerson;
  control.run.warnings = {QStringLiteral("interlock 6 \"draught\": closed")};
  QJsonObject json = ask();
  QCOMPARE(json.value(QStringLiteral("would_be_sent")).toBool(), true);
  QVERIFY(json.value(QStringLiteral("obstacle")).isNull());
  QCOMPARE(json.value(QStringLiteral("value")).toDouble(), 80.0);
  QCOMPARE(json.value(QStringLiteral("confirm")).toString(), QStringLiteral("second_person"));
  QCOMPARE(json[u"warnings"][0].toString(), control.run.warnings[0]);
  control.run.obstacle = Obstacle{CommandState::Blocked, QStringLiteral("interlock 5 \"HLT\": too hot"), 5};
  control.run.interlocks = {5, 7};
  json = ask();
  QCOMPARE(json.value(QStringLiteral("would_be_sent")).toBool(true), false);
  QCOMPARE(json[u"obstacle"][u"status"].toString(), QStringLiteral("blocked"));
  QCOMPARE(json[u"obstacle"][u"message"].toString(), QStringLiteral("interlock 5 \"HLT\": too hot"));
  QCOMPARE(json[u"obstacle"][u"interlock_id"].toInt(), 5);
  QCOMPARE(json.value(QStringLiteral("interlocks")).toArray(), (QJsonArray{5, 7}));
  QCOMPARE(control.probed.size(), 2);
  QCOMPARE(control.probed[0].requestedBy, QStringLiteral("anonymous"));
  QVERIFY(fixture.commands.isEmpty());
  QVERIFY(fixture.idsOf({}).isEmpty());
}

void CommandsTest::R5_11_whoDidItIsPassedOn() {
  Fixture fixture;
  fixture.tell(QStringLiteral("c"), CommandState::Queued);
  const HttpReply selected = fixture.send("POST", "/api/v1/commands/selections", R"({"point":59})");
  QCOMPARE(selected.status, 201);
  QCOMPARE(selected.object().value(QStringLiteral("selection_id")).toString(), QStringLiteral("selection-1"));
  QCOMPARE(selected.object().value(QStringLiteral("point")).toString(), QStringLiteral("plc1/boiler/temp"));
  QVERIFY(selected.object().contains(QStringLiteral("expires")));
  QCOMPARE(fixture.ask("DELETE", "/api/v1/commands/selections/selection-1").status, 204);
  QCOMPARE(fixture.send("POST", "/api/v1/commands/c/cancel", R"({"comment":"not now"})").status, 200);
  const QStringList calls = fixture.context.commands().calls;
  QCOMPARE(calls.size(), 3);
  QCOMPARE(calls[0], QStringLiteral("select by anonymous@127.0.0.1"));
  QCOMPARE(calls[1], QStringLiteral("deselect selection-1 by anonymous@127.0.0.1 ()"));
  QCOMPARE(calls[2], QStringLiteral("cancel c by anonymous@127.0.0.1 (not now)"));
}

void CommandsTest::R5_11_errorsOfTheHostAreTold() {
  Fixture fixture;
  fixture.tell(QStringLiteral("c"), CommandState::Queued);
  fixture.context.commands().error = QStringLiteral("not as things are");
  const auto expect = [&](const HttpReply &reply, int status) {
    return reply.status == status &&
           reply.object().value(QStringLiteral("error")).toString() == fixture.context.commands().error;
  };
  QVERIFY(expect(fixture.send("POST", "/api/v1/commands/selections", R"({"point":59})"), 409));
  QVERIFY(expect(fixture.ask("DELETE", "/api/v1/commands/selections/x"), 404));
  QVERIFY(expect(fixture.send("POST", "/api/v1/commands/c/cancel", "{}"), 409));
  QCOMPARE(fixture.send("POST", "/api/v1/commands/none/cancel", "{}").status, 404);
  QCOMPARE(fixture.send("POST", "/api/v1/commands/c/cancel", R"({"why":1})").status, 400);
  QCOMPARE(fixture.send("POST", "/api/v1/commands/c/cancel", R"({"comment":1})").status, 400);
  // Who shows no credential is no second person, whatever the manifest gives them.
  const HttpReply approval = fixture.send("POST", "/api/v1/commands/c/approve", "{}");
  QCOMPARE(approval.status, 403);
  QVERIFY(approval.object().value(QStringLiteral("error")).toString().contains(QStringLiteral("credential")));
}

TAGWIRE_TEST(CommandsTest)

}  // namespace commands_test

#include "commands_test.moc"
