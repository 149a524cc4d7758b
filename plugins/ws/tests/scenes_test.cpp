// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "restfixture.h"
#include "testprogram.h"

namespace scenes_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

const QByteArray scenesPath = "/api/v1/scenes";

/// Scene 1 writes the boiler's setpoint and the pump, and waits for the boiler; it has run before. Scene 2 writes the
/// pump alone, and is running.
struct Fixture : RestFixture {
  explicit Fixture(const QStringList &permissions = {QStringLiteral("*:*")})
      : RestFixture(RestFixture::config(permissions)) {
    SceneStatus brew;
    brew.id = 1;
    brew.name = QStringLiteral("Brew start-up");
    brew.steps = {QStringLiteral("write 60 to plc1/boiler/temp"), QStringLiteral("write true to plc1/pump/run")};
    brew.onStop = {QStringLiteral("write false to plc1/pump/run")};
    brew.points = {ids[0], ids[1]};
    brew.inputs = {ids[0]};
    brew.last = SceneOutcome{QStringLiteral("r1"),  QStringLiteral("user:anna"), context.clock().now(),
                             context.clock().now(), CommandState::Failed,        QStringLiteral("step 1 failed")};
    SceneStatus rinse;
    rinse.id = 2;
    rinse.name = QStringLiteral("Rinse");
    rinse.goesOn = true;
    rinse.steps = {QStringLiteral("toggle plc1/pump/run")};
    rinse.points = {ids[1]};
    rinse.commandId = QStringLiteral("r2");
    rinse.step = 1;
    context.commands().sceneList = {brew, rinse};
  }
  QString errorOf(const HttpReply &reply) { return reply.object().value(QStringLiteral("error")).toString(); }
  HttpReply run(const QByteArray &body, const QByteArray &scene = "1") {
    return send("POST", scenesPath + '/' + scene + "/run", body);
  }
  /// A step of a scene's run, as the hub would tell it.
  void tellRun(const QString &id, CommandState state, const QString &text = {}, int scene = 1) {
    CommandStatus status;
    status.commandId = id;
    status.state = state;
    status.error = text;
    status.scene = scene;
    status.scenePoints = scene == 1 ? QList<PointId>{ids[0], ids[1]} : QList<PointId>{ids[1]};
    gateway.notify(Event{0, context.clock().now(), {}, status});
  }
  QString idsFor() {
    QStringList all;
    for (const QJsonValue &each : get(scenesPath).array()) all << QString::number(each[u"id"].toInt());
    return all.join(u' ');
  }
};

QString compact(const QJsonValue &json) {
  return QString::fromUtf8(QJsonDocument(json.toObject()).toJson(QJsonDocument::Compact));
}

}  // namespace

class ScenesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void oneThatHasRun();
  void oneThatIsRunning();
  void onlyThoseThatTheCallerMayRead_data();
  void onlyThoseThatTheCallerMayRead();
  void runAsOneCommand();
  void theOutcomeIsTheCommands_data();
  void theOutcomeIsTheCommands();
  void theSameCorrelationIdIsTheSameRun();
  void theNewestStepIsKept();
  void whoMayRun_data();
  void whoMayRun();
  void whoMayCancelAndRead_data();
  void whoMayCancelAndRead();
  void wrongRequests_data();
  void wrongRequests();
};

void ScenesTest::oneThatHasRun() {
  const HttpReply reply = Fixture().get(scenesPath + "/1");
  QCOMPARE(reply.status, 200);
  QCOMPARE(compact(reply.object()),
           QStringLiteral(
               R"({"id":1,"last_run":{"command_id":"r1","ended":"2026-01-01T00:00:00.000Z","message":"step 1 failed",)"
               R"("requested_by":"user:anna","started":"2026-01-01T00:00:00.000Z","status":"failed"},)"
               R"("name":"Brew start-up","on_failure":"stop","on_stop":["write false to plc1/pump/run"],)"
               R"("points":["plc1/boiler/temp","plc1/pump/run"],"state":"idle",)"
               R"("steps":["write 60 to plc1/boiler/temp","write true to plc1/pump/run"]})"));
}

