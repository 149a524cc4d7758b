// SPDX-License-Identifier: Apache-2.0
// The alarms of interlocks that tripped, among those of the alarm plugins.
#include <QTest>

#include "protocols/alarmsprotocol.h"
#include "protocols/tests/recordingsession.h"
#include "restfixture.h"
#include "testprogram.h"

namespace tripalarms_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

/// Interlock 5 has tripped, interlock 6 has not.
void trip(TestContext &context, AlarmState state = AlarmState::Alarm,
          AlarmCondition condition = AlarmCondition::UnacknowledgedActive) {
  InterlockStatus tripped;
  tripped.id = 5;
  tripped.mode = InterlockMode::Trip;
  InterlockStatus quiet;
  quiet.id = 6;
  quiet.name = QStringLiteral("door closed");
  context.commands().interlockList = {tripped, quiet};
  AlarmTransition alarm = alarmOf(-5, state, AlarmState::Ok);
  alarm.alarmId = -17;
  alarm.condition = condition;
  context.commands().hostAlarmList = {{.since = fromMilliseconds(2'000), .transition = alarm}};
}

struct Fixture : RestFixture {
  explicit Fixture(const QStringList &permissions = {QStringLiteral("*:*")})
      : RestFixture(RestFixture::config(permissions)) {
    trip(context);
  }
  void addDesk() {
    desk.active.append({fromMilliseconds(1'000), alarmOf(77, AlarmState::Warning, AlarmState::Ok, "hall")});
    desk.areaList = {{QStringLiteral("hall"), AlarmState::Warning, Severity::Minor, 1, 0, 3},
                     {QString(), AlarmState::Warning, Severity::Minor, 1, 0, 3}};
    context.addInstance(QStringLiteral("alarms"), QStringLiteral("alarms"), &desk);
  }
  QStringList listed(const char *path, const char *id) {
    QStringList numbers;
    for (const QJsonValue &each : get(path).array()) numbers << QString::number(each[QLatin1String(id)].toInt());
    return numbers;
  }
  FakeAlarms desk;
};

QString errorIn(const HttpReply &reply) { return reply.object().value(QStringLiteral("error")).toString(); }

}  // namespace

class TripAlarmsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R5_10_standsInTheListsBehindTheOthers() {
    Fixture fixture;
    QCOMPARE(fixture.listed("/api/v1/alarms", "rule_id"), QStringList{QStringLiteral("-5")});
    QCOMPARE(fixture.listed("/api/os/alarms?status=active", "alarmId"), QStringList{QStringLiteral("-17")});
    fixture.addDesk();
    QCOMPARE(fixture.listed("/api/v1/alarms", "rule_id"), (QStringList{QStringLiteral("77"), QStringLiteral("-5")}));
    QCOMPARE(fixture.listed("/api/os/alarms", "ruleId"), (QStringList{QStringLiteral("77"), QStringLiteral("-5")}));
    QCOMPARE(fixture.get("/api/v1/alarms?state=ALARM").array().at(0)[u"since"].toString(),
             QStringLiteral("1970-01-01T00:00:02.000Z"));
  }
  void R5_10_afterItsConditionsAreMetAgainItIsToBeReset() {
    Fixture fixture;
    trip(fixture.context, AlarmState::Ok, AlarmCondition::RtnUnacknowledged);
    QCOMPARE(fixture.get("/api/os/alarms?status=active").array().size(), 0);
    QCOMPARE(fixture.listed("/api/os/alarms?status=cleared_unacked", "ruleId"), QStringList{QStringLiteral("-5")});
    fixture.context.commands().hostAlarmList.clear();
    QCOMPARE(fixture.get("/api/os/alarms?status=cleared_unacked").body, QByteArray("[]"));
  }
  void R5_10_aDeskThatIsGoneIsNoQuietPlant() {
    Fixture fixture;
    fixture.addDesk();
    fixture.context.setInstances({{QStringLiteral("alarms"), QStringLiteral("alarms"), PluginState::Failed, {}}});
    QCOMPARE(fixture.get("/api/v1/alarms").status, 503);
  }
  void R5_10_oneByItsNumber() {
    Fixture fixture;
    QCOMPARE(fixture.get("/api/v1/alarms/-5").object().value(QStringLiteral("state")).toString(),
             QStringLiteral("ALARM"));
    const QJsonObject quiet = fixture.get("/api/v1/alarms/-6").object();
    QCOMPARE(quiet.value(QStringLiteral("condition")).toString(), QStringLiteral("Normal"));
    QCOMPARE(quiet.value(QStringLiteral("rule_name")).toString(), QStringLiteral("door closed"));
    QCOMPARE(fixture.get("/api/v1/alarms/-7").status, 404);
    QCOMPARE(fixture.get("/api/v1/alarms/-2147483648").status, 400);
  }
  void R5_10_isNotAcknowledgedButReset() {
    Fixture fixture;
    fixture.addDesk();
    for (const char *action : {"ack", "comment", "suppress", "out-of-service"}) {
      const HttpReply reply = fixture.send("POST", QByteArray("/api/v1/alarms/-5/") + action, "{}");
      QCOMPARE(reply.status, 409);
      QCOMPARE(errorIn(reply), QStringLiteral("the alarm of interlock 5 ends with its reset, and takes nothing else "
                                              "(POST /api/v1/interlocks/5/reset)"));
    }
    const HttpReply all = fixture.send("POST", "/api/v1/alarms/ack", R"({"rule_ids":[-5,77]})");
    QCOMPARE(all.status, 200);
    const QJsonArray results = all.object().value(QStringLiteral("results")).toArray();
    QCOMPARE(results[0][u"ok"], QJsonValue(false));
    QCOMPARE(results[1][u"ok"], QJsonValue(true));
    QVERIFY(fixture.context.commands().calls.isEmpty());
    QCOMPARE(fixture.desk.acted.size(), 1);
  }
  void anInstanceThatWasGivenUpStandsWithoutInterlocksToo() {
    Fixture fixture;
    fixture.context.commands().interlockList.clear();
    AlarmTransition alarm = alarmOf(-1'000'000'001, AlarmState::Alarm, AlarmState::Ok);
    alarm.ruleName = QStringLiteral("vision");
    alarm.comparison = QStringLiteral("instance");
    fixture.context.commands().hostAlarmList = {{.since = fromMilliseconds(3'000), .transition = alarm}};
    QCOMPARE(fixture.listed("/api/v1/alarms", "rule_id"), QStringList{QStringLiteral("-1000000001")});
    QCOMPARE(fixture.get("/api/v1/alarms/-1000000001").object().value(QStringLiteral("rule_name")).toString(),
             QStringLiteral("vision"));
    const HttpReply reply = fixture.send("POST", "/api/v1/alarms/-1000000001/ack", "{}");
    QCOMPARE(reply.status, 409);
    QCOMPARE(errorIn(reply), QStringLiteral("the alarm of instance vision ends when it is loaded again, and takes "
                                            "nothing else (POST /api/v1/manifest/reload)"));
    QCOMPARE(fixture.get("/api/v1/alarms/-1000000002").status, 404);
  }
  void R5_10_forThoseWhoMayReadAlarmsOfTheWholePlant() {
    Fixture fixture({QStringLiteral("alarms:hall/#:read"), QStringLiteral("alarms:hall/#:ack")});
    fixture.addDesk();
    QCOMPARE(fixture.listed("/api/v1/alarms", "rule_id"), QStringList{QStringLiteral("77")});
    QCOMPARE(fixture.get("/api/v1/alarms/-5").status, 404);
    QCOMPARE(fixture.send("POST", "/api/v1/alarms/-5/ack", "{}").status, 404);
  }
  void R5_10_countsInThePlantsArea() {
    Fixture fixture;
    fixture.addDesk();
    const QJsonArray areas = fixture.get("/api/v1/alarms/areas").array();
    QCOMPARE(areas.size(), 2);
    const QJsonObject plant = areas[areas[0][u"area"].toString().isEmpty() ? 0 : 1].toObject();
    QCOMPARE(plant.value(QStringLiteral("state")).toString(), QStringLiteral("ALARM"));
    QCOMPARE(plant.value(QStringLiteral("active")).toInt(), 2);
    QCOMPARE(plant.value(QStringLiteral("unacknowledged")).toInt(), 1);
    QCOMPARE(plant.value(QStringLiteral("rules")).toInt(), 5);
  }

  void R3_3_isInTheSnapshot() {
    TestContext context;
    trip(context);
    AlarmsProtocol protocol(context, Limits());
    RecordingSession session;
    protocol.opened(session);
    QTRY_COMPARE(session.count(), 1);
    QCOMPARE(session.last()[u"active"][0][u"rule_id"].toInt(), -5);
    QCOMPARE(session.last()[u"active"][0][u"alarm_id"].toInt(), -17);
    session.clear();
    protocol.received(session, R"({"type":"ack","rule_id":-5,"request_id":1})");
    QTRY_COMPARE(session.count(), 1);
    QCOMPARE(session.last()[u"code"].toInt(), 409);
  }
  void R3_20_theResetIsToldAndMeanwhileKnown() {
    TestContext context;
    trip(context, AlarmState::Ok, AlarmCondition::RtnUnacknowledged);
    AlarmsProtocol protocol(context, Limits());
    RecordingSession early;
    protocol.opened(early);
    QTRY_COMPARE(early.count(), 1);
    QCOMPARE(early.last()[u"unacknowledged"].toArray().size(), 1);
    AlarmConditionChange change;
    change.alarmId = -17;
    change.ruleId = -5;
    change.previous = AlarmCondition::RtnUnacknowledged;
    change.cause = QStringLiteral("reset");
    change.by = QStringLiteral("user:anna");
    raise(context, protocol, change);
    QTRY_COMPARE(early.count(), 2);
    QCOMPARE(early.last()[u"cause"].toString(), QStringLiteral("reset"));
    QCOMPARE(early.last()[u"alarm_id"].toInt(), -17);
    QCOMPARE(early.last()[u"condition"].toString(), QStringLiteral("Normal"));
  }
};

TAGWIRE_TEST(TripAlarmsTest)

}  // namespace tripalarms_test

#include "tripalarms_test.moc"
