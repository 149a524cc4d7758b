// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "fakehistory.h"
#include "protocols/makeprotocol.h"
#include "protocols/tests/recordingsession.h"
#include "restfixture.h"
#include "testprogram.h"

namespace audit_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

AuditEntry entryOf(int number) {
  AuditEntry entry;
  entry.time = fromMilliseconds(1'770'000'000'000 + number * 1000);
  entry.kind = number % 2 == 0 ? QStringLiteral("token") : QStringLiteral("alarm");
  entry.action = QStringLiteral("ack");
  entry.actor = QStringLiteral("user:anna");
  entry.subject = QStringLiteral("rule:") + QString::number(number);
  entry.reference = QStringLiteral("c-") + QString::number(number);
  entry.comment = QStringLiteral("=1+1, \"so\"");
  entry.details = {{QStringLiteral("after"), number}};
  return entry;
}

QJsonObject ruleObject(int id) {
  return {{QStringLiteral("id"), id},
          {QStringLiteral("name"), QStringLiteral("Boiler High Temp")},
          {QStringLiteral("point"), QStringLiteral("plc1/boiler/temp")},
          {QStringLiteral("comparison"), QStringLiteral("above")},
          {QStringLiteral("alarm_threshold"), 80},
          {QStringLiteral("area"), QStringLiteral("hall")}};
}

QByteArray textOf(const QJsonObject &json) { return QJsonDocument(json).toJson(QJsonDocument::Compact); }

AuditEntry lastOf(RestFixture &fixture) {
  const auto all = fixture.context.auditTrail().entries();
  return all.isEmpty() ? AuditEntry() : all.last();
}

QString briefly(const AuditEntry &entry) {
  return QStringList{entry.kind, entry.action, entry.actor, entry.address, entry.subject, entry.comment}.join(u'|');
}

/// With alarms, rules and a history.
struct Fixture : RestFixture {
  Fixture() {
    AlarmTransition transition = alarmOf(77, AlarmState::Alarm, AlarmState::Ok, "hall");
    transition.condition = AlarmCondition::UnacknowledgedActive;
    desk.active = {{.since = fromMilliseconds(1'000), .transition = transition}};
    AlarmRule rule;
    rule.id = 1000;
    rule.rule = ruleObject(1000);
    rule.isFromManifest = false;
    desk.ruleList = {rule};
    context.addInstance(QStringLiteral("alarms"), QStringLiteral("alarms"), &desk);
    context.addInstance(QStringLiteral("history"), QStringLiteral("sql"), &history);
  }
  void addUser(const char *name, const char *role = "operator") {
    const QByteArray body =
        QByteArray("{\"name\":\"") + name + "\",\"role\":\"" + role + "\",\"password\":\"correct horse\"}";
    QCOMPARE(send("POST", "/api/v1/users", body).status, 201);
  }
  HttpReply login(const char *name, const char *password = "correct horse") {
    return send("POST", "/api/v1/login", QByteArray("{\"user\":\"") + name + "\",\"password\":\"" + password + "\"}");
  }

  FakeAlarms desk;
  FakeHistory history;
};

}  // namespace

/// What goes on record by REST, and how it is read.
class AuditTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R5_11_recordsByPages();
  void filters_data();
  void filters();
  void wrongParameters_data();
  void wrongParameters();
  void csv();
  void aTrailThatCannotBeRead();
  void whoMayReadIt();
  void logins();
  void failedLoginsAreCounted();
  void users();
  void tokens();
  void devicesAndRooms();
  void alarmActions();
  void alarmActionsOfManyAreManyRecords();
  void whatIsRefusedIsNoRecord();
  void ruleChanges();
  void tiles();
  void quarantine();
};

void AuditTest::R5_11_recordsByPages() {
  RestFixture fixture;
  for (int i = 1; i <= 5; ++i) fixture.context.auditTrail().append(entryOf(i));
  const QJsonObject first = fixture.get("/api/v1/audit?limit=2").object();
  QCOMPARE(first[u"next"].toInteger(), 4);
  QCOMPARE(first[u"records"].toArray().size(), 2);
  QCOMPARE(first[u"records"][0].toObject(),
           (QJsonObject{{QStringLiteral("number"), 5},
                        {QStringLiteral("time"), QStringLiteral("2026-02-02T02:40:05.000000000Z")},
                        {QStringLiteral("kind"), QStringLiteral("alarm")},
                        {QStringLiteral("action"), QStringLiteral("ack")},
                        {QStringLiteral("actor"), QStringLiteral("user:anna")},
                        {QStringLiteral("address"), QString()},
                        {QStringLiteral("subject"), QStringLiteral("rule:5")},
                        {QStringLiteral("reference"), QStringLiteral("c-5")},
                        {QStringLiteral("comment"), QStringLiteral("=1+1, \"so\"")},
                        {QStringLiteral("details"), QJsonObject{{QStringLiteral("after"), 5}}},
                        {QStringLiteral("hash"), QString(64, u'0')}}));
  const QJsonObject second = fixture.get("/api/v1/audit?limit=2&after=4").object();
  QCOMPARE(second[u"next"].toInteger(), 2);
  QCOMPARE(second[u"records"][1][u"number"].toInt(), 2);
  const QJsonObject last = fixture.get("/api/v1/audit?limit=2&after=2").object();
  QCOMPARE(last[u"records"].toArray().size(), 1);
  QVERIFY(last[u"next"].isNull());
  QVERIFY(fixture.get("/api/v1/audit?limit=5").object()[u"next"].isNull());
}

void AuditTest::filters_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<QList<int>>("numbers");
  QTest::newRow("none") << QByteArray() << QList<int>({4, 3, 2, 1});
  QTest::newRow("kind") << QByteArray("?kind=token") << QList<int>({4, 2});
  QTest::newRow("actor") << QByteArray("?actor=user:eve") << QList<int>();
  QTest::newRow("subject") << QByteArray("?subject=rule:3") << QList<int>({3});
  QTest::newRow("reference") << QByteArray("?reference=c-2") << QList<int>({2});
  QTest::newRow("from") << QByteArray("?from=2026-02-02T02:40:03Z") << QList<int>({4, 3});
  QTest::newRow("to") << QByteArray("?to=2026-02-02T02:40:03Z") << QList<int>({2, 1});
  QTest::newRow("together") << QByteArray("?from=2026-02-02&to=2026-02-03&kind=token&subject=rule:2")
                            << QList<int>({2});
}

