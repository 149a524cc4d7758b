// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "routedfixture.h"
#include "testprogram.h"

namespace commandlife_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;
using Fixture = RoutedFixture;

/// Commands by REST through the host's own router.
class CommandLifeTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void R5_11_fiveHundredDoubleClicksAreOneCommand();
  void R5_11_whoSaysToBeSomebodyElseIsNot();
  void R5_9_aPulseIsOneCommand();
  void R5_9_aToggleTurnsThePoint();
  void R5_11_selectBeforeOperate();
  void R5_11_aSelectionIsGivenBack();
  void R5_11_aSelectionEnds();
  void R5_11_aSecondPersonApproves();
  void R5_11_nobodyApprovesInTime();
  void R5_11_cancelled();
  void R5_11_whoMayOnlyWatch();
  void R5_10_dryRunLeavesNoTrace();
  void R5_11_expiresInTheQueue();
  void R5_2_whoComesBackFindsTheOutcome();
};

void CommandLifeTest::R5_11_fiveHundredDoubleClicksAreOneCommand() {
  Fixture fixture;
  fixture.context.isPrompt = false;
  const QByteArray body = R"({"point":"plc1/motor","type":"toggle","correlation_id":"click-1","wait_ms":0})";
  fixture.context.pointTable().update({{fixture.motor, Quality::good(), fixture.context.clock().now(), false}});
  QSet<QString> ids;
  for (int i = 0; i < 500; ++i) {
    const HttpReply reply = fixture.command(fixture.anna, body);
    QCOMPARE(reply.status, 202);
    ids << fixture.textOf(reply, "command_id");
  }
  QCOMPARE(ids.size(), 1);
  QCOMPARE(fixture.context.executed.size(), 1);
  QVERIFY(fixture.context.executed[0].value == Value(true));
  QCOMPARE(fixture.list().size(), 1);
  // Somebody else's click is another one.
  QCOMPARE(fixture.command(fixture.bob, body).status, 202);
  QCOMPARE(fixture.list().size(), 2);
}

void CommandLifeTest::R5_11_whoSaysToBeSomebodyElseIsNot() {
  Fixture fixture;
  const HttpReply reply =
      fixture.post(fixture.anna, "/api/os/command", R"({"endpointId":73,"value":true,"requestedBy":"token:carl"})");
  QCOMPARE(reply.status, 202);
  const QByteArray id = fixture.textOf(reply, "commandId").toLatin1();
  QCOMPARE(fixture.post(fixture.anna, "/api/v1/commands/" + id + "/approve", "{}").status, 403);
  const QJsonObject json = fixture.ask("GET", "/api/v1/commands/" + id, fixture.walt).object();
  QCOMPARE(json.value(QStringLiteral("requested_by")).toString(), QStringLiteral("token:anna"));
  QCOMPARE(json.value(QStringLiteral("comment")).toString(), QStringLiteral("(asked for by \"token:carl\")"));
  QVERIFY(fixture.context.executed.isEmpty());
}

void CommandLifeTest::R5_9_aPulseIsOneCommand() {
  Fixture fixture;
  const HttpReply begun =
      fixture.command(fixture.anna, R"({"point":71,"value":true,"type":"pulse","duration_ms":60000,"wait_ms":0})");
  QCOMPARE(begun.status, 202);
  QCOMPARE(fixture.textOf(begun, "status"), QStringLiteral("acked"));
  const QString id = fixture.textOf(begun, "command_id");
  fixture.context.manualClock().advance(60s);
  fixture.context.router.tick();
  const QByteArray target = "/api/v1/commands/" + id.toLatin1();
  const QJsonObject json = fixture.ask("GET", target, fixture.walt).object();
  QCOMPARE(json.value(QStringLiteral("status")).toString(), QStringLiteral("succeeded"));
  QCOMPARE(json.value(QStringLiteral("actual_value")).toBool(), true);
  QCOMPARE(fixture.list().size(), 1);
  QStringList written;
  for (const Command &each : fixture.context.executed) written << each.id.mid(id.size());
  QCOMPARE(written.join(u' '), QStringLiteral("/on /off1"));
  QCOMPARE(fixture.ask("GET", target + "%2Foff1", fixture.walt).status, 200);
}