void ScenesTest::oneThatIsRunning() {
  Fixture fixture;
  QJsonObject json = fixture.get(scenesPath + "/2").object();
  QCOMPARE(json.value(QStringLiteral("state")).toString(), QStringLiteral("running"));
  QCOMPARE(json.value(QStringLiteral("command_id")).toString(), QStringLiteral("r2"));
  QCOMPARE(json.value(QStringLiteral("step")).toInt(), 1);
  QCOMPARE(json.value(QStringLiteral("on_failure")).toString(), QStringLiteral("continue"));
  QVERIFY(json.value(QStringLiteral("last_run")).isNull());
  fixture.context.commands().sceneList[1].isStopping = true;
  json = fixture.get(scenesPath + "/2").object();
  QCOMPARE(json.value(QStringLiteral("state")).toString(), QStringLiteral("stopping"));
}

void ScenesTest::onlyThoseThatTheCallerMayRead_data() {
  QTest::addColumn<QString>("permissions");
  QTest::addColumn<QString>("seen");
  QTest::newRow("all") << QStringLiteral("*:read") << QStringLiteral("1 2");
  QTest::newRow("no value that one waits for") << QStringLiteral("commands:read") << QStringLiteral("2");
  QTest::newRow("one of two points") << QStringLiteral("commands:plc1/pump/#:read points:read") << QStringLiteral("2");
  QTest::newRow("both") << QStringLiteral("commands:plc1/#:read points:plc1/boiler/#:read") << QStringLiteral("1 2");
  QTest::newRow("neither") << QStringLiteral("commands:plc2/#:read points:read") << QString();
}

void ScenesTest::onlyThoseThatTheCallerMayRead() {
  QFETCH(QString, permissions);
  QFETCH(QString, seen);
  Fixture fixture(permissions.split(u' '));
  QCOMPARE(fixture.idsFor(), seen);
  for (const char *id : {"1", "2"}) {
    QCOMPARE(fixture.get(scenesPath + '/' + id).status, seen.contains(QLatin1String(id)) ? 200 : 404);
  }
}

void ScenesTest::runAsOneCommand() {
  Fixture fixture;
  const HttpReply reply = fixture.run(R"({"correlation_id":"click","comment":"monday","wait_ms":0})");
  QCOMPARE(reply.status, 202);
  QCOMPARE(fixture.commands.size(), 1);
  const Command command = fixture.commands[0];
  QVERIFY(command.kind == CommandKind::Scene && command.point == PointId::None);
  QCOMPARE(command.scene, 1);
  QCOMPARE(command.requestedBy, QStringLiteral("anonymous"));
  QCOMPARE(command.address, QStringLiteral("127.0.0.1"));
  QCOMPARE(command.comment, QStringLiteral("monday"));
  QVERIFY(command.correlationId.endsWith(QStringLiteral("/click")));
  const QJsonObject json = reply.object();
  QCOMPARE(json.value(QStringLiteral("command_id")).toString(), command.id);
  QCOMPARE(json.value(QStringLiteral("type")).toString(), QStringLiteral("scene"));
  QCOMPARE(json.value(QStringLiteral("scene")).toInt(), 1);
  QVERIFY(json.value(QStringLiteral("point")).isNull() && !json.contains(QStringLiteral("value")));
  QObject::connect(&fixture.gateway, &Plugin::commandRequested, &fixture.gateway,
                   [&](const Command &next) { fixture.tellRun(next.id, CommandState::Succeeded); });
  QCOMPARE(fixture.ask("POST", scenesPath + "/1/run", {}, "").status, 200);  // the body may be left out
}