void AuditTest::filters() {
  QFETCH(QByteArray, query);
  QFETCH(QList<int>, numbers);
  RestFixture fixture;
  for (int i = 1; i <= 4; ++i) fixture.context.auditTrail().append(entryOf(i));
  QList<int> found;
  for (const QJsonValue &each : fixture.get("/api/v1/audit" + query).object()[u"records"].toArray()) {
    found << each[u"number"].toInt();
  }
  QCOMPARE(found, numbers);
}

void AuditTest::wrongParameters_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<QString>("error");
  QTest::newRow("limit") << QByteArray("?limit=0") << QStringLiteral("limit");
  QTest::newRow("too many") << QByteArray("?limit=10001") << QStringLiteral("1 to 10000");
  QTest::newRow("after") << QByteArray("?after=x") << QStringLiteral("after");
  QTest::newRow("from") << QByteArray("?from=noon") << QStringLiteral("from");
  QTest::newRow("range") << QByteArray("?from=2026-02-03&to=2026-02-02") << QStringLiteral("from");
  QTest::newRow("kind") << QByteArray("?kind=") << QStringLiteral("kind is wrong (allowed: a text of 1 to 500");
  QTest::newRow("format") << QByteArray("?format=xml") << QStringLiteral("json, csv");
}

void AuditTest::wrongParameters() {
  QFETCH(QByteArray, query);
  QFETCH(QString, error);
  RestFixture fixture;
  const HttpReply reply = fixture.get("/api/v1/audit" + query);
  QCOMPARE(reply.status, 400);
  QVERIFY2(reply.object()[u"error"].toString().contains(error), reply.body.constData());
}

