// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "restfixture.h"
#include "services/zonecatalog.h"
#include "testing/quietalarmdesk.h"
#include "testprogram.h"

namespace rest_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;
using Fixture = RestFixture;

namespace {

/// Offers what the plugins `alarms` and `rtls` would.
class Desk : public Plugin, public QuietAlarmDesk, public ZoneCatalog {
 public:
  void start() override {}
  void stop() override {}
  void standingAlarms(Reply<QList<AlarmStatus>> reply) override {
    AlarmTransition transition;
    transition.ruleId = 77;
    transition.ruleName = QStringLiteral("Boiler High Temp");
    transition.state = AlarmState::Alarm;
    transition.severity = Severity::Critical;
    transition.value = 85.5;
    reply(QList<AlarmStatus>{AlarmStatus{.since = fromMilliseconds(1'000), .transition = transition}});
  }
  void directory(Reply<ZoneDirectory> reply) override {
    ZoneDirectory directory;
    directory.managers = {{QStringLiteral("Manager1"), QStringLiteral("10.0.0.5"), 8001}};
    reply(directory);
  }
};

}  // namespace

class RestTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void probesAnswerWhateverTheCredential();
  void health_data();
  void health();
  void metrics();
  void listsPoints();
  void onePoint();
  void R4_11_errorsHaveOneShape();
  void R3_21_listsActiveAlarms();
  void R1_2_listsManagers();
  void absentServicesAre404();
};

void RestTest::health_data() {
  QTest::addColumn<int>("state");
  QTest::addColumn<QString>("status");
  QTest::addColumn<int>("code");
  QTest::newRow("running") << int(PluginState::Running) << QStringLiteral("ok") << 200;
  QTest::newRow("starting") << int(PluginState::Starting) << QStringLiteral("degraded") << 200;
  QTest::newRow("degraded") << int(PluginState::Degraded) << QStringLiteral("degraded") << 200;
  QTest::newRow("failed") << int(PluginState::Failed) << QStringLiteral("failed") << 503;
}

void RestTest::health() {
  QFETCH(int, state);
  QFETCH(QString, status);
  QFETCH(int, code);
  Fixture fixture;
  fixture.context.setInstances(
      {{QStringLiteral("web"), QStringLiteral("ws"), PluginState::Running, {}},
       {QStringLiteral("plc1"), QStringLiteral("modbus"), static_cast<PluginState>(state), QStringLiteral("why")},
       {QStringLiteral("other"), QStringLiteral("sql"), PluginState::Running, {}}});
  const HttpReply reply = fixture.get("/healthz");
  QCOMPARE(reply.status, code);
  QCOMPARE(reply.object().value(QStringLiteral("status")).toString(), status);
  const QJsonObject second = reply.object().value(QStringLiteral("instances")).toArray().at(1).toObject();
  QCOMPARE(second.value(QStringLiteral("id")).toString(), QStringLiteral("plc1"));
  QCOMPARE(second.value(QStringLiteral("text")).toString(), QStringLiteral("why"));
}

void RestTest::metrics() {
  Fixture fixture;
  fixture.context.metrics().counter("tagwire_test_total", "A test").add(3);
  const HttpReply reply = fixture.get("/metrics");
  QCOMPARE(reply.status, 200);
  QVERIFY(reply.head.contains("Content-Type: text/plain; version=0.0.4"));
  QVERIFY(reply.body.contains("\ntagwire_test_total 3\n"));
}

void RestTest::listsPoints() {
  Fixture fixture;
  fixture.context.pointTable().update({{fixture.ids[0], Quality::good(), fixture.context.clock().now(), Value(81.25)}});
  const HttpReply all = fixture.get("/api/v1/points");
  QCOMPARE(all.status, 200);
  QVERIFY(all.head.contains("X-Total-Count: 2\r\n"));
  const QJsonObject temperature = all.array().at(0).toObject();
  QCOMPARE(temperature.value(QStringLiteral("name")).toString(), QStringLiteral("plc1/boiler/temp"));
  QCOMPARE(temperature.value(QStringLiteral("number")).toInt(), 59);
  QCOMPARE(temperature.value(QStringLiteral("value")).toDouble(), 81.25);
  QCOMPARE(temperature.value(QStringLiteral("quality")).toString(), QStringLiteral("good"));
  QCOMPARE(temperature.value(QStringLiteral("timestamp")).toString(), QStringLiteral("2026-01-01T00:00:00.000Z"));
  QCOMPARE(temperature.value(QStringLiteral("unit")).toString(), QStringLiteral("°C"));
  QCOMPARE(temperature.value(QStringLiteral("writable")).toBool(), true);
  QCOMPARE(temperature.value(QStringLiteral("type")).toString(), QStringLiteral("double"));
  const QJsonObject run = all.array().at(1).toObject();
  QVERIFY(run.value(QStringLiteral("value")).isNull() && run.value(QStringLiteral("timestamp")).isNull());
  QCOMPARE(run.value(QStringLiteral("quality")).toString(), QStringLiteral("bad:waiting_for_first_value"));

  QCOMPARE(fixture.get("/api/v1/points?prefix=plc1/pump").array().size(), 1);
  const HttpReply page = fixture.get("/api/v1/points?offset=1&limit=1");
  QCOMPARE(page.array().at(0).toObject().value(QStringLiteral("number")).toInt(), 60);
  QVERIFY(page.head.contains("X-Total-Count: 2\r\n"));
  for (const char *bad : {"limit=0", "limit=x", "offset=-1", "limit=10001"}) {
    QCOMPARE(fixture.get(QByteArray("/api/v1/points?") + bad).status, 400);
  }
}

void RestTest::onePoint() {
  Fixture fixture;
  for (const char *target : {"/api/v1/points/plc1/boiler/temp", "/api/v1/points/plc1%2Fboiler%2Ftemp"}) {
    const HttpReply reply = fixture.get(target);
    QCOMPARE(reply.status, 200);
    QCOMPARE(reply.object().value(QStringLiteral("number")).toInt(), 59);
  }
  QCOMPARE(fixture.get("/api/v1/points/plc1/nothing").status, 404);
  fixture.context.pointTable().update({{fixture.ids[0], Quality::bad(QualityReason::NoConnection),
                                        fixture.context.clock().now(), Value(std::nan(""))}});
  const QJsonObject lost = fixture.get("/api/v1/points/plc1/boiler/temp").object();
  QVERIFY(lost.value(QStringLiteral("value")).isNull());
  QCOMPARE(lost.value(QStringLiteral("quality")).toString(), QStringLiteral("bad:no_connection"));
}

void RestTest::R4_11_errorsHaveOneShape() {
  Fixture fixture;
  const HttpReply reply = fixture.get("/nowhere");
  QCOMPARE(reply.status, 404);
  QCOMPARE(reply.object().keys(),
           (QStringList{QStringLiteral("error"), QStringLiteral("success"), QStringLiteral("timestamp")}));
  QCOMPARE(reply.object().value(QStringLiteral("success")), QJsonValue(false));
}

void RestTest::R3_21_listsActiveAlarms() {
  Fixture fixture;
  Desk desk;
  fixture.context.answerWith(&desk);
  const HttpReply reply = fixture.get("/api/v1/alarms");
  QCOMPARE(reply.status, 200);
  const QJsonObject alarm = reply.array().at(0).toObject();
  QCOMPARE(alarm.value(QStringLiteral("rule_id")).toInt(), 77);
  QCOMPARE(alarm.value(QStringLiteral("state")).toString(), QStringLiteral("ALARM"));
  QCOMPARE(alarm.value(QStringLiteral("since")).toString(), QStringLiteral("1970-01-01T00:00:01.000Z"));
  QVERIFY(!alarm.contains(QStringLiteral("seq")));
}

void RestTest::R1_2_listsManagers() {
  Fixture fixture;
  Desk desk;
  fixture.context.answerWith(&desk);
  const QJsonObject manager = fixture.get("/api/v1/rtls/managers").array().at(0).toObject();
  QCOMPARE(manager.value(QStringLiteral("x_nm_res")).toString(), QStringLiteral("Manager1"));
  QCOMPARE(manager.value(QStringLiteral("x_ip")).toString(), QStringLiteral("10.0.0.5"));
  QCOMPARE(manager.value(QStringLiteral("i_prt")).toInt(), 8001);
}

void RestTest::absentServicesAre404() {
  Fixture fixture;
  QCOMPARE(fixture.get("/api/v1/alarms").status, 404);
  const HttpReply reply = fixture.get("/api/v1/rtls/managers");
  QCOMPARE(reply.status, 404);
  QVERIFY(!reply.object().value(QStringLiteral("error")).toString().isEmpty());
}

void RestTest::probesAnswerWhateverTheCredential() {
  Fixture fixture;
  for (const char *target : {"/healthz", "/readyz"}) {
    QVERIFY(fixture.get(target).object().contains(QStringLiteral("instances")));
    for (const QByteArray stale : {"Bearer tw_old", "Basic YTpi"}) {
      const HttpReply reply = fixture.ask("GET", target, "Authorization: " + stale + "\r\n");
      QCOMPARE(reply.status, 200);
      QVERIFY(!reply.object().contains(QStringLiteral("instances")));
    }
  }
  QCOMPARE(fixture.ask("GET", "/api/v1/points", "Authorization: Bearer tw_old\r\n").status, 403);
}

TAGWIRE_TEST(RestTest)

}  // namespace rest_test

#include "rest_test.moc"