void CommandLifeTest::R5_9_aToggleTurnsThePoint() {
  Fixture fixture;
  const QByteArray body = R"({"endpointId":71,"commandType":"toggle"})";
  const HttpReply unknown = fixture.post(fixture.anna, "/api/os/command", body);
  QCOMPARE(unknown.status, 409);
  QVERIFY2(fixture.textOf(unknown, "message").contains(QStringLiteral("is not known")), unknown.body.constData());
  fixture.context.pointTable().update({{fixture.motor, Quality::good(), fixture.context.clock().now(), true}});
  const HttpReply reply = fixture.post(fixture.anna, "/api/os/command", body);
  QCOMPARE(reply.status, 200);
  QCOMPARE(reply.object().value(QStringLiteral("actualValue")).toBool(true), false);
}

void CommandLifeTest::R5_11_selectBeforeOperate() {
  Fixture fixture;
  const HttpReply unselected = fixture.post(fixture.anna, "/api/os/command", R"({"endpointId":72,"value":true})");
  QCOMPARE(unselected.status, 409);
  QVERIFY(fixture.textOf(unselected, "message").contains(QStringLiteral("has to be selected first")));
  const HttpReply selected = fixture.post(fixture.anna, "/api/v1/commands/selections", R"({"point":"plc1/gate"})");
  QCOMPARE(selected.status, 201);
  const HttpReply other = fixture.post(fixture.bob, "/api/v1/commands/selections", R"({"point":72})");
  QCOMPARE(other.status, 409);
  QCOMPARE(fixture.textOf(other, "error"), QStringLiteral("point plc1/gate is selected by token:anna"));
  const QByteArray body = QByteArray(R"({"point":72,"value":true,"selection_id":"?"})")
                              .replace('?', fixture.textOf(selected, "selection_id").toLatin1());
  QCOMPARE(fixture.command(fixture.bob, body).status, 409);
  QCOMPARE(fixture.command(fixture.anna, body).status, 200);
  QCOMPARE(fixture.command(fixture.anna, body).status, 409);  // good for one command
  QCOMPARE(fixture.context.executed.size(), 1);
}

void CommandLifeTest::R5_11_aSelectionIsGivenBack() {
  Fixture fixture;
  const HttpReply selected = fixture.post(fixture.anna, "/api/v1/commands/selections", R"({"point":72})");
  const QByteArray target = "/api/v1/commands/selections/" + fixture.textOf(selected, "selection_id").toLatin1();
  QCOMPARE(fixture.ask("DELETE", target, fixture.bob).status, 404);
  QCOMPARE(fixture.ask("DELETE", target, fixture.anna).status, 204);
  QCOMPARE(fixture.ask("DELETE", target, fixture.anna).status, 404);
  QCOMPARE(fixture.post(fixture.bob, "/api/v1/commands/selections", R"({"point":72})").status, 201);
}

void CommandLifeTest::R5_11_aSelectionEnds() {
  Fixture fixture;
  const HttpReply selected = fixture.post(fixture.anna, "/api/v1/commands/selections", R"({"point":72})");
  fixture.context.manualClock().advance(30s);
  const QByteArray body = QByteArray(R"({"point":72,"value":true,"selection_id":"?"})")
                              .replace('?', fixture.textOf(selected, "selection_id").toLatin1());
  QCOMPARE(fixture.command(fixture.anna, body).status, 409);
  QVERIFY(fixture.context.executed.isEmpty());
}

