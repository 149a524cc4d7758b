// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "protocols/tests/recordingsession.h"
#include "restfixture.h"
#include "testprogram.h"

namespace alarmrest_test {

using namespace tagwire;
using namespace tagwire::ws;
using Kind = AlarmAction::Kind;
using Outcome = AlarmAnswer::Outcome;
using Condition = AlarmCondition;

namespace {

AlarmStatus standingOf(int rule, AlarmState state, Condition condition, const char *area) {
  AlarmTransition transition = alarmOf(rule, state, AlarmState::Ok, area);
  transition.condition = condition;
  return {.since = fromMilliseconds(1'000), .transition = transition};
}

/// Two instances that know alarms: one of the halls, one of the cold store.
struct Fixture : RestFixture {
  explicit Fixture(const QStringList &permissions = {QStringLiteral("*:*")}) : RestFixture(config(permissions)) {
    desk.active = {standingOf(77, AlarmState::Alarm, Condition::UnacknowledgedActive, "hall/north"),
                   standingOf(78, AlarmState::Warning, Condition::Shelved, "hall/south"),
                   standingOf(79, AlarmState::Ok, Condition::RtnUnacknowledged, "hall/north")};
    desk.active[1].transition.severity = Severity::Minor;
    coldDesk.active = {standingOf(88, AlarmState::Alarm, Condition::AcknowledgedActive, "cold-store")};
    coldDesk.active[0].isAcknowledged = true;
    coldDesk.active[0].acknowledgedBy = QStringLiteral("ann");
    coldDesk.quiet = {standingOf(89, AlarmState::Ok, Condition::Normal, "cold-store")};
    context.addInstance(QStringLiteral("alarms"), QStringLiteral("alarms"), &desk);
    context.addInstance(QStringLiteral("cold"), QStringLiteral("alarms"), &coldDesk);
  }
  QList<int> rules(const QByteArray &query = {}) {
    QList<int> all;
    for (const QJsonValue &each : get("/api/v1/alarms" + query).array()) all << each[u"rule_id"].toInt();
    return all;
  }
  HttpReply act(const QByteArray &what, const QByteArray &body = "{}") {
    return send("POST", "/api/v1/alarms/" + what, body);
  }

  FakeAlarms desk;
  FakeAlarms coldDesk;
};

QString errorOf(const HttpReply &reply) { return reply.object().value(QStringLiteral("error")).toString(); }

}  // namespace

class AlarmRestTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_21_standingAlarmsOfAllInstances();
  void R3_21_filters_data();
  void R3_21_filters();
  void R3_21_wrongFilters_data();
  void R3_21_wrongFilters();
  void R3_21_oneRule();
  void R3_21_eachAction_data();
  void R3_21_eachAction();
  void R3_21_twiceIsOnce();
  void R3_21_wrongBodies_data();
  void R3_21_wrongBodies();
  void R3_21_howItEnded();
  void R3_21_rightsByArea();
  void R3_21_acknowledgeMany();
  void R3_21_acknowledgeManyRefusals_data();
  void R3_21_acknowledgeManyRefusals();
  void aDeskThatIsGoneIsNoQuietPlant();
  void areasAsTheDesksTellThem();
  void areasThatTheCallerMayRead();
};

void AlarmRestTest::R3_21_standingAlarmsOfAllInstances() {
  Fixture fixture;
  const HttpReply reply = fixture.get("/api/v1/alarms");
  QCOMPARE(reply.status, 200);
  QVERIFY(reply.head.contains("X-Total-Count: 4\r\n"));
  QCOMPARE(fixture.rules(), QList<int>({77, 78, 79, 88}));
  const QJsonObject alarm = reply.array().at(0).toObject();
  QCOMPARE(alarm.value(QStringLiteral("state")).toString(), QStringLiteral("ALARM"));
  QCOMPARE(alarm.value(QStringLiteral("condition")).toString(), QStringLiteral("Unacknowledged-Active"));
  QCOMPARE(alarm.value(QStringLiteral("severity")).toString(), QStringLiteral("critical"));
  QCOMPARE(alarm.value(QStringLiteral("alarm_threshold")).toDouble(), 80);
  QCOMPARE(alarm.value(QStringLiteral("since")).toString(), QStringLiteral("1970-01-01T00:00:01.000Z"));
  QCOMPARE(alarm.value(QStringLiteral("acknowledged")), QJsonValue(false));
  QCOMPARE(reply.array().at(3)[u"acknowledged_by"].toString(), QStringLiteral("ann"));
}

void AlarmRestTest::R3_21_filters_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<QList<int>>("rules");
  QTest::newRow("state") << QByteArray("?state=ALARM") << QList<int>({77, 88});
  QTest::newRow("states") << QByteArray("?state=ok,warning") << QList<int>({78, 79});
  QTest::newRow("condition") << QByteArray("?condition=Shelved") << QList<int>({78});
  QTest::newRow("conditions") << QByteArray("?condition=RTN-Unacknowledged&condition=Acknowledged-Active")
                              << QList<int>({79, 88});
  QTest::newRow("severity") << QByteArray("?severity=minor") << QList<int>({78});
  QTest::newRow("area") << QByteArray("?area=hall/*") << QList<int>({77, 78, 79});
  QTest::newRow("areas") << QByteArray("?area=hall/south,cold-store") << QList<int>({78, 88});
  QTest::newRow("areas with an encoded comma") << QByteArray("?area=hall/south%2Ccold-store") << QList<int>();
  QTest::newRow("states with an encoded comma") << QByteArray("?state=ok%2Cwarning") << QList<int>({78, 79});
  QTest::newRow("together") << QByteArray("?area=hall/%23&state=ALARM") << QList<int>({77});
  QTest::newRow("page") << QByteArray("?limit=2&offset=1") << QList<int>({78, 79});
  QTest::newRow("behind the end") << QByteArray("?offset=4") << QList<int>();
}

void AlarmRestTest::R3_21_filters() {
  QFETCH(QByteArray, query);
  QFETCH(QList<int>, rules);
  Fixture fixture;
  QCOMPARE(fixture.rules(query), rules);
}

void AlarmRestTest::R3_21_wrongFilters_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<QString>("error");
  QTest::newRow("state") << QByteArray("?state=bad") << "state \"bad\" is wrong (allowed: OK, WARNING, ALARM)";
  QTest::newRow("condition") << QByteArray("?condition=x") << "Unacknowledged-Active";
  QTest::newRow("severity") << QByteArray("?severity=high") << "critical, major, minor, info";
  QTest::newRow("area") << QByteArray("?area=a//b") << "empty level";
  QTest::newRow("limit") << QByteArray("?limit=10001") << "1 to 10000";
  QTest::newRow("offset") << QByteArray("?offset=1e99") << "offset is wrong";
}