void AuditTest::csv() {
  RestFixture fixture;
  for (int i = 1; i <= 3; ++i) fixture.context.auditTrail().append(entryOf(i));
  const HttpReply reply = fixture.ask("GET", "/api/v1/audit?limit=1", "Accept: text/csv\r\n");
  QVERIFY(reply.head.contains("Content-Type: text/csv"));
  QVERIFY(reply.head.contains("X-Next: 3\r\n"));
  QCOMPARE(reply.body,
           QByteArray("number,time,kind,action,actor,address,subject,reference,comment,details,hash\r\n"
                      "3,2026-02-02T02:40:03.000000000Z,alarm,ack,user:anna,,rule:3,c-3,\"'=1+1, \"\"so\"\"\","
                      "\"{\"\"after\"\":3}\",") +
               QByteArray(64, '0') + "\r\n");
  QVERIFY(!fixture.get("/api/v1/audit?format=csv").head.contains("X-Next"));
}

void AuditTest::aTrailThatCannotBeRead() {
  RestFixture fixture;
  fixture.context.auditTrail().breakWith(QStringLiteral("/var/secret/audit.db: disk I/O error"));
  QTest::ignoreMessage(QtWarningMsg, "the audit trail can't be read: /var/secret/audit.db: disk I/O error");
  for (int i = 0; i < 2; ++i) {
    const HttpReply reply = fixture.get("/api/v1/audit");
    QCOMPARE(reply.status, 503);
    QVERIFY(!reply.body.contains("secret"));
  }
  fixture.context.auditTrail().breakWith({});
  QCOMPARE(fixture.get("/api/v1/audit").status, 200);
}

void AuditTest::whoMayReadIt() {
  for (const char *permission : {"audit:read", "audit:*", "*:read"}) {
    QCOMPARE(RestFixture(RestFixture::config({QLatin1String(permission)})).get("/api/v1/audit").status, 200);
  }
  for (const char *permission : {"audit:rule/*:read", "alarms:*", "config:read", "users:admin"}) {
    QCOMPARE(RestFixture(RestFixture::config({QLatin1String(permission)})).get("/api/v1/audit").status, 403);
  }
}

void AuditTest::logins() {
  Fixture fixture;
  fixture.addUser("anna");
  const HttpReply reply = fixture.login("anna");
  QCOMPARE(reply.status, 200);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("login|succeeded|user:anna|127.0.0.1||"));
  const qsizetype at = reply.head.indexOf("Set-Cookie: ") + 12;
  const QByteArray cookie = reply.head.mid(at, reply.head.indexOf(';', at) - at);
  const QByteArray csrf = reply.object()[u"csrf"].toString().toLatin1();
  const HttpReply bye =
      fixture.ask("POST", "/api/v1/logout", "Cookie: " + cookie + "\r\nX-CSRF-Token: " + csrf + "\r\n", "");
  QCOMPARE(bye.status, 204);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("login|logout|user:anna|127.0.0.1||"));
  // Nobody was logged in.
  QCOMPARE(fixture.ask("POST", "/api/v1/logout", {}, "").status, 204);
  QCOMPARE(fixture.context.auditTrail().entries(QStringLiteral("login")).size(), 2);
}

void AuditTest::failedLoginsAreCounted() {
  Fixture fixture;
  fixture.addUser("anna");
  QCOMPARE(fixture.login("anna", "wrong password").status, 401);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("login|failed|anonymous|127.0.0.1|anna|"));
  // A password in the wrong field is no name to be kept.
  QCOMPARE(fixture.login("hunter2hunter2", "x").status, 401);
  QCOMPARE(fixture.login("hunter2hunter2", "x").status, 401);
  const auto logins = [&] { return fixture.context.auditTrail().entries(QStringLiteral("login")); };
  QCOMPARE(logins().size(), 1);
  fixture.context.manualClock().advance(61s);
  fixture.gateway.tick();
  QCOMPARE(logins().size(), 2);
  QCOMPARE(logins()[1].details, (QJsonObject{{QStringLiteral("count"), 2}}));
  QCOMPARE(fixture.login("anna", "wrong password").status, 401);
  fixture.gateway.stop();
  QCOMPARE(logins().size(), 3);
  for (const AuditEntry &each : logins()) {
    QVERIFY(!briefly(each).contains(QLatin1String("hunter2")));
    QVERIFY(!textOf(each.details).contains("hunter2"));
  }
}