void ScenesTest::theOutcomeIsTheCommands_data() {
  QTest::addColumn<int>("state");
  QTest::addColumn<int>("status");
  QTest::newRow("succeeded") << static_cast<int>(CommandState::Succeeded) << 200;
  QTest::newRow("failed") << static_cast<int>(CommandState::Failed) << 409;
  QTest::newRow("blocked") << static_cast<int>(CommandState::Blocked) << 403;
  QTest::newRow("unknown") << static_cast<int>(CommandState::Unknown) << 409;
}

void ScenesTest::theOutcomeIsTheCommands() {
  QFETCH(int, state);
  QFETCH(int, status);
  Fixture fixture;
  QObject::connect(&fixture.gateway, &Plugin::commandRequested, &fixture.gateway, [&](const Command &command) {
    fixture.tellRun(command.id, CommandState::Queued);
    fixture.tellRun(command.id, CommandState::Sent, QStringLiteral("step 1 of 2"));
    fixture.tellRun(command.id, static_cast<CommandState>(state), QStringLiteral("how it went"));
  });
  const HttpReply reply = fixture.run("{}");
  QCOMPARE(reply.status, status);
  QCOMPARE(reply.object().value(QStringLiteral("message")).toString(), QStringLiteral("how it went"));
  const QByteArray id = reply.object().value(QStringLiteral("command_id")).toString().toUtf8();
  const QJsonArray steps = fixture.get("/api/v1/commands/" + id).object().value(QStringLiteral("steps")).toArray();
  QCOMPARE(steps.size(), 3);
  QCOMPARE(steps[1][u"message"].toString(), QStringLiteral("step 1 of 2"));
  QCOMPARE(fixture.get("/api/v1/commands?point=plc1/pump/%23").array().size(), 1);
  QCOMPARE(fixture.get("/api/v1/commands?point=plc2/%23").array().size(), 0);
}

void ScenesTest::theSameCorrelationIdIsTheSameRun() {
  Fixture fixture;
  const QByteArray body = R"({"correlation_id":"click","wait_ms":0})";
  const HttpReply first = fixture.run(body);
  const HttpReply second = fixture.run(body);
  QCOMPARE(second.object().value(QStringLiteral("command_id")), first.object().value(QStringLiteral("command_id")));
  QCOMPARE(fixture.commands.size(), 1);
  QCOMPARE(fixture.run(body, "2").status, 409);
  QCOMPARE(fixture.send("POST", "/api/v1/commands", R"({"point":59,"value":1,"correlation_id":"click"})").status, 409);
  QCOMPARE(fixture.commands.size(), 1);
}

void ScenesTest::theNewestStepIsKept() {
  Fixture fixture;
  for (int i = 1; i <= 100; ++i) {
    fixture.tellRun(QStringLiteral("r"), CommandState::Sent, QStringLiteral("step %1 of 100").arg(i));
  }
  QCOMPARE(fixture.get("/api/v1/commands/r").object().value(QStringLiteral("message")).toString(),
           QStringLiteral("step 100 of 100"));
  fixture.tellRun(QStringLiteral("r"), CommandState::Succeeded, QStringLiteral("done"));
  const QJsonObject json = fixture.get("/api/v1/commands/r").object();
  QCOMPARE(json.value(QStringLiteral("status")).toString(), QStringLiteral("succeeded"));
  QCOMPARE(json.value(QStringLiteral("steps")).toArray().size(), 32);
}

void ScenesTest::whoMayRun_data() {
  QTest::addColumn<QString>("permissions");
  QTest::addColumn<int>("status");
  QTest::newRow("nobody") << QString() << 401;
  QTest::newRow("watcher") << QStringLiteral("*:read") << 403;
  QTest::newRow("operator of one of two") << QStringLiteral("*:read commands:plc1/pump/#:write") << 403;
  QTest::newRow("operator of one of two, unseen") << QStringLiteral("commands:plc1/pump/#:write") << 404;
  QTest::newRow("operator of both") << QStringLiteral("commands:plc1/#:write") << 202;
  QTest::newRow("operator of all") << QStringLiteral("commands:write") << 202;
}