void AlarmRestTest::R3_21_wrongFilters() {
  QFETCH(QByteArray, query);
  QFETCH(QString, error);
  Fixture fixture;
  const HttpReply reply = fixture.get("/api/v1/alarms" + query);
  QCOMPARE(reply.status, 400);
  QVERIFY2(errorOf(reply).contains(error), reply.body.constData());
}

void AlarmRestTest::R3_21_oneRule() {
  Fixture fixture;
  QCOMPARE(fixture.get("/api/v1/alarms/88").object().value(QStringLiteral("rule_id")).toInt(), 88);
  const QJsonObject quiet = fixture.get("/api/v1/alarms/89").object();
  QCOMPARE(quiet.value(QStringLiteral("condition")).toString(), QStringLiteral("Normal"));
  QCOMPARE(fixture.get("/api/v1/alarms/99").status, 404);
  QCOMPARE(fixture.get("/api/v1/alarms/-1").status, 404);  // below 0: the alarm of an interlock's trip
  for (const char *wrong : {"x", "1e99", "-01", "077", "99999999999", "7.5"}) {
    QCOMPARE(fixture.get(QByteArray("/api/v1/alarms/") + wrong).status, 400);
  }
  Fixture hall({QStringLiteral("alarms:hall/*:read")});
  QCOMPARE(hall.get("/api/v1/alarms/77").status, 200);
  // One that may not be read and one that is not there look the same.
  const HttpReply denied = hall.get("/api/v1/alarms/88");
  QCOMPARE(denied.status, 404);
  QCOMPARE(errorOf(denied), QStringLiteral("there is no rule 88"));
}

