// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "protocols/alarmsprotocol.h"
#include "recordingsession.h"
#include "testprogram.h"

namespace alarms_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

struct Bench {
  Bench() : protocol(context, Limits()) { context.answerWith(&desk); }
  void activate(int rule, AlarmState state, const char *area = "") {
    desk.active.append({context.clock().now(), alarmOf(rule, state, AlarmState::Ok, area)});
  }
  /// A client with its snapshot, taken off the record.
  void join(RecordingSession &session) {
    protocol.opened(session);
    QTRY_COMPARE(session.count(), 1);
    session.clear();
  }
  void move(int rule, AlarmState state, AlarmState previous, const char *area = "") {
    raise(context, protocol, alarmOf(rule, state, previous, area));
  }

  TestContext context;
  FakeAlarms desk;
  AlarmsProtocol protocol;
};

class AlarmsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_3_snapshot();
  void R3_3_snapshotWithoutADesk();
  void R3_3_transitionsMeanwhileAreInTheSnapshot();
  void R3_3_oneRequestForAllWhoComeAtOnce();
  void R3_4_transition();
  void R3_4_repeatsAreNeverSent();
  void R3_4_whatTheSnapshotSaidIsNotRepeated();
  void R3_4_transitionsAreToldWhileAnInstanceComes();
  void R3_5_filter();
  void R3_5_wrongFilters_data();
  void R3_5_wrongFilters();
  void R3_3_snapshotsOfOtherRightsDiffer();
  void R3_3_snapshotHasThreeLists();
  void R3_3_changesMeanwhileAreInTheSnapshot();
  void R3_4_whatElseThereIsToSay();
  void R3_20_conditionsAreNoStates();
  void R3_20_conditionsPassTheFilter();
  void unknownMessages_data();
  void unknownMessages();
  void clientsThatLeaveAreForgotten();
};

void AlarmsTest::R3_3_snapshot() {
  Bench bench;
  RecordingSession session;
  bench.activate(77, AlarmState::Alarm);
  bench.activate(88, AlarmState::Warning);
  bench.context.manualClock().advance(123456us);
  bench.protocol.opened(session);
  QTRY_COMPARE(session.count(), 1);
  const QJsonObject snapshot = session.last();
  QCOMPARE(snapshot.value(QStringLiteral("type")).toString(), QStringLiteral("snapshot"));
  QCOMPARE(snapshot.value(QStringLiteral("ts")).toString(), QStringLiteral("2026-01-01T00:00:00.123456+00:00"));
  const QJsonArray active = snapshot.value(QStringLiteral("active")).toArray();
  QCOMPARE(active.size(), 2);
  QCOMPARE(active[0].toObject().value(QStringLiteral("rule_id")).toInt(), 77);
  QCOMPARE(active[0].toObject().value(QStringLiteral("state")).toString(), QStringLiteral("ALARM"));
  QCOMPARE(active[1].toObject().value(QStringLiteral("state")).toString(), QStringLiteral("WARNING"));
  QCOMPARE(active[1].toObject().value(QStringLiteral("alarm_threshold")).toDouble(), 80);
}

void AlarmsTest::R3_3_snapshotWithoutADesk() {
  Bench bench;
  RecordingSession session;
  bench.context.answerWith(nullptr);
  bench.protocol.opened(session);
  QTRY_COMPARE(session.count(), 1);
  QVERIFY(session.last().value(QStringLiteral("active")).isArray());
}

void AlarmsTest::R3_3_transitionsMeanwhileAreInTheSnapshot() {
  Bench bench;
  RecordingSession session;
  bench.activate(77, AlarmState::Alarm);
  bench.activate(78, AlarmState::Alarm);
  bench.desk.isHolding = true;
  bench.protocol.opened(session);
  QTRY_COMPARE(bench.desk.asked, 1);
  bench.move(77, AlarmState::Ok, AlarmState::Alarm);
  bench.move(78, AlarmState::Warning, AlarmState::Alarm);
  bench.move(99, AlarmState::Alarm, AlarmState::Ok);
  QCOMPARE(session.count(), 0);
  bench.desk.held(bench.desk.active);
  QTRY_COMPARE(session.count(), 1);
  const QJsonArray active = session.last().value(QStringLiteral("active")).toArray();
  QCOMPARE(active.size(), 2);
  QCOMPARE(active[0].toObject().value(QStringLiteral("state")).toString(), QStringLiteral("WARNING"));
  QCOMPARE(active[1].toObject().value(QStringLiteral("rule_id")).toInt(), 99);
}