void ScenesTest::whoMayRun() {
  QFETCH(QString, permissions);
  QFETCH(int, status);
  Fixture fixture(permissions.split(u' ', Qt::SkipEmptyParts));
  QCOMPARE(fixture.run(R"({"wait_ms":0})").status, status);
  QCOMPARE(fixture.commands.size(), status == 202 ? 1 : 0);
}

void ScenesTest::whoMayCancelAndRead_data() {
  QTest::addColumn<QString>("permissions");
  QTest::addColumn<int>("read");
  QTest::addColumn<int>("cancel");
  QTest::newRow("watcher") << QStringLiteral("*:read") << 200 << 403;
  QTest::newRow("watcher of one of two") << QStringLiteral("commands:plc1/pump/#:read commands:plc2/#:write") << 404
                                         << 404;
  QTest::newRow("operator of one of two") << QStringLiteral("*:read commands:plc1/pump/#:write") << 200 << 403;
  QTest::newRow("operator of both") << QStringLiteral("*:read commands:plc1/#:write") << 200 << 200;
}

void ScenesTest::whoMayCancelAndRead() {
  QFETCH(QString, permissions);
  QFETCH(int, read);
  QFETCH(int, cancel);
  Fixture fixture(permissions.split(u' '));
  fixture.tellRun(QStringLiteral("r"), CommandState::Sent, QStringLiteral("step 1 of 2"));
  QCOMPARE(fixture.get("/api/v1/commands/r").status, read);
  QCOMPARE(fixture.get("/api/v1/commands").array().size(), read == 200 ? 1 : 0);
  const HttpReply reply = fixture.send("POST", "/api/v1/commands/r/cancel", "{}");
  // A watcher without any commands:write does not even come to the route's handler.
  QCOMPARE(reply.status, cancel);
  QCOMPARE(fixture.context.commands().calls.size(), cancel == 200 ? 1 : 0);
}

void ScenesTest::wrongRequests_data() {
  QTest::addColumn<QByteArray>("scene");
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<int>("status");
  QTest::addColumn<QString>("words");
  const QString number = QStringLiteral("must be a whole number of 1 to 2147483647");
  QTest::newRow("word") << QByteArray("x") << QByteArray("{}") << 400 << number;
  QTest::newRow("zero") << QByteArray("0") << QByteArray("{}") << 400 << number;
  QTest::newRow("not there") << QByteArray("9") << QByteArray("{}") << 404 << QStringLiteral("there is no scene 9");
  QTest::newRow("key") << QByteArray("1") << QByteArray(R"({"expires_in_ms":100})") << 400
                       << QStringLiteral("unknown key \"expires_in_ms\"");
  QTest::newRow("comment") << QByteArray("1") << QByteArray(R"({"comment":7})") << 400
                           << QStringLiteral("comment is wrong");
  QTest::newRow("correlation") << QByteArray("1") << QByteArray(R"({"correlation_id":7})") << 400
                               << QStringLiteral("correlation_id is wrong");
  QTest::newRow("wait") << QByteArray("1") << QByteArray(R"({"wait_ms":-1})") << 400
                        << QStringLiteral("wait_ms is wrong");
  QTest::newRow("no JSON") << QByteArray("1") << QByteArray("run") << 400 << QStringLiteral("JSON");
}

void ScenesTest::wrongRequests() {
  QFETCH(QByteArray, scene);
  QFETCH(QByteArray, body);
  QFETCH(int, status);
  QFETCH(QString, words);
  Fixture fixture;
  const HttpReply reply = fixture.run(body, scene);
  QCOMPARE(reply.status, status);
  QVERIFY2(fixture.errorOf(reply).contains(words), reply.body.constData());
  QVERIFY(fixture.commands.isEmpty());
}

TAGWIRE_TEST(ScenesTest)

}  // namespace scenes_test

#include "scenes_test.moc"
