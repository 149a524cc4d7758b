// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "protocols/tests/recordingsession.h"
#include "restfixture.h"
#include "services/ingestdesk.h"
#include "testing/quietalarmdesk.h"
#include "testprogram.h"

namespace osrest_test {

using namespace tagwire;
using namespace tagwire::ws;
using Fixture = RestFixture;

namespace {

constexpr const char *ingestPath = "/api/os/telemetry/ingest";

/// Offers what the plugins `alarms` and `ingest` would.
class Desk : public Plugin, public QuietAlarmDesk, public IngestDesk {
 public:
  void start() override {}
  void stop() override {}
  void standingAlarms(Reply<QList<AlarmStatus>> reply) override {
    QList<AlarmStatus> alarms;
    for (const int rule : {77, 78}) {
      AlarmTransition transition;
      transition.alarmId = 4200 + rule;
      transition.ruleId = rule;
      transition.state = AlarmState::Alarm;
      transition.severity = Severity::Critical;
      transition.area = rule == 77 ? QStringLiteral("cold-store") : QStringLiteral("brewhouse");
      transition.message = QStringLiteral("too warm");
      transition.pointNumber = 59;
      transition.value = 85.5;
      alarms << AlarmStatus{.since = fromMilliseconds(1'000), .transition = transition};
    }
    reply(alarms);
  }
  /// Takes what is below 100.
  void take(Reply<QStringList> reply, QList<IngestValue> values) override {
    QStringList reasons;
    for (const IngestValue &value : values) {
      const bool isFine = toNumber(value.value).value_or(0) < 100;
      reasons << (isFine ? QString() : QStringLiteral("out of range"));
      if (isFine) taken << value;
    }
    reply(reasons);
  }
  QList<IngestValue> taken;
};

}  // namespace

class OsRestTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void R5_13_latestGivesTheTelemetryOfR5_4();
  void R5_13_latestOnlyOfPointsThatTheCallerMayRead();
  void R5_13_listsAlarms();
  void R5_13_alarmsByTheirStatus();
  void R5_13_onlyAlarmsOfTheCallersAreas();
  void R5_12_ingestCountsWhatItTook();
  void R5_12_refusals_data();
  void R5_12_refusals();
  void R5_12_needsPointsWriteForThePoint();
};

void OsRestTest::R5_13_latestGivesTheTelemetryOfR5_4() {
  Fixture fixture;
  fixture.context.pointTable().update({{fixture.ids[0], Quality::good(), fixture.context.clock().now(), Value(81.25)}});
  const QByteArray temperature =
      "{\"type\":\"telemetry\",\"endpointId\":59,\"value\":81.25,\"timestamp\":\"2026-01-01T00:00:00.000Z\","
      "\"quality\":\"good\"}";
  QCOMPARE(fixture.get("/api/os/telemetry/latest?endpointId=59").body, '[' + temperature + ']');
  for (const char *query : {"", "?endpointId=59,60", "?endpointId=59%2C60", "?endpointId=59&endpointId=60"}) {
    const HttpReply reply = fixture.get(QByteArray("/api/os/telemetry/latest") + query);
    QCOMPARE(reply.status, 200);
    QCOMPARE(reply.array().size(), 2);
    QVERIFY(reply.array().at(1).toObject().value(QStringLiteral("value")).isNull());
    QVERIFY(reply.head.contains("X-Total-Count: 2\r\n"));
  }
  QCOMPARE(fixture.get("/api/os/telemetry/latest?limit=1&offset=1").array().at(0)[u"endpointId"].toInt(), 60);
  QCOMPARE(fixture.get("/api/os/telemetry/latest?endpointId=x").status, 400);
  QCOMPARE(fixture.get("/api/os/telemetry/latest?limit=0").status, 400);
  for (const char *empty : {"endpointId=", "endpointIds=", "endpointId=,", "endpointIds=59"}) {
    QCOMPARE(fixture.get(QByteArray("/api/os/telemetry/latest?") + empty).status,
             QByteArrayView(empty).endsWith("59") ? 200 : 400);
  }
  const HttpReply unknown = fixture.get("/api/os/telemetry/latest?endpointId=59,98");
  QCOMPARE(unknown.status, 404);
  QCOMPARE(unknown.object().value(QStringLiteral("error")).toString(), QStringLiteral("no such endpointId: 98"));
}

void OsRestTest::R5_13_latestOnlyOfPointsThatTheCallerMayRead() {
  Fixture fixture(Fixture::config({QStringLiteral("points:plc1/pump/#:read")}));
  QCOMPARE(fixture.get("/api/os/telemetry/latest").array().size(), 1);
  QCOMPARE(fixture.get("/api/os/telemetry/latest?endpointId=60").status, 200);
  // A point that may not be read and one that is not there look the same.
  QCOMPARE(fixture.get("/api/os/telemetry/latest?endpointId=59").status, 403);
  QCOMPARE(fixture.get("/api/os/telemetry/latest?endpointId=98").status, 403);
}

void OsRestTest::R5_13_listsAlarms() {
  Fixture fixture;
  QCOMPARE(fixture.get("/api/os/alarms").status, 404);  // no plugin knows alarms
  Desk desk;
  fixture.context.answerWith(&desk);
  const HttpReply reply = fixture.get("/api/os/alarms?status=active");
  QCOMPARE(reply.status, 200);
  QVERIFY(reply.head.contains("X-Total-Count: 2\r\n"));
  const QJsonObject alarm = reply.array().at(0).toObject();
  QCOMPARE(alarm.value(QStringLiteral("alarmId")).toInt(), 4277);
  QCOMPARE(alarm.value(QStringLiteral("severity")).toString(), QStringLiteral("critical"));
  QCOMPARE(alarm.value(QStringLiteral("status")).toString(), QStringLiteral("active"));
  QCOMPARE(alarm.value(QStringLiteral("timestamp")).toString(), QStringLiteral("1970-01-01T00:00:01.000Z"));
  QCOMPARE(fixture.get("/api/os/alarms").array().size(), 2);
  const HttpReply second = fixture.get("/api/os/alarms?limit=1&offset=1");
  QCOMPARE(second.array().size(), 1);
  QCOMPARE(second.array().at(0)[u"ruleId"].toInt(), 78);
  QCOMPARE(fixture.get("/api/os/alarms?status=open").status, 400);
  QCOMPARE(fixture.get("/api/os/alarms?offset=-1").status, 400);
}

void OsRestTest::R5_13_alarmsByTheirStatus() {
  using Condition = AlarmCondition;
  Fixture fixture;
  FakeAlarms desk;
  fixture.context.answerWith(&desk);
  const auto stands = [&](int rule, AlarmState state, Condition condition) {
    AlarmTransition alarm = alarmOf(rule, state, AlarmState::Ok);
    alarm.condition = condition;
    desk.active.append({.since = fromMilliseconds(1'000), .transition = alarm});
  };
  stands(1, AlarmState::Alarm, Condition::UnacknowledgedActive);
  stands(2, AlarmState::Ok, Condition::RtnUnacknowledged);
  stands(3, AlarmState::Ok, Condition::Latched);
  stands(4, AlarmState::Alarm, Condition::Shelved);
  stands(5, AlarmState::Ok, Condition::OutOfService);
  const Time now = fixture.context.clock().now();
  const auto happened = [&](std::chrono::minutes ago, decltype(Event::body) body) {
    desk.records.append({static_cast<quint64>(desk.records.size() + 1), now - ago, {}, std::move(body)});
  };
  const auto over = [](int rule, Condition condition) {
    AlarmTransition alarm = alarmOf(rule, AlarmState::Ok, AlarmState::Alarm);
    alarm.condition = condition;
    return alarm;
  };
  const auto acknowledged = [](int rule) {
    auto change = changeOf(rule, Condition::Normal, Condition::RtnUnacknowledged, "ack");
    change.state = AlarmState::Ok;
    return change;
  };
  happened(std::chrono::hours(25), over(10, Condition::Normal));  // too long ago
  happened(std::chrono::minutes(50), over(2, Condition::RtnUnacknowledged));
  happened(std::chrono::minutes(40), over(11, Condition::Normal));
  happened(std::chrono::minutes(30), over(12, Condition::RtnUnacknowledged));
  happened(std::chrono::minutes(20), acknowledged(12));
  const auto rules = [&](const char *query) {
    QList<int> ids;
    for (const QJsonValue &each : fixture.get(QByteArray("/api/os/alarms") + query).array()) {
      ids << each[u"ruleId"].toInt();
    }
    return ids;
  };
  QCOMPARE(rules("?status=active"), QList<int>({1}));
  QCOMPARE(rules("?status=cleared_unacked"), QList<int>({2, 3}));
  QCOMPARE(rules("?status=cleared_acked"), QList<int>({12, 11}));
  QCOMPARE(rules(""), QList<int>({1, 2, 3, 12, 11}));
  QCOMPARE(rules("?limit=2&offset=2"), QList<int>({3, 12}));
  const QJsonObject cleared = fixture.get("/api/os/alarms?status=cleared_acked").array().at(0).toObject();
  QCOMPARE(cleared.value(QStringLiteral("status")).toString(), QStringLiteral("cleared_acked"));
  QCOMPARE(cleared.value(QStringLiteral("timestamp")).toString(), QStringLiteral("2025-12-31T23:30:00.000Z"));
}

void OsRestTest::R5_13_onlyAlarmsOfTheCallersAreas() {
  Fixture fixture(Fixture::config({QStringLiteral("alarms:cold-store:read")}));
  Desk desk;
  fixture.context.answerWith(&desk);
  const HttpReply reply = fixture.get("/api/os/alarms");
  QCOMPARE(reply.array().size(), 1);
  QCOMPARE(reply.array().at(0)[u"ruleId"].toInt(), 77);
  QVERIFY(reply.head.contains("X-Total-Count: 1\r\n"));
}

void OsRestTest::R5_12_ingestCountsWhatItTook() {
  Fixture fixture;
  Desk desk;
  fixture.context.answerWith(&desk);
  const HttpReply one =
      fixture.send("POST", ingestPath, "{\"endpointId\":59,\"value\":7.5,\"timestamp\":\"2025-12-27T06:00:00+01:00\"}");
  QCOMPARE(one.status, 200);
  QCOMPARE(one.body, QByteArray("{\"accepted\":1,\"reasons\":[],\"rejected\":0}"));
  QCOMPARE(desk.taken.size(), 1);
  QCOMPARE(desk.taken[0].point, fixture.ids[0]);
  QCOMPARE(desk.taken[0].value, Value(7.5));
  QCOMPARE(toIso(*desk.taken[0].time), QStringLiteral("2025-12-27T05:00:00.000Z"));

  const HttpReply several = fixture.send(
      "POST", ingestPath,
      "[{\"endpointId\":59,\"value\":8},{\"endpointId\":59,\"value\":100},{\"endpointId\":98,\"value\":1}]");
  QCOMPARE(several.status, 200);
  QCOMPARE(several.object().value(QStringLiteral("accepted")).toInt(), 1);
  QCOMPARE(several.object().value(QStringLiteral("rejected")).toInt(), 2);
  const QJsonArray reasons = several.object().value(QStringLiteral("reasons")).toArray();
  QCOMPARE(reasons.at(0)[u"index"].toInt(), 1);
  QCOMPARE(reasons.at(0)[u"reason"].toString(), QStringLiteral("out of range"));
  QCOMPARE(reasons.at(1)[u"endpointId"].toInt(), 98);
  QCOMPARE(reasons.at(1)[u"reason"].toString(), QStringLiteral("no such endpointId"));
  QVERIFY(!desk.taken[1].time);
}

void OsRestTest::R5_12_refusals_data() {
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<QString>("error");
  QTest::newRow("no JSON") << QByteArray("7") << "no values";
  QTest::newRow("empty list") << QByteArray("[]") << "no values";
  QTest::newRow("no object") << QByteArray("[5]") << "endpointId is wrong or missing";
  QTest::newRow("no endpointId") << QByteArray("{\"value\":1}") << "endpointId is wrong or missing";
  QTest::newRow("no value") << QByteArray("{\"endpointId\":59}") << "value is missing";
  QTest::newRow("list for a value") << QByteArray("{\"endpointId\":59,\"value\":[1]}") << "";
  QTest::newRow("no zone") << QByteArray("{\"endpointId\":59,\"value\":1,\"timestamp\":\"2025-12-27T06:00:00\"}")
                           << "timestamp is wrong";
  QTest::newRow("time as a number") << QByteArray("{\"endpointId\":59,\"value\":1,\"timestamp\":5}")
                                    << "timestamp is wrong";
  QTest::newRow("unknown") << QByteArray("{\"endpointId\":98,\"value\":1}") << "no such endpointId";
  QTest::newRow("no virtual point") << QByteArray("{\"endpointId\":59,\"value\":1}") << "not a virtual point";
}

void OsRestTest::R5_12_refusals() {
  QFETCH(QByteArray, body);
  QFETCH(QString, error);
  Fixture fixture;  // nobody offers an ingest desk
  const HttpReply reply = fixture.send("POST", ingestPath, body);
  QCOMPARE(reply.status, 400);
  QCOMPARE(reply.object().value(QStringLiteral("success")), QJsonValue(false));
  QVERIFY2(reply.body.contains(error.toUtf8()), reply.body.constData());
}

void OsRestTest::R5_12_needsPointsWriteForThePoint() {
  Desk desk;
  Fixture reader(Fixture::config({QStringLiteral("*:read")}));
  reader.context.answerWith(&desk);
  QCOMPARE(reader.send("POST", ingestPath, "{\"endpointId\":59,\"value\":1}").status, 403);
  Fixture fixture(Fixture::config({QStringLiteral("points:plc1/pump/*:write")}));
  fixture.context.answerWith(&desk);
  const HttpReply reply = fixture.send("POST", ingestPath, "{\"endpointId\":59,\"value\":1}");
  QCOMPARE(reply.status, 403);
  QCOMPARE(reply.object().value(QStringLiteral("rejected")).toInt(), 1);
  QVERIFY(desk.taken.isEmpty());
  const HttpReply mixed =
      fixture.send("POST", ingestPath, "[{\"endpointId\":59,\"value\":1},{\"endpointId\":60,\"value\":true}]");
  QCOMPARE(mixed.status, 200);
  QCOMPARE(mixed.object().value(QStringLiteral("accepted")).toInt(), 1);
  QCOMPARE(desk.taken.size(), 1);
  QCOMPARE(desk.taken[0].point, fixture.ids[1]);
}

TAGWIRE_TEST(OsRestTest)

}  // namespace osrest_test

#include "osrest_test.moc"