void AlarmsTest::R3_3_oneRequestForAllWhoComeAtOnce() {
  Bench bench;
  std::vector<std::unique_ptr<RecordingSession>> sessions;
  for (int count = 0; count < 100; ++count) {
    sessions.push_back(std::make_unique<RecordingSession>());
    bench.protocol.opened(*sessions.back());
  }
  QTRY_COMPARE(sessions.back()->count(), 1);
  for (const auto &session : sessions) QCOMPARE(session->count(), 1);
  QCOMPARE(bench.desk.asked, 1);
  // Encoded once for all of the same rights.
  const char *bytes = sessions.front()->frames[0].bytes().constData();
  for (const auto &session : sessions) QCOMPARE(session->frames[0].bytes().constData(), bytes);
}

void AlarmsTest::R3_3_snapshotsOfOtherRightsDiffer() {
  Bench bench;
  bench.activate(77, AlarmState::Alarm, "hall");
  bench.activate(88, AlarmState::Alarm, "brewhouse");
  RecordingSession all;
  RecordingSession some;
  RecordingSession filtered;
  some.allow({QStringLiteral("alarms:hall:read")});
  for (RecordingSession *each : {&all, &some, &filtered}) bench.protocol.opened(*each);
  bench.protocol.received(filtered, R"({"type":"filter","rules":[88]})");
  const auto rules = [](const RecordingSession &session) {
    QStringList ids;
    for (const QJsonValue &each : session.last().value(QStringLiteral("active")).toArray()) {
      ids << QString::number(each[u"rule_id"].toInt());
    }
    return ids.join(u' ');
  };
  QTRY_COMPARE(filtered.count(), 2);
  QCOMPARE(rules(all), QStringLiteral("77 88"));
  QCOMPARE(rules(some), QStringLiteral("77"));
  QCOMPARE(rules(filtered), QStringLiteral("88"));
}