void AlarmRestTest::R3_21_eachAction_data() {
  QTest::addColumn<QByteArray>("word");
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<int>("kind");
  const auto row = [](const char *word, const char *body, Kind kind) {
    QTest::addRow("%s %s", word, body) << QByteArray(word) << QByteArray(body) << static_cast<int>(kind);
  };
  row("ack", "{\"comment\":\"seen\",\"duration_s\":60}", Kind::Acknowledge);
  row("ack", "", Kind::Acknowledge);
  row("shelve", "{\"comment\":\"seen\",\"duration_s\":60}", Kind::Shelve);
  row("shelve", "{\"one_shot\":true}", Kind::Shelve);
  row("unshelve", "{}", Kind::Unshelve);
  row("suppress", "{}", Kind::Suppress);
  row("unsuppress", "{}", Kind::Unsuppress);
  row("out-of-service", "{}", Kind::OutOfService);
  row("in-service", "{}", Kind::InService);
  row("comment", "{\"comment\":\"seen\"}", Kind::Comment);
}

void AlarmRestTest::R3_21_eachAction() {
  QFETCH(QByteArray, word);
  QFETCH(QByteArray, body);
  QFETCH(int, kind);
  Fixture fixture;
  const HttpReply reply = fixture.act("89/" + word, body);
  QCOMPARE(reply.status, 200);
  QCOMPARE(reply.object().value(QStringLiteral("ok")), QJsonValue(true));
  QCOMPARE(reply.object().value(QStringLiteral("changed")), QJsonValue(true));
  QCOMPARE(reply.object().value(QStringLiteral("alarm")).toObject().value(QStringLiteral("rule_id")).toInt(), 89);
  QVERIFY(fixture.desk.acted.isEmpty());
  QCOMPARE(fixture.coldDesk.acted.size(), 1);
  const AlarmAction &action = fixture.coldDesk.acted[0];
  QCOMPARE(static_cast<int>(action.kind), kind);
  QCOMPARE(action.by, QStringLiteral("anonymous"));
  QCOMPARE(action.comment, body.contains("seen") ? QStringLiteral("seen") : QString());
  if (action.kind == Kind::Shelve) QVERIFY(action.isOneShot || *action.duration == std::chrono::seconds(60));
}

void AlarmRestTest::R3_21_twiceIsOnce() {
  Fixture fixture;
  fixture.desk.outcome = Outcome::Already;
  const HttpReply reply = fixture.act("77/ack");
  QCOMPARE(reply.status, 200);
  QCOMPARE(reply.object().value(QStringLiteral("changed")), QJsonValue(false));
}

void AlarmRestTest::R3_21_wrongBodies_data() {
  QTest::addColumn<QByteArray>("word");
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<QString>("error");
  const auto row = [](const char *name, const char *word, const QByteArray &body, const char *error) {
    QTest::newRow(name) << QByteArray(word) << body << QString::fromUtf8(error);
  };
  row("no object", "ack", "[]", "must be a JSON object");
  row("no JSON", "ack", "x", "must be a JSON object");
  row("unknown key", "ack", "{\"coment\":\"x\"}", "did you mean");
  row("long comment", "ack", "{\"comment\":\"" + QByteArray(1001, 'x') + "\"}", "up to 1000 characters");
  row("NUL", "ack", "{\"comment\":\"a\\u0000\"}", "control characters");
  row("comment of a list", "comment", "{\"comment\":[]}", "comment is wrong");
  row("no time", "shelve", "{}", "needs duration_s");
  row("time of text", "shelve", "{\"duration_s\":\"60\"}", "duration_s is wrong");
  row("time of 1e99", "shelve", "{\"duration_s\":1e99}", "duration_s is wrong");
  row("negative time", "shelve", "{\"duration_s\":-60}", "duration_s is wrong");
}

void AlarmRestTest::R3_21_wrongBodies() {
  QFETCH(QByteArray, word);
  QFETCH(QByteArray, body);
  QFETCH(QString, error);
  Fixture fixture;
  const HttpReply reply = fixture.act("77/" + word, body);
  QCOMPARE(reply.status, 400);
  QVERIFY2(errorOf(reply).contains(error), reply.body.constData());
  QVERIFY(fixture.desk.acted.isEmpty());
}

void AlarmRestTest::R3_21_howItEnded() {
  Fixture fixture;
  QCOMPARE(fixture.act("99/ack").status, 404);
  QCOMPARE(fixture.act("x/ack").status, 400);
  QCOMPARE(fixture.act("77/nothing").status, 404);
  QCOMPARE(fixture.get("/api/v1/alarms/77/ack").status, 405);
  fixture.desk.outcome = Outcome::NotPossible;
  fixture.desk.errors = QStringList{QStringLiteral("it is out of service")};
  HttpReply reply = fixture.act("77/shelve", "{\"one_shot\":true}");
  QCOMPARE(reply.status, 409);
  QCOMPARE(errorOf(reply), QStringLiteral("it is out of service"));
  fixture.desk.outcome = Outcome::Invalid;
  QCOMPARE(fixture.act("77/shelve", "{\"one_shot\":true}").status, 400);
}