void CommandLifeTest::R5_11_aSecondPersonApproves() {
  Fixture fixture;
  const HttpReply asked = fixture.command(fixture.anna, R"({"point":73,"value":true,"comment":"back-up line"})");
  QCOMPARE(asked.status, 202);  // at once, not after the wait
  QCOMPARE(fixture.textOf(asked, "status"), QStringLiteral("queued"));
  QCOMPARE(fixture.textOf(asked, "waits_for"), QStringLiteral("second_person"));
  QVERIFY(fixture.textOf(asked, "message").contains(QStringLiteral("second person")));
  const QByteArray target = "/api/v1/commands/" + fixture.textOf(asked, "command_id").toLatin1();
  QCOMPARE(fixture.list("?status=waiting").size(), 1);

  const HttpReply own = fixture.post(fixture.anna, target + "/approve", "{}");
  QCOMPARE(own.status, 403);
  QVERIFY(fixture.textOf(own, "error").contains(QStringLiteral("token:anna asked for it")));
  QCOMPARE(fixture.post(fixture.walt, target + "/approve", "{}").status, 403);
  QVERIFY(fixture.context.executed.isEmpty());

  const HttpReply approved = fixture.post(fixture.bob, target + "/approve", R"({"comment":"seen"})");
  QCOMPARE(approved.status, 200);
  QCOMPARE(fixture.textOf(approved, "status"), QStringLiteral("succeeded"));
  QCOMPARE(fixture.textOf(approved, "approved_by"), QStringLiteral("token:bob"));
  QVERIFY(!approved.object().contains(QStringLiteral("waits_for")));
  const QJsonArray steps = fixture.ask("GET", target, fixture.bob).object().value(QStringLiteral("steps")).toArray();
  QCOMPARE(steps[2][u"status"].toString(), QStringLiteral("queued"));
  QCOMPARE(steps[2][u"message"].toString(), QStringLiteral("approved by token:bob"));
  QCOMPARE(fixture.context.executed.size(), 1);
  QVERIFY(fixture.list("?status=waiting").isEmpty());
  QCOMPARE(fixture.post(fixture.bob, target + "/approve", "{}").status, 409);
}

void CommandLifeTest::R5_11_nobodyApprovesInTime() {
  Fixture fixture;
  const HttpReply asked = fixture.command(fixture.anna, R"({"point":73,"value":true})");
  fixture.context.manualClock().advance(120s);
  fixture.context.router.tick();
  const QByteArray target = "/api/v1/commands/" + fixture.textOf(asked, "command_id").toLatin1();
  QCOMPARE(fixture.textOf(fixture.ask("GET", target, fixture.walt), "status"), QStringLiteral("expired"));
  QVERIFY(fixture.list("?status=waiting").isEmpty());
  QCOMPARE(fixture.post(fixture.bob, target + "/approve", "{}").status, 409);
  QVERIFY(fixture.context.executed.isEmpty());
}

void CommandLifeTest::R5_11_cancelled() {
  Fixture fixture;
  const HttpReply asked = fixture.command(fixture.anna, R"({"point":73,"value":true})");
  const QByteArray target = "/api/v1/commands/" + fixture.textOf(asked, "command_id").toLatin1();
  const HttpReply reply = fixture.post(fixture.anna, target + "/cancel", R"({"comment":"a slip"})");
  QCOMPARE(reply.status, 200);
  QCOMPARE(fixture.textOf(reply, "status"), QStringLiteral("failed"));
  QCOMPARE(fixture.textOf(reply, "message"), QStringLiteral("cancelled by token:anna"));
  QCOMPARE(fixture.post(fixture.anna, target + "/cancel", "{}").status, 409);
  QCOMPARE(fixture.post(fixture.bob, target + "/approve", "{}").status, 409);
  QVERIFY(fixture.context.executed.isEmpty());
}

