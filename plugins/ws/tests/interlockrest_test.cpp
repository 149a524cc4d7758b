// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "restfixture.h"
#include "testprogram.h"

namespace interlockrest_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

/// Interlock 5 has tripped: the boiler is too hot, and an alarm stands. Interlock 6 is well.
struct Fixture : RestFixture {
  explicit Fixture(const QStringList &permissions = {QStringLiteral("*:*")})
      : RestFixture(RestFixture::config(permissions)) {
    InterlockStatus hot;
    hot.id = 5;
    hot.name = QStringLiteral("HLT over temperature");
    hot.mode = InterlockMode::Trip;
    hot.severity = Severity::Critical;
    hot.points = {ids[1]};
    hot.conditions = {{QStringLiteral("plc1/boiler/temp 0 to 90"), false, QStringLiteral("95.2"), ids[0]},
                      {QStringLiteral("alarm rule 77 OK"), true, QStringLiteral("OK"), PointId::None}};
    hot.isViolated = true;
    hot.isTripped = true;
    hot.trippedAt = context.clock().now();
    hot.cause = QStringLiteral("plc1/boiler/temp is 95.2");
    hot.isForced = false;
    InterlockStatus well;
    well.id = 6;
    well.name = QStringLiteral("door closed");
    well.conditions = {{QStringLiteral("plc1/pump/run closed"), true, QStringLiteral("true"), ids[1]}};
    context.commands().interlockList = {hot, well};
  }
  QString errorOf(const HttpReply &reply) { return reply.object().value(QStringLiteral("error")).toString(); }
};

}  // namespace

class InterlockRestTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void R5_10_whatStandsInTheWayIsExplained();
  void R5_10_oneThatIsWell();
  void R5_10_conditionsOnPointsOfOthersAreHidden_data();
  void R5_10_conditionsOnPointsOfOthersAreHidden();
  void R5_10_listsTheInterlocksThatTheCallerMayRead();
  void R5_10_resetByNameAndWithTheReason();
  void R5_10_resetThatIsNotPossible();
  void R5_10_whoMayReset_data();
  void R5_10_whoMayReset();
  void R5_10_wrongRequests_data();
  void R5_10_wrongRequests();
};

void InterlockRestTest::R5_10_whatStandsInTheWayIsExplained() {
  Fixture fixture;
  const HttpReply reply = fixture.get("/api/v1/interlocks/5");
  QCOMPARE(reply.status, 200);
  QCOMPARE(
      QJsonDocument(reply.object()).toJson(QJsonDocument::Compact),
      QByteArray(R"({"cause":"plc1/boiler/temp is 95.2","conditions":[{"found":"95.2","is_met":false,)"
                 R"("text":"plc1/boiler/temp 0 to 90"},{"found":"OK","is_met":true,"text":"alarm rule 77 OK"}],"id":5,)"
                 R"("is_forced":false,"is_tripped":true,"is_violated":true,"mode":"trip",)"
                 R"("name":"HLT over temperature","points":["plc1/pump/run"],"severity":"critical",)"
                 R"("tripped":"2026-01-01T00:00:00.000Z"})"));
}

void InterlockRestTest::R5_10_oneThatIsWell() {
  const QJsonObject json = Fixture().get("/api/v1/interlocks/6").object();
  QCOMPARE(json.value(QStringLiteral("mode")).toString(), QStringLiteral("permissive"));
  QCOMPARE(json.value(QStringLiteral("is_violated")).toBool(true), false);
  QCOMPARE(json.value(QStringLiteral("is_tripped")).toBool(true), false);
  for (const char *key : {"cause", "tripped", "is_forced"}) QVERIFY2(!json.contains(QLatin1String(key)), key);
}

void InterlockRestTest::R5_10_conditionsOnPointsOfOthersAreHidden_data() {
  QTest::addColumn<QStringList>("permissions");
  QTest::addColumn<QString>("hidden");
  QTest::addColumn<bool>("hasCause");
  const auto read = QStringLiteral("interlocks:read");
  const auto row = [&](const char *name, const QStringList &more, const char *hidden, bool hasCause) {
    QTest::newRow(name) << (QStringList{read} + more) << QString::fromLatin1(hidden) << hasCause;
  };
  row("no points", {}, "yes yes", false);
  row("another point", {QStringLiteral("points:plc1/pump/#:read"), QStringLiteral("alarms:read")}, "yes no", false);
  row("the point", {QStringLiteral("points:plc1/boiler/#:read")}, "no yes", false);
  row("some alarms", {QStringLiteral("points:read"), QStringLiteral("alarms:hall:read")}, "no yes", false);
  row("all", {QStringLiteral("points:read"), QStringLiteral("alarms:read")}, "no no", true);
}

void InterlockRestTest::R5_10_conditionsOnPointsOfOthersAreHidden() {
  QFETCH(QStringList, permissions);
  QFETCH(QString, hidden);
  QFETCH(bool, hasCause);
  const HttpReply reply = Fixture(permissions).get("/api/v1/interlocks/5");
  QCOMPARE(reply.status, 200);
  const QJsonObject json = reply.object();
  QCOMPARE(json.value(QStringLiteral("name")).toString(), QStringLiteral("HLT over temperature"));
  QCOMPARE(json.value(QStringLiteral("is_tripped")).toBool(), true);
  QStringList found;
  for (const QJsonValue &each : json.value(QStringLiteral("conditions")).toArray()) {
    const bool isHidden = each[u"hidden"].toBool();
    found << (isHidden ? QStringLiteral("yes") : QStringLiteral("no"));
    QCOMPARE(each.toObject().size(), isHidden ? 1 : 3);
  }
  QCOMPARE(found.join(u' '), hidden);
  QCOMPARE(json.contains(QStringLiteral("cause")), hasCause);
  if (hidden.startsWith(QStringLiteral("yes"))) QVERIFY2(!reply.body.contains("boiler"), reply.body.constData());
}