void AuditTest::users() {
  Fixture fixture;
  fixture.addUser("anna");
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("user|create|anonymous|127.0.0.1|anna|"));
  QCOMPARE(lastOf(fixture).details, (QJsonObject{{QStringLiteral("role"), QStringLiteral("operator")}}));
  QCOMPARE(fixture.send("PUT", "/api/v1/users/anna", "{\"role\":\"viewer\"}").status, 204);
  QCOMPARE(lastOf(fixture).details, (QJsonObject{{QStringLiteral("password"), false},
                                                 {QStringLiteral("before"), QStringLiteral("operator")},
                                                 {QStringLiteral("after"), QStringLiteral("viewer")}}));
  QCOMPARE(fixture.send("PUT", "/api/v1/users/anna", "{\"password\":\"battery staple\"}").status, 204);
  QCOMPARE(lastOf(fixture).details, (QJsonObject{{QStringLiteral("password"), true}}));
  QCOMPARE(fixture.ask("DELETE", "/api/v1/users/anna").status, 204);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("user|remove|anonymous|127.0.0.1|anna|"));
  QCOMPARE(fixture.ask("DELETE", "/api/v1/users/anna").status, 404);
  QCOMPARE(fixture.context.auditTrail().entries().size(), 4);
}

void AuditTest::tokens() {
  Fixture fixture;
  const HttpReply made =
      fixture.send("POST", "/api/v1/tokens",
                   R"({"name":"meter","permissions":["points:read","tokens:admin"],"expires":"2100-01-01T00:00:00Z"})");
  QCOMPARE(made.status, 201);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("token|create|anonymous|127.0.0.1|meter|"));
  QCOMPARE(lastOf(fixture).details[u"permissions"][0].toString(), QStringLiteral("points:read"));
  QCOMPARE(lastOf(fixture).details[u"expires"].toString(), QStringLiteral("2100-01-01T00:00:00.000Z"));
  const QByteArray text = made.object()[u"token"].toString().toLatin1();
  QVERIFY(text.startsWith("tw_"));
  QVERIFY(!textOf(lastOf(fixture).details).contains(text.mid(3)));
  QCOMPARE(fixture.ask("DELETE", "/api/v1/tokens/meter", "Authorization: Bearer " + text + "\r\n").status, 204);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("token|revoke|token:meter|127.0.0.1|meter|"));
}

void AuditTest::devicesAndRooms() {
  Fixture fixture;
  QCOMPARE(fixture.send("POST", "/api/v1/rooms", "{\"id\":7,\"name\":\"Kitchen\"}").status, 201);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("config|post|anonymous|127.0.0.1|/api/v1/rooms|"));
  QCOMPARE(lastOf(fixture).details[u"body"][u"name"].toString(), QStringLiteral("Kitchen"));
  QCOMPARE(fixture.send("PUT", "/api/v1/rooms/7", "{\"name\":\"Hall\"}").status, 200);
  QCOMPARE(fixture.ask("DELETE", "/api/v1/rooms/7").status, 200);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("config|delete|anonymous|127.0.0.1|/api/v1/rooms/7|"));
  QCOMPARE(fixture.ask("DELETE", "/api/v1/rooms/7").status, 404);
  QCOMPARE(fixture.context.auditTrail().entries().size(), 3);
}

void AuditTest::alarmActions() {
  Fixture fixture;
  QCOMPARE(fixture.send("POST", "/api/v1/alarms/77/ack", "{\"comment\":\"seen, pump\"}").status, 200);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("alarm|ack|anonymous|127.0.0.1|rule:77|seen, pump"));
  QCOMPARE(lastOf(fixture).details[u"before"].toString(), QStringLiteral("Unacknowledged-Active"));
  QCOMPARE(lastOf(fixture).details[u"state"].toString(), QStringLiteral("ALARM"));
  QCOMPARE(fixture.send("POST", "/api/v1/alarms/77/shelve", "{\"duration_s\":60}").status, 200);
  QCOMPARE(lastOf(fixture).action, QStringLiteral("shelve"));
  QCOMPARE(lastOf(fixture).details[u"duration_s"].toDouble(), 60);
}