void CommandLifeTest::R5_11_whoMayOnlyWatch() {
  Fixture fixture;
  const HttpReply asked = fixture.command(fixture.anna, R"({"point":73,"value":true})");
  const QByteArray target = "/api/v1/commands/" + fixture.textOf(asked, "command_id").toLatin1();
  for (const QByteArray &each : {QByteArray("/api/v1/commands"), QByteArray("/api/v1/commands/dry-run"),
                                 QByteArray("/api/v1/commands/selections"), target + "/approve", target + "/cancel"}) {
    QCOMPARE(fixture.post(fixture.walt, each, R"({"point":72})").status, 403);
  }
  QCOMPARE(fixture.ask("DELETE", "/api/v1/commands/selections/x", fixture.walt).status, 403);
  QCOMPARE(fixture.ask("GET", target, fixture.walt).status, 200);
  QVERIFY(fixture.context.executed.isEmpty());
}

void CommandLifeTest::R5_10_dryRunLeavesNoTrace() {
  Fixture fixture;
  const QByteArray body = R"({"point":72,"value":true,"correlation_id":"c-1"})";
  const HttpReply reply = fixture.post(fixture.anna, "/api/v1/commands/dry-run", body);
  QCOMPARE(reply.status, 200);
  QCOMPARE(fixture.textOf(reply, "confirm"), QStringLiteral("select"));
  QVERIFY(fixture.context.executed.isEmpty());
  QVERIFY(fixture.list().isEmpty());
  // Neither the point nor the correlation id is taken by it.
  const HttpReply selected = fixture.post(fixture.bob, "/api/v1/commands/selections", R"({"point":72})");
  QCOMPARE(selected.status, 201);
  QCOMPARE(fixture.command(fixture.anna, R"({"point":71,"value":true,"correlation_id":"c-1"})").status, 200);
}

void CommandLifeTest::R5_11_expiresInTheQueue() {
  Fixture fixture;
  fixture.context.isPrompt = false;
  QCOMPARE(fixture.command(fixture.anna, R"({"point":71,"value":true,"wait_ms":0})").status, 202);
  const HttpReply second =
      fixture.command(fixture.anna, R"({"point":71,"value":false,"expires_in_ms":500,"wait_ms":0})");
  QCOMPARE(second.status, 202);
  fixture.context.manualClock().advance(500ms);
  fixture.context.router.tick();
  const QByteArray target = "/api/v1/commands/" + fixture.textOf(second, "command_id").toLatin1();
  QCOMPARE(fixture.textOf(fixture.ask("GET", target, fixture.walt), "status"), QStringLiteral("expired"));
  QCOMPARE(fixture.context.executed.size(), 1);
}

/// A client that is cut off while its command is under way.
void CommandLifeTest::R5_2_whoComesBackFindsTheOutcome() {
  Fixture fixture;
  fixture.context.isPrompt = false;
  {
    RawClient client(fixture.gateway.port());
    const QByteArray body = R"({"point":71,"value":true,"correlation_id":"c-1"})";
    const QByteArray length = "Content-Length: " + QByteArray::number(body.size()) + "\r\n";
    client.send(RawClient::head("POST", "/api/v1/commands", fixture.anna + length) + body);
    QTRY_COMPARE(fixture.context.executed.size(), 1);
  }
  const Command sent = fixture.context.executed[0];
  Event event;
  event.body =
      CommandStatus{sent.id, sent.point, CommandState::Unknown, Value(), QStringLiteral("the reply was lost"), 0};
  fixture.context.hub.raise(nullptr, event);
  const QByteArray target = "/api/v1/commands/" + sent.id.toLatin1();
  QCOMPARE(fixture.textOf(fixture.ask("GET", target, fixture.anna), "status"), QStringLiteral("unknown"));
  // Asking again is no second write: the outcome of the first comes.
  const HttpReply again = fixture.command(fixture.anna, R"({"point":71,"value":true,"correlation_id":"c-1"})");
  QCOMPARE(again.status, 409);
  QCOMPARE(fixture.textOf(again, "command_id"), sent.id);
  QCOMPARE(fixture.context.executed.size(), 1);
}

TAGWIRE_TEST(CommandLifeTest)

}  // namespace commandlife_test

#include "commandlife_test.moc"