void AlarmRestTest::R3_21_rightsByArea() {
  const auto statusFor = [](const QStringList &permissions, const QByteArray &what) {
    Fixture fixture(permissions);
    return fixture.act(what, "{\"one_shot\":true}").status;
  };
  const QString read = QStringLiteral("alarms:read");
  QCOMPARE(statusFor({read}, "77/ack"), 403);
  QCOMPARE(statusFor({read, QStringLiteral("alarms:hall/*:ack")}, "77/ack"), 200);
  QCOMPARE(statusFor({read, QStringLiteral("alarms:hall/*:ack")}, "88/ack"), 403);
  QCOMPARE(statusFor({QStringLiteral("alarms:hall/*:ack")}, "88/ack"), 404);
  QCOMPARE(statusFor({read, QStringLiteral("alarms:ack")}, "77/shelve"), 403);
  QCOMPARE(statusFor({read, QStringLiteral("alarms:shelve")}, "77/shelve"), 200);
  QCOMPARE(statusFor({read, QStringLiteral("alarms:shelve")}, "77/suppress"), 403);
  QCOMPARE(statusFor({QStringLiteral("alarms:cold-store:admin")}, "88/suppress"), 200);
  QCOMPARE(statusFor({QStringLiteral("alarms:cold-store:admin")}, "77/suppress"), 404);
  QCOMPARE(statusFor({QStringLiteral("alarms:*")}, "77/out-of-service"), 200);
  // Who may acknowledge, but not read, is not told what it was.
  Fixture fixture({QStringLiteral("alarms:ack")});
  const HttpReply reply = fixture.act("77/ack");
  QCOMPARE(reply.status, 200);
  QVERIFY(!reply.object().contains(QStringLiteral("alarm")));
}

void AlarmRestTest::R3_21_acknowledgeMany() {
  Fixture fixture({QStringLiteral("alarms:read"), QStringLiteral("alarms:#:ack")});
  fixture.coldDesk.outcome = Outcome::Already;
  const HttpReply reply = fixture.act("ack", "{\"rule_ids\":[77,88,99,77,89],\"comment\":\"all\"}");
  QCOMPARE(reply.status, 200);
  const QJsonArray results = reply.object().value(QStringLiteral("results")).toArray();
  QCOMPARE(results.size(), 4);
  QCOMPARE(results[0][u"rule_id"].toInt(), 77);
  QCOMPARE(results[0][u"changed"], QJsonValue(true));
  QCOMPARE(results[1][u"rule_id"].toInt(), 88);
  QCOMPARE(results[1][u"changed"], QJsonValue(false));
  QCOMPARE(results[2][u"ok"], QJsonValue(false));
  QCOMPARE(results[2][u"code"].toInt(), 404);
  QCOMPARE(results[3][u"rule_id"].toInt(), 89);
  QCOMPARE(results[3][u"ok"], QJsonValue(true));
  QCOMPARE(fixture.desk.acted.size(), 1);
  QCOMPARE(fixture.desk.acted[0].comment, QStringLiteral("all"));
  QCOMPARE(fixture.coldDesk.acted.size(), 2);
}