void AuditTest::alarmActionsOfManyAreManyRecords() {
  Fixture fixture;
  AlarmStatus other = fixture.desk.active[0];
  other.transition.ruleId = 78;
  fixture.desk.active << other;
  QCOMPARE(fixture.send("POST", "/api/v1/alarms/ack", "{\"rule_ids\":[77,78],\"comment\":\"all\"}").status, 200);
  QStringList subjects;
  for (const AuditEntry &each : fixture.context.auditTrail().entries(QStringLiteral("alarm"))) subjects << each.subject;
  QCOMPARE(subjects, (QStringList{QStringLiteral("rule:77"), QStringLiteral("rule:78")}));
}

void AuditTest::whatIsRefusedIsNoRecord() {
  Fixture fixture;
  QCOMPARE(fixture.send("POST", "/api/v1/alarms/99/ack", "{}").status, 404);
  QCOMPARE(fixture.send("POST", "/api/v1/alarms/77/shelve", "{}").status, 400);
  QCOMPARE(fixture.send("POST", "/api/v1/tokens", "{}").status, 400);
  QCOMPARE(fixture.send("POST", "/api/v1/users", "{}").status, 400);
  QCOMPARE(fixture.send("PUT", "/api/os/tiles", "{}").status, 400);
  QCOMPARE(fixture.get("/api/v1/audit").status, 200);
  QCOMPARE(fixture.context.auditTrail().entries().size(), 0);
}

void AuditTest::ruleChanges() {
  Fixture fixture;
  QCOMPARE(fixture.send("POST", "/api/v1/alarm-rules", textOf(ruleObject(1001))).status, 201);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("rule|create|anonymous|127.0.0.1|rule:1001|"));
  QVERIFY(!lastOf(fixture).details.contains(u"before"));
  QCOMPARE(lastOf(fixture).details[u"after"][u"alarm_threshold"].toDouble(), 80);
  QJsonObject changed = ruleObject(1000);
  changed.insert(QStringLiteral("alarm_threshold"), 90);
  QCOMPARE(fixture.send("PUT", "/api/v1/alarm-rules/1000", textOf(changed)).status, 200);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("rule|replace|anonymous|127.0.0.1|rule:1000|"));
  QCOMPARE(lastOf(fixture).details[u"before"][u"alarm_threshold"].toDouble(), 80);
  QCOMPARE(lastOf(fixture).details[u"after"][u"alarm_threshold"].toDouble(), 90);
  QCOMPARE(fixture.ask("DELETE", "/api/v1/alarm-rules/1000").status, 204);
  QCOMPARE(lastOf(fixture).action, QStringLiteral("remove"));
  QVERIFY(!lastOf(fixture).details.contains(u"after"));
}

void AuditTest::tiles() {
  Fixture fixture;
  QCOMPARE(fixture.send("PUT", "/api/os/tiles", R"([{"id":3,"name":"HLT","endpointIds":[59]}])").status, 200);
  QCOMPARE(fixture.send("PUT", "/api/os/tiles", R"([{"id":3,"name":"MLT","endpointIds":[59]}])").status, 200);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("config|replace|anonymous|127.0.0.1|tiles|"));
  QCOMPARE(lastOf(fixture).details[u"before"][0][u"name"].toString(), QStringLiteral("HLT"));
  QCOMPARE(lastOf(fixture).details[u"after"][0][u"name"].toString(), QStringLiteral("MLT"));
}

void AuditTest::quarantine() {
  Fixture fixture;
  QCOMPARE(fixture.send("POST", "/api/v1/history/quarantine/discard", "{\"ids\":[1,2]}").status, 200);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("history|discard|anonymous|127.0.0.1||"));
  QCOMPARE(lastOf(fixture).details, (QJsonObject{{QStringLiteral("records"), 2}}));
  QCOMPARE(fixture.send("POST", "/api/v1/history/quarantine/requeue?history=history", "{\"all\":true}").status, 200);
  QCOMPARE(briefly(lastOf(fixture)), QStringLiteral("history|requeue|anonymous|127.0.0.1|history|"));
}

TAGWIRE_TEST(AuditTest)

}  // namespace audit_test

#include "audit_test.moc"