void AlarmsTest::R3_4_transition() {
  Bench bench;
  RecordingSession one;
  RecordingSession two;
  bench.join(one);
  bench.join(two);
  bench.context.manualClock().setNow(Time(std::chrono::microseconds(1'708'349'865'123'456)));
  bench.move(77, AlarmState::Alarm, AlarmState::Ok);
  QCOMPARE(
      one.text(0),
      QByteArray(R"({"type":"alarm_state","ts":"2024-02-19T13:37:45.123456+00:00","datapoint_id":42,"rule_id":77,)"
                 R"("rule_name":"Compressor Discharge High Temp","state":"ALARM","severity":"critical",)"
                 R"("comparison":"above","value":85.5,"warning_threshold":75.0,"alarm_threshold":80.0,)"
                 R"("message":"Rule Compressor Discharge High Temp -> ALARM","alarm_id":4277,"condition":"Normal"})"));
  QCOMPARE(one.frames[0].bytes().constData(), two.frames[0].bytes().constData());
}

void AlarmsTest::R3_4_repeatsAreNeverSent() {
  Bench bench;
  RecordingSession session;
  bench.join(session);
  bench.move(77, AlarmState::Alarm, AlarmState::Ok);
  bench.move(77, AlarmState::Alarm, AlarmState::Alarm);
  bench.move(77, AlarmState::Alarm, AlarmState::Ok);
  QCOMPARE(session.count(), 1);
  bench.move(77, AlarmState::Ok, AlarmState::Alarm);
  bench.move(77, AlarmState::Alarm, AlarmState::Ok);
  QCOMPARE(session.each("state"),
           (QStringList{QStringLiteral("ALARM"), QStringLiteral("OK"), QStringLiteral("ALARM")}));
}

void AlarmsTest::R3_4_whatTheSnapshotSaidIsNotRepeated() {
  Bench bench;
  RecordingSession older;
  bench.join(older);
  bench.activate(77, AlarmState::Alarm);
  RecordingSession newer;
  bench.join(newer);
  // The desk knew of it before its event reached us.
  bench.move(77, AlarmState::Alarm, AlarmState::Ok);
  QCOMPARE(older.count(), 1);
  QCOMPARE(newer.count(), 0);
  bench.move(77, AlarmState::Ok, AlarmState::Alarm);
  bench.move(77, AlarmState::Alarm, AlarmState::Ok);
  QCOMPARE(newer.count(), 2);
  QCOMPARE(older.count(), 3);
}

void AlarmsTest::R3_3_snapshotHasThreeLists() {
  Bench bench;
  bench.activate(1, AlarmState::Alarm);
  bench.activate(2, AlarmState::Ok);
  bench.activate(3, AlarmState::Ok);
  bench.activate(4, AlarmState::Warning);
  bench.desk.active[0].isAcknowledged = true;
  bench.desk.active[0].acknowledgedBy = QStringLiteral("ann");
  bench.desk.active[0].acknowledgedAt = bench.context.clock().now();
  bench.desk.active[0].comment = QStringLiteral("seen");
  bench.desk.active[1].transition.condition = AlarmCondition::RtnUnacknowledged;
  bench.desk.active[2].transition.condition = AlarmCondition::OutOfService;
  bench.desk.active[2].outOfServiceBy = QStringLiteral("eve");
  bench.desk.active[3].transition.condition = AlarmCondition::Shelved;
  bench.desk.active[3].shelvedUntil = bench.context.clock().now() + 60s;
  RecordingSession session;
  bench.protocol.opened(session);
  QTRY_COMPARE(session.count(), 1);
  const auto list = [&](const char *key) { return session.last().value(QLatin1String(key)).toArray(); };
  QCOMPARE(list("active").size(), 2);
  QCOMPARE(list("active")[0][u"acknowledged"].toBool(), true);
  QCOMPARE(list("active")[0][u"acknowledged_by"].toString(), QStringLiteral("ann"));
  QCOMPARE(list("active")[0][u"acknowledged_at"].toString(), QStringLiteral("2026-01-01T00:00:00.000000+00:00"));
  QCOMPARE(list("active")[0][u"comment"].toString(), QStringLiteral("seen"));
  QCOMPARE(list("active")[1][u"condition"].toString(), QStringLiteral("Shelved"));
  QCOMPARE(list("active")[1][u"shelved_until"].toString(), QStringLiteral("2026-01-01T00:01:00.000000+00:00"));
  QCOMPARE(list("unacknowledged").size(), 1);
  QCOMPARE(list("unacknowledged")[0][u"rule_id"].toInt(), 2);
  QCOMPARE(list("inhibited").size(), 1);
  QCOMPARE(list("inhibited")[0][u"out_of_service_by"].toString(), QStringLiteral("eve"));
}

void AlarmsTest::R3_3_changesMeanwhileAreInTheSnapshot() {
  using Condition = AlarmCondition;
  Bench bench;
  bench.activate(77, AlarmState::Alarm);
  bench.activate(78, AlarmState::Ok);
  bench.desk.active[1].transition.condition = Condition::RtnUnacknowledged;
  bench.desk.isHolding = true;
  RecordingSession session;
  bench.protocol.opened(session);
  QTRY_COMPARE(bench.desk.asked, 1);
  auto acknowledged = changeOf(77, Condition::AcknowledgedActive, Condition::UnacknowledgedActive, "ack");
  raise(bench.context, bench.protocol, acknowledged);
  auto over = changeOf(78, Condition::Normal, Condition::RtnUnacknowledged, "ack");
  over.state = AlarmState::Ok;
  raise(bench.context, bench.protocol, over);
  auto shelved = changeOf(79, Condition::Shelved, Condition::Normal, "shelve");
  shelved.state = AlarmState::Ok;
  shelved.until = bench.context.clock().now() + 60s;
  raise(bench.context, bench.protocol, shelved);
  bench.desk.held(bench.desk.active);
  QTRY_COMPARE(session.count(), 1);
  const QJsonArray active = session.last().value(QStringLiteral("active")).toArray();
  QCOMPARE(active.size(), 1);
  QCOMPARE(active[0][u"condition"].toString(), QStringLiteral("Acknowledged-Active"));
  QCOMPARE(active[0][u"acknowledged_by"].toString(), QStringLiteral("ann"));
  QVERIFY(session.last().value(QStringLiteral("unacknowledged")).toArray().isEmpty());
  const QJsonArray inhibited = session.last().value(QStringLiteral("inhibited")).toArray();
  QCOMPARE(inhibited.size(), 1);
  QCOMPARE(inhibited[0][u"rule_id"].toInt(), 79);
  QCOMPARE(inhibited[0][u"shelved_by"].toString(), QStringLiteral("ann"));
  QVERIFY(inhibited[0][u"value"].isNull());
}

void AlarmsTest::R3_4_whatElseThereIsToSay() {
  Bench bench;
  RecordingSession session;
  bench.join(session);
  AlarmTransition alarm = alarmOf(77, AlarmState::Alarm, AlarmState::Ok);
  alarm.condition = AlarmCondition::UnacknowledgedActive;
  alarm.level = QStringLiteral("HH");
  alarm.valueText = QStringLiteral("Tripped");
  alarm.isFirstOut = true;
  alarm.isChattering = true;
  alarm.isStored = false;
  raise(bench.context, bench.protocol, alarm);
  QVERIFY2(session.text(0).endsWith(R"("condition":"Unacknowledged-Active","level":"HH","value_text":"Tripped",)"
                                    R"("first_out":true,"chattering":true,"stored":false})"),
           session.text(0).constData());
}

void AlarmsTest::R3_20_conditionsAreNoStates() {
  Bench bench;
  RecordingSession session;
  bench.join(session);
  auto change = changeOf(77, AlarmCondition::Shelved, AlarmCondition::UnacknowledgedActive, "shelve", "hall");
  change.comment = QStringLiteral("known");
  change.until = bench.context.clock().now() + 60s;
  change.isStored = false;
  raise(bench.context, bench.protocol, change);
  QCOMPARE(session.count(), 1);
  QCOMPARE(session.text(0),
           QByteArray(R"({"type":"alarm_condition","ts":"2026-01-01T00:00:00.000000+00:00","rule_id":77,)"
                      R"("rule_name":"Compressor Discharge High Temp","condition":"Shelved",)"
                      R"("previous_condition":"Unacknowledged-Active","state":"ALARM","severity":"critical",)"
                      R"("cause":"shelve","by":"ann","comment":"known","until":"2026-01-01T00:01:00.000000+00:00",)"
                      R"("alarm_id":4277,"area":"hall","stored":false})"));
  // A state that was told before is no repeat of a condition, and the other way round.
  bench.move(77, AlarmState::Alarm, AlarmState::Ok, "hall");
  raise(bench.context, bench.protocol, change);
  QCOMPARE(session.each("type").join(u' '), QStringLiteral("alarm_condition alarm_state alarm_condition"));
}

void AlarmsTest::R3_20_conditionsPassTheFilter() {
  Bench bench;
  RecordingSession all;
  RecordingSession filtered;
  RecordingSession elsewhere;
  elsewhere.allow({QStringLiteral("alarms:brewhouse:read")});
  for (RecordingSession *each : {&all, &filtered, &elsewhere}) bench.join(*each);
  bench.protocol.received(filtered, R"({"type":"filter","rules":[5]})");
  QTRY_COMPARE(filtered.count(), 2);
  filtered.clear();
  const auto acknowledged = AlarmCondition::AcknowledgedActive;
  raise(bench.context, bench.protocol, changeOf(77, acknowledged, AlarmCondition::UnacknowledgedActive, "ack", "hall"));
  QCOMPARE(all.count(), 1);
  QCOMPARE(filtered.count(), 0);
  QCOMPARE(elsewhere.count(), 0);
}

void AlarmsTest::R3_4_transitionsAreToldWhileAnInstanceComes() {
  Bench bench;
  RecordingSession session;
  bench.activate(77, AlarmState::Alarm);
  bench.join(session);
  bench.desk.isHolding = true;
  bench.context.setInstances({{QStringLiteral("test"), QStringLiteral("alarms"), PluginState::Running, {}}});
  bench.protocol.tick(bench.context.clock().now());
  QTRY_COMPARE(bench.desk.asked, 2);
  bench.move(77, AlarmState::Ok, AlarmState::Alarm);
  QCOMPARE(session.count(), 1);
  QCOMPARE(session.last().value(QStringLiteral("state")).toString(), QStringLiteral("OK"));
  bench.move(88, AlarmState::Alarm, AlarmState::Ok);
  QCOMPARE(session.count(), 2);
  bench.desk.held({});
  QTRY_COMPARE(session.count(), 3);
  const QJsonArray active = session.last().value(QStringLiteral("active")).toArray();
  QCOMPARE(active.size(), 1);
  QCOMPARE(active[0].toObject().value(QStringLiteral("rule_id")).toInt(), 88);
}

void AlarmsTest::R3_5_filter() {
  Bench bench;
  RecordingSession session;
  bench.activate(77, AlarmState::Alarm, "cold-store/a");
  bench.activate(88, AlarmState::Alarm, "brewhouse");
  bench.join(session);
  bench.protocol.received(session,
                          R"({"type":"filter","rules":[77,78,88],"severities":["critical"],"areas":["cold-store/*"]})");
  QTRY_COMPARE(session.count(), 2);
  QCOMPARE(session.text(0), QByteArray(R"({"type":"result","of":"filter","ok":true})"));
  QCOMPARE(session.message(1).value(QStringLiteral("active")).toArray().size(), 1);
  session.clear();
  bench.move(78, AlarmState::Alarm, AlarmState::Ok, "cold-store/b");
  bench.move(79, AlarmState::Alarm, AlarmState::Ok, "cold-store/b");
  bench.move(88, AlarmState::Warning, AlarmState::Alarm, "brewhouse");
  QCOMPARE(session.each("rule_id"), QStringList{QStringLiteral("78")});
}

void AlarmsTest::R3_5_wrongFilters_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("error");
  QTest::newRow("rules") << QByteArray(R"({"type":"filter","rules":"77"})") << "rules must be a list";
  QTest::newRow("no rules") << QByteArray(R"({"type":"filter","rules":[]})") << "leave it out to get all";
  QTest::newRow("rule of text") << QByteArray(R"({"type":"filter","rules":["77"]})") << "rules must hold rule ids";
  QTest::newRow("severity") << QByteArray(R"({"type":"filter","severities":["bad"]})") << "severities may hold";
  QTest::newRow("area") << QByteArray(R"({"type":"filter","areas":["a//b"]})") << "empty level";
  QTest::newRow("area of number") << QByteArray(R"({"type":"filter","areas":[5]})") << "areas must hold texts";
  QTest::newRow("many") << R"({"type":"filter","rules":[1)" + QByteArray(",1").repeated(1000) + "]}"
                        << "1 to 1000";
}

void AlarmsTest::R3_5_wrongFilters() {
  QFETCH(QByteArray, text);
  QFETCH(QString, error);
  Bench bench;
  RecordingSession session;
  bench.join(session);
  bench.protocol.received(session, text);
  QCOMPARE(session.count(), 1);
  const QString message = session.last().value(QStringLiteral("message")).toString();
  QVERIFY2(message.contains(error), qPrintable(message));
  session.clear();
  bench.move(5, AlarmState::Alarm, AlarmState::Ok);  // the filter is as it was
  QCOMPARE(session.count(), 1);
}

void AlarmsTest::unknownMessages_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("error");
  QTest::newRow("unknown") << QByteArray(R"({"type":"x"})") << "unknown type \"x\"";
  QTest::newRow("no type") << QByteArray("{}") << "type must be a text";
  QTest::newRow("deep") << QByteArray(40'000, '[') << "not JSON";
}

void AlarmsTest::unknownMessages() {
  QFETCH(QByteArray, text);
  QFETCH(QString, error);
  Bench bench;
  RecordingSession session;
  bench.join(session);
  bench.protocol.received(session, text);
  QCOMPARE(session.last().value(QStringLiteral("type")).toString(), QStringLiteral("error"));
  QVERIFY(session.last().value(QStringLiteral("message")).toString().contains(error));
  QCOMPARE(session.closeCode, 0);
}

void AlarmsTest::clientsThatLeaveAreForgotten() {
  Bench bench;
  bench.desk.isHolding = true;
  {
    RecordingSession gone;
    bench.protocol.opened(gone);
    QTRY_COMPARE(bench.desk.asked, 1);
    bench.protocol.closed(gone);
  }
  RecordingSession stays;
  bench.protocol.opened(stays);
  bench.desk.held(QList<AlarmStatus>());
  QTRY_COMPARE(stays.count(), 1);
  bench.move(5, AlarmState::Alarm, AlarmState::Ok);
  QCOMPARE(stays.count(), 2);
}

TAGWIRE_TEST(AlarmsTest)

}  // namespace alarms_test

#include "alarms_test.moc"