void InterlockRestTest::R5_10_listsTheInterlocksThatTheCallerMayRead() {
  const auto idsFor = [](const char *permission) {
    QStringList all;
    for (const QJsonValue &each : Fixture({QString::fromLatin1(permission)}).get("/api/v1/interlocks").array()) {
      all << QString::number(each[u"id"].toInt());
    }
    return all.join(u' ');
  };
  QCOMPARE(idsFor("*:read"), QStringLiteral("5 6"));
  QCOMPARE(idsFor("interlocks:6:read"), QStringLiteral("6"));
  QCOMPARE(idsFor("interlocks:7:read"), QString());
}

void InterlockRestTest::R5_10_resetByNameAndWithTheReason() {
  Fixture fixture;
  const HttpReply reply = fixture.send("POST", "/api/v1/interlocks/5/reset", R"({"comment":"cooled down"})");
  QCOMPARE(reply.status, 200);
  QCOMPARE(reply.object().value(QStringLiteral("id")).toInt(), 5);
  QCOMPARE(fixture.ask("POST", "/api/v1/interlocks/5/reset", {}, "").status, 200);  // the comment may be left out
  const QStringList calls = fixture.context.commands().calls;
  QCOMPARE(calls.size(), 2);
  QCOMPARE(calls[0], QStringLiteral("reset 5 by anonymous@127.0.0.1 (cooled down)"));
}

void InterlockRestTest::R5_10_resetThatIsNotPossible() {
  Fixture fixture;
  fixture.context.commands().error = QStringLiteral("plc1/boiler/temp is 95.2 (allowed: 0 to 90)");
  const HttpReply reply = fixture.send("POST", "/api/v1/interlocks/5/reset", "{}");
  QCOMPARE(reply.status, 409);
  QCOMPARE(fixture.errorOf(reply), fixture.context.commands().error);
}

void InterlockRestTest::R5_10_whoMayReset_data() {
  QTest::addColumn<QString>("permissions");
  QTest::addColumn<int>("status");
  QTest::newRow("nobody") << QString() << 401;
  QTest::newRow("watcher") << QStringLiteral("*:read") << 403;
  QTest::newRow("operator of points") << QStringLiteral("*:read commands:write") << 403;
  QTest::newRow("another one's") << QStringLiteral("*:read interlocks:6:reset") << 403;
  QTest::newRow("another one's, unseen") << QStringLiteral("interlocks:6:reset") << 404;
  QTest::newRow("this one's") << QStringLiteral("interlocks:5:reset") << 200;
  QTest::newRow("all") << QStringLiteral("interlocks:reset") << 200;
}

void InterlockRestTest::R5_10_whoMayReset() {
  QFETCH(QString, permissions);
  QFETCH(int, status);
  Fixture fixture(permissions.split(u' ', Qt::SkipEmptyParts));
  const HttpReply reply = fixture.send("POST", "/api/v1/interlocks/5/reset", "{}");
  QCOMPARE(reply.status, status);
  QCOMPARE(fixture.context.commands().calls.size(), status == 200 ? 1 : 0);
  // Who may reset it, and no more, does not learn by it what its points are like.
  if (status == 200) QVERIFY2(!reply.body.contains("boiler"), reply.body.constData());
}

void InterlockRestTest::R5_10_wrongRequests_data() {
  QTest::addColumn<QByteArray>("target");
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<int>("status");
  QTest::addColumn<QString>("words");
  const QString number = QStringLiteral("must be a whole number of 1 to 2147483647");
  QTest::newRow("word") << QByteArray("/x/reset") << QByteArray("{}") << 400 << number;
  QTest::newRow("zero") << QByteArray("/0/reset") << QByteArray("{}") << 400 << number;
  QTest::newRow("spelled otherwise") << QByteArray("/05/reset") << QByteArray("{}") << 400 << number;
  QTest::newRow("not there") << QByteArray("/9/reset") << QByteArray("{}") << 404 << QStringLiteral("interlock 9");
  QTest::newRow("key") << QByteArray("/5/reset") << QByteArray(R"({"why":"x"})") << 400
                       << QStringLiteral("unknown key \"why\"");
  QTest::newRow("comment") << QByteArray("/5/reset") << QByteArray(R"({"comment":7})") << 400
                           << QStringLiteral("comment is wrong");
}

void InterlockRestTest::R5_10_wrongRequests() {
  QFETCH(QByteArray, target);
  QFETCH(QByteArray, body);
  QFETCH(int, status);
  QFETCH(QString, words);
  Fixture fixture;
  const HttpReply reply = fixture.send("POST", "/api/v1/interlocks" + target, body);
  QCOMPARE(reply.status, status);
  QVERIFY2(fixture.errorOf(reply).contains(words), reply.body.constData());
  QVERIFY(fixture.context.commands().calls.isEmpty());
}

TAGWIRE_TEST(InterlockRestTest)

}  // namespace interlockrest_test

#include "interlockrest_test.moc"