void AlarmRestTest::R3_21_acknowledgeManyRefusals_data() {
  QTest::addColumn<QByteArray>("body");
  QByteArray many = "{\"rule_ids\":[0";
  for (int rule = 1; rule < 10'000; ++rule) many += "," + QByteArray::number(rule);
  QTest::newRow("10,000 rules") << many + "]}";
  QTest::newRow("none") << QByteArray("{\"rule_ids\":[]}");
  QTest::newRow("absent") << QByteArray("{}");
  QTest::newRow("no list") << QByteArray("{\"rule_ids\":77}");
  QTest::newRow("text") << QByteArray("{\"rule_ids\":[\"77\"]}");
  QTest::newRow("1e99") << QByteArray("{\"rule_ids\":[77,1e99]}");
  QTest::newRow("unknown key") << QByteArray("{\"rules\":[77]}");
  QTest::newRow("comment") << QByteArray("{\"rule_ids\":[77],\"comment\":7}");
}

void AlarmRestTest::R3_21_acknowledgeManyRefusals() {
  QFETCH(QByteArray, body);
  Fixture fixture;
  QCOMPARE(fixture.act("ack", body).status, 400);
  QVERIFY(fixture.desk.acted.isEmpty());
}

void AlarmRestTest::aDeskThatIsGoneIsNoQuietPlant() {
  Fixture fixture;
  FakeAlarms gone;
  fixture.context.addInstance(QStringLiteral("gone"), QStringLiteral("alarms"), &gone);
  QList<InstanceStatus> instances = fixture.context.instances();
  instances.last().state = PluginState::Failed;
  fixture.context.setInstances(instances);
  const HttpReply list = fixture.get("/api/v1/alarms");
  QCOMPARE(list.status, 503);
  QVERIFY(errorOf(list).contains(QStringLiteral("gone")));
  QCOMPARE(fixture.act("77/ack").status, 200);  // this one is known
  QCOMPARE(fixture.act("99/ack").status, 503);  // it may have this one
}

void AlarmRestTest::areasAsTheDesksTellThem() {
  Fixture fixture;
  fixture.desk.areaList = {{QString(), AlarmState::Alarm, Severity::Critical, 2, 2, 4},
                           {QStringLiteral("hall"), AlarmState::Alarm, Severity::Critical, 2, 2, 3}};
  fixture.coldDesk.areaList = {{QString(), AlarmState::Warning, Severity::Minor, 1, 0, 2},
                               {QStringLiteral("cold-store"), AlarmState::Warning, Severity::Minor, 1, 0, 2}};
  const HttpReply reply = fixture.get("/api/v1/alarms/areas");
  QCOMPARE(reply.body,
           QByteArray("[{\"area\":\"\",\"state\":\"ALARM\",\"severity\":\"critical\",\"active\":3,\"unacknowledged\":2,"
                      "\"rules\":6},"
                      "{\"area\":\"cold-store\",\"state\":\"WARNING\",\"severity\":\"minor\",\"active\":1,"
                      "\"unacknowledged\":0,\"rules\":2},"
                      "{\"area\":\"hall\",\"state\":\"ALARM\",\"severity\":\"critical\",\"active\":2,"
                      "\"unacknowledged\":2,\"rules\":3}]"));
}

void AlarmRestTest::areasThatTheCallerMayRead() {
  Fixture fixture({QStringLiteral("alarms:hall/*:read")});
  fixture.desk.areaList = {{QString(), AlarmState::Alarm, Severity::Critical, 9, 9, 20},
                           {QStringLiteral("hall"), AlarmState::Alarm, Severity::Critical, 3, 2, 12},
                           {QStringLiteral("hall/north"), AlarmState::Alarm, Severity::Critical, 1, 2, 4},
                           {QStringLiteral("hall/south"), AlarmState::Alarm, Severity::Critical, 1, 0, 5},
                           {QStringLiteral("hall/south/vault"), AlarmState::Alarm, Severity::Critical, 1, 0, 3}};
  QHash<QString, QJsonValue> areas;
  for (const QJsonValue &each : fixture.get("/api/v1/alarms/areas").array()) areas[each[u"area"].toString()] = each;
  QCOMPARE(areas.size(), 4);
  QVERIFY(!areas.contains(QStringLiteral("hall/south/vault")));
  QCOMPARE(areas[QStringLiteral("hall/north")][u"rules"].toInt(), 4);
  QCOMPARE(areas[QStringLiteral("hall/north")][u"unacknowledged"].toInt(), 2);
  QCOMPARE(areas[QStringLiteral("hall/south")][u"rules"].toInt(), 2);
  QCOMPARE(areas[QStringLiteral("hall/south")][u"state"].toString(), QStringLiteral("WARNING"));
  QCOMPARE(areas[QStringLiteral("hall/south")][u"severity"].toString(), QStringLiteral("minor"));
  // What lies above tells of the readable ones alone.
  for (const QString &above : {QString(), QStringLiteral("hall")}) {
    QCOMPARE(areas[above][u"rules"].toInt(), 6);
    QCOMPARE(areas[above][u"active"].toInt(), 2);
    QCOMPARE(areas[above][u"unacknowledged"].toInt(), 2);
    QCOMPARE(areas[above][u"state"].toString(), QStringLiteral("ALARM"));
  }
}

TAGWIRE_TEST(AlarmRestTest)

}  // namespace alarmrest_test

#include "alarmrest_test.moc"
