// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "protocols/tests/recordingsession.h"
#include "restfixture.h"
#include "testprogram.h"

namespace alarmrules_test {

using namespace tagwire;
using namespace tagwire::ws;
using Change = AlarmRuleChange;
using Outcome = AlarmAnswer::Outcome;

namespace {

constexpr const char *path = "/api/v1/alarm-rules";

QJsonObject ruleObject(int id, const char *area, const char *point = "plc1/boiler/temp") {
  return {{QStringLiteral("id"), id},
          {QStringLiteral("name"), QStringLiteral("Boiler High Temp")},
          {QStringLiteral("point"), QLatin1String(point)},
          {QStringLiteral("comparison"), QStringLiteral("above")},
          {QStringLiteral("alarm_threshold"), 80},
          {QStringLiteral("area"), QLatin1String(area)}};
}

QByteArray textOf(const QJsonObject &json) { return QJsonDocument(json).toJson(QJsonDocument::Compact); }

struct Fixture : RestFixture {
  explicit Fixture(const QStringList &permissions = {QStringLiteral("*:*")}) : RestFixture(config(permissions)) {
    AlarmRule fromManifest;
    fromManifest.id = 77;
    fromManifest.rule = ruleObject(77, "hall");
    AlarmRule made;
    made.id = 1000;
    made.rule = ruleObject(1000, "cold-store");
    made.isFromManifest = false;
    made.version = 3;
    made.changedBy = QStringLiteral("ann");
    made.changedAt = fromMilliseconds(1'000);
    desk.ruleList = {fromManifest, made};
    context.addInstance(QStringLiteral("alarms"), QStringLiteral("alarms"), &desk);
  }
  HttpReply put(int id, const QJsonObject &rule) {
    return send("PUT", QByteArray(path) + '/' + QByteArray::number(id), textOf(rule));
  }

  FakeAlarms desk;
};

QString errorOf(const HttpReply &reply) { return reply.object().value(QStringLiteral("error")).toString(); }

}  // namespace

class AlarmRulesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_15_listAndOne();
  void R3_15_make();
  void R3_15_makeAtWhichInstance();
  void R3_15_wrongBodies_data();
  void R3_15_wrongBodies();
  void R3_15_change();
  void R3_15_twoPeopleAtOnce();
  void R3_15_remove();
  void R3_15_howItEnded();
  void R3_15_versions();
  void R3_15_rightsByArea();
  void R3_15_nobodyReadsAPointByARule();
};

void AlarmRulesTest::R3_15_listAndOne() {
  Fixture fixture;
  const HttpReply list = fixture.get(path);
  QCOMPARE(list.status, 200);
  QVERIFY(list.head.contains("X-Total-Count: 2\r\n"));
  const QJsonObject first = list.array().at(0).toObject();
  QCOMPARE(first[u"id"].toInt(), 77);
  QCOMPARE(first[u"alarm_threshold"].toDouble(), 80);
  QCOMPARE(first[u"from_manifest"], QJsonValue(true));
  QCOMPARE(fixture.get(QByteArray(path) + "?limit=1&offset=1").array().at(0)[u"id"].toInt(), 1000);
  const QJsonObject made = fixture.get(QByteArray(path) + "/1000").object();
  QCOMPARE(made[u"version"].toInt(), 3);
  QCOMPARE(made[u"changed_by"].toString(), QStringLiteral("ann"));
  QCOMPARE(made[u"changed_at"].toString(), QStringLiteral("1970-01-01T00:00:01.000Z"));
  QCOMPARE(fixture.get(QByteArray(path) + "/99").status, 404);
  QCOMPARE(fixture.get(QByteArray(path) + "/1e99").status, 400);
  QCOMPARE(fixture.get(QByteArray(path) + "?limit=0").status, 400);
}

void AlarmRulesTest::R3_15_make() {
  Fixture fixture;
  QJsonObject rule = ruleObject(1001, "hall");
  const HttpReply reply = fixture.send("POST", path, textOf(rule));
  QCOMPARE(reply.status, 201);
  QVERIFY(reply.head.contains("Location: /api/v1/alarm-rules/1001\r\n"));
  QCOMPARE(reply.object()[u"name"].toString(), QStringLiteral("Boiler High Temp"));
  QCOMPARE(fixture.desk.changes.size(), 1);
  QCOMPARE(fixture.desk.changes[0].kind, Change::Kind::Create);
  QCOMPARE(fixture.desk.changes[0].rule, rule);
  QCOMPARE(fixture.desk.changes[0].by, QStringLiteral("anonymous"));
}

void AlarmRulesTest::R3_15_makeAtWhichInstance() {
  Fixture fixture;
  FakeAlarms other;
  fixture.context.addInstance(QStringLiteral("cold"), QStringLiteral("alarms"), &other);
  const QByteArray rule = textOf(ruleObject(1001, "hall"));
  const HttpReply unclear = fixture.send("POST", path, rule);
  QCOMPARE(unclear.status, 400);
  QVERIFY(errorOf(unclear).contains(QStringLiteral("allowed: alarms, cold")));
  QCOMPARE(fixture.send("POST", QByteArray(path) + "?instance=hot", rule).status, 400);
  QCOMPARE(fixture.send("POST", QByteArray(path) + "?instance=cold", rule).status, 201);
  QCOMPARE(fixture.desk.changes.size(), 0);
  QCOMPARE(other.changes.size(), 1);
}

void AlarmRulesTest::R3_15_wrongBodies_data() {
  QTest::addColumn<QByteArray>("body");
  QTest::newRow("none") << QByteArray("");
  QTest::newRow("empty") << QByteArray("{}");
  QTest::newRow("list") << QByteArray("[]");
  QTest::newRow("number") << QByteArray("7");
  QTest::newRow("deep") << QByteArray(40'000, '[');
}

void AlarmRulesTest::R3_15_wrongBodies() {
  QFETCH(QByteArray, body);
  Fixture fixture;
  QCOMPARE(fixture.send("POST", path, body).status, 400);
  QCOMPARE(fixture.send("PUT", QByteArray(path) + "/1000", body).status, 400);
  QVERIFY(fixture.desk.changes.isEmpty());
}

void AlarmRulesTest::R3_15_change() {
  Fixture fixture;
  QJsonObject rule = fixture.get(QByteArray(path) + "/1000").object();
  rule.insert(QStringLiteral("alarm_threshold"), 90);
  // What was read can be sent back: what is no part of the rule is left out.
  const HttpReply reply = fixture.put(1000, rule);
  QCOMPARE(reply.status, 200);
  QCOMPARE(fixture.desk.changes.size(), 1);
  QJsonObject sent = ruleObject(1000, "cold-store");
  sent.insert(QStringLiteral("alarm_threshold"), 90);
  QCOMPARE(fixture.desk.changes[0].kind, Change::Kind::Replace);
  QCOMPARE(fixture.desk.changes[0].id, 1000);
  QCOMPARE(fixture.desk.changes[0].rule, sent);
  sent.remove(QStringLiteral("id"));
  QCOMPARE(fixture.put(1000, sent).status, 200);
  QCOMPARE(fixture.desk.changes[1].rule[u"id"].toInt(), 1000);
  sent.insert(QStringLiteral("id"), 1001);
  QCOMPARE(fixture.put(1000, sent).status, 400);
  QCOMPARE(fixture.put(99, ruleObject(99, "hall")).status, 404);
}

void AlarmRulesTest::R3_15_twoPeopleAtOnce() {
  Fixture fixture;
  QJsonObject rule = ruleObject(1000, "cold-store");
  rule.insert(QStringLiteral("version"), 2);
  const HttpReply late = fixture.put(1000, rule);
  QCOMPARE(late.status, 409);
  QVERIFY(errorOf(late).contains(QStringLiteral("version 3")));
  rule.insert(QStringLiteral("version"), 3);
  QCOMPARE(fixture.put(1000, rule).status, 200);
  QCOMPARE(fixture.desk.changes.size(), 1);
}

void AlarmRulesTest::R3_15_remove() {
  Fixture fixture;
  const HttpReply reply = fixture.ask("DELETE", QByteArray(path) + "/1000");
  QCOMPARE(reply.status, 204);
  QCOMPARE(fixture.desk.changes[0].kind, Change::Kind::Remove);
  QCOMPARE(fixture.desk.changes[0].id, 1000);
  QCOMPARE(fixture.ask("DELETE", QByteArray(path) + "/99").status, 404);
}

void AlarmRulesTest::R3_15_howItEnded() {
  Fixture fixture;
  fixture.desk.outcome = Outcome::NotPossible;
  fixture.desk.errors = QStringList{QStringLiteral("rule 77 stands in the manifest")};
  const HttpReply fixed = fixture.put(77, ruleObject(77, "hall"));
  QCOMPARE(fixed.status, 409);
  QCOMPARE(errorOf(fixed), QStringLiteral("rule 77 stands in the manifest"));
  QCOMPARE(fixture.ask("DELETE", QByteArray(path) + "/77").status, 409);
  fixture.desk.outcome = Outcome::Invalid;
  fixture.desk.errors = QStringList{QStringLiteral("alarm_threshold is missing"), QStringLiteral("no such point")};
  const HttpReply wrong = fixture.send("POST", path, textOf(ruleObject(1001, "hall")));
  QCOMPARE(wrong.status, 400);
  QCOMPARE(errorOf(wrong), QStringLiteral("alarm_threshold is missing; no such point"));
}

void AlarmRulesTest::R3_15_versions() {
  Fixture fixture;
  AlarmRule first = fixture.desk.ruleList[1];
  first.version = 1;
  AlarmRule removed = first;
  removed.version = 2;
  removed.rule = {};
  fixture.desk.versions[1000] = {first, removed};
  const QJsonArray versions = fixture.get(QByteArray(path) + "/1000/versions").array();
  QCOMPARE(versions.size(), 2);
  QCOMPARE(versions[0][u"version"].toInt(), 1);
  QVERIFY(!versions[0].toObject().contains(QStringLiteral("removed")));
  QCOMPARE(versions[1][u"removed"], QJsonValue(true));
  QCOMPARE(fixture.get(QByteArray(path) + "/99/versions").status, 404);
  QCOMPARE(fixture.get(QByteArray(path) + "/x/versions").status, 400);
  Fixture hall({QStringLiteral("alarms:hall:read")});
  hall.desk.versions[1000] = {first, removed};
  QCOMPARE(hall.get(QByteArray(path) + "/1000/versions").status, 404);
}

void AlarmRulesTest::R3_15_rightsByArea() {
  Fixture cold({QStringLiteral("alarms:cold-store:admin"), QStringLiteral("points:read")});
  QCOMPARE(cold.get(path).array().size(), 1);
  QCOMPARE(cold.get(path).array().at(0)[u"id"].toInt(), 1000);
  QCOMPARE(cold.get(QByteArray(path) + "/77").status, 404);
  QCOMPARE(cold.put(1000, ruleObject(1000, "cold-store")).status, 200);
  // Neither out of the own area nor into it.
  QCOMPARE(cold.put(1000, ruleObject(1000, "hall")).status, 403);
  QCOMPARE(cold.put(77, ruleObject(77, "cold-store")).status, 404);
  QCOMPARE(cold.ask("DELETE", QByteArray(path) + "/77").status, 404);
  QCOMPARE(cold.send("POST", path, textOf(ruleObject(1001, "hall"))).status, 403);
  QCOMPARE(cold.send("POST", path, textOf(ruleObject(1001, "cold-store"))).status, 201);
  QCOMPARE(cold.desk.changes.size(), 2);
  Fixture reader({QStringLiteral("alarms:read"), QStringLiteral("alarms:hall:admin"), QStringLiteral("points:read")});
  QCOMPARE(reader.put(1000, ruleObject(1000, "hall")).status, 403);
  QCOMPARE(reader.put(77, ruleObject(77, "hall")).status, 200);
}

void AlarmRulesTest::R3_15_nobodyReadsAPointByARule() {
  Fixture fixture({QStringLiteral("alarms:admin"), QStringLiteral("points:plc1/pump/#:read")});
  QCOMPARE(fixture.send("POST", path, textOf(ruleObject(1001, "hall", "plc1/pump/run"))).status, 201);
  const HttpReply denied = fixture.send("POST", path, textOf(ruleObject(1001, "hall", "plc1/boiler/temp")));
  QCOMPARE(denied.status, 403);
  QVERIFY(errorOf(denied).contains(QStringLiteral("points:read of point plc1/boiler/temp")));
  QCOMPARE(fixture.put(1000, ruleObject(1000, "hall", "plc1/boiler/temp")).status, 403);
  QJsonObject nested = ruleObject(1001, "hall", "plc1/pump/run");
  const QJsonObject condition{{QStringLiteral("not"), ruleObject(1, "hall", "plc1/boiler/temp")}};
  nested.insert(QStringLiteral("all"), QJsonArray{condition});
  QCOMPARE(fixture.send("POST", path, textOf(nested)).status, 403);
  QCOMPARE(fixture.desk.changes.size(), 1);
}

TAGWIRE_TEST(AlarmRulesTest)

}  // namespace alarmrules_test

#include "alarmrules_test.moc"
