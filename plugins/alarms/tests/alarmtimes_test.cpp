// SPDX-License-Identifier: Apache-2.0
#include <QRandomGenerator>

#include "enginebench.h"
#include "testprogram.h"

namespace alarmtimes_test {

using namespace tagwire;
using namespace tagwire::alarms;

using Bench = EngineBench;

/// What follows from time, restarts and changes of rules.
class AlarmTimesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_22_restartBringsEverythingBack();
  void R3_22_restartRaisesNothingTwice();
  void R3_22_alarmThatWentAwayMeanwhile();
  void R3_23_escalates();
  void R3_23_acknowledgingEndsTheEscalation();
  void R3_23_escalationGoesOnOverARestart();
  void R3_23_flickeringDoesNotPutTheEscalationOff();
  void setStateStays();
  void lateStoreBringsBackWhatOperatorsDid();
  void ruleWaitsForItsPoint();
  void replacedRuleKeepsAnOldValueOld();
  void eachInputComplainsOnce();
  void chatteringIsMarkedAndEnds();
  void chatteringIsShelvedUpToItsLimit();
  void ruleIsReplacedAndRemoved();
  void clockThatIsSetEndsShelvings();
};

void AlarmTimesTest::R3_22_restartBringsEverythingBack() {
  Bench bench(R"({"rules":[
      {"id":1,"name":"A","point":"p/a","comparison":"above","warning_threshold":3,"alarm_threshold":5},
      {"id":2,"name":"B","point":"p/a","comparison":"above","alarm_threshold":5},
      {"id":3,"name":"C","point":"p/a","comparison":"above","alarm_threshold":5},
      {"id":4,"name":"D","point":"p/a","comparison":"above","alarm_threshold":5,"latch":true},
      {"id":5,"name":"E","point":"p/a","comparison":"above","alarm_threshold":5},
      {"id":6,"name":"F","point":"p/b","comparison":"above","alarm_threshold":5}]})");
  bench.begin();
  bench.feed("p/b", 9);
  bench.feed("p/a", 9);
  bench.act(Kind::Acknowledge, 1);
  bench.act(Kind::Shelve, 2);
  bench.act(Kind::Suppress, 3);
  bench.act(Kind::Acknowledge, 4);
  bench.act(Kind::OutOfService, 5);
  bench.feed("p/a", 4);
  const auto before = bench.engine->standing();
  QCOMPARE(before.size(), 6);
  bench.restart();
  QVERIFY(bench.told().isEmpty());
  const auto behind = bench.engine->standing();
  QCOMPARE(behind.size(), before.size());
  for (qsizetype i = 0; i < before.size(); ++i) {
    QCOMPARE(behind[i].transition.state, before[i].transition.state);
    QCOMPARE(behind[i].transition.condition, before[i].transition.condition);
    QCOMPARE(behind[i].transition.alarmId, before[i].transition.alarmId);
    QCOMPARE(behind[i].since, before[i].since);
    QCOMPARE(behind[i].acknowledgedBy, before[i].acknowledgedBy);
    QCOMPARE(behind[i].shelvedUntil, before[i].shelvedUntil);
    QCOMPARE(behind[i].suppressedBy, before[i].suppressedBy);
    QCOMPARE(behind[i].outOfServiceBy, before[i].outOfServiceBy);
  }
  bench.pass(10min);
  QCOMPARE(bench.condition(2), AlarmCondition::RtnUnacknowledged);
}

void AlarmTimesTest::R3_22_restartRaisesNothingTwice() {
  Bench bench(oneRule);
  bench.begin();
  bench.feed("plc1/boiler/temp", 85);
  bench.act(Kind::Acknowledge);
  bench.restart();
  bench.feed("plc1/boiler/temp", 86);
  QVERIFY(bench.told().isEmpty());
  QCOMPARE(bench.condition(), AlarmCondition::AcknowledgedActive);
  bench.feed("plc1/boiler/temp", 86, Quality::bad(QualityReason::NoConnection));
  QVERIFY(bench.told().isEmpty());
}

void AlarmTimesTest::R3_22_alarmThatWentAwayMeanwhile() {
  Bench bench(oneRule);
  bench.begin();
  bench.feed("plc1/boiler/temp", 85);
  bench.restart();
  QCOMPARE(bench.engine->activeCount(), 1);
  bench.feed("plc1/boiler/temp", 20);
  QCOMPARE(bench.told(), Told{QStringLiteral("OK/RTN-Unacknowledged")});
  QCOMPARE(bench.occasions(), QList{Occasion::Kind::Resolved});
  QCOMPARE(bench.engine->activeCount(), 0);
}

const QByteArray escalatingRule = R"({"escalations":[{"id":"boss","steps":[
      {"after_ms":60000,"severity":"critical"},{"after_ms":120000,"notify":["manager"]}]}],
    "rules":[{"id":1,"name":"A","point":"p/a","comparison":"above","alarm_threshold":5,"severity":"minor",
              "escalation":"boss"}]})";

void AlarmTimesTest::R3_23_escalates() {
  Bench bench(escalatingRule);
  bench.begin();
  bench.feed("p/a", 9);
  QCOMPARE(*bench.engine->nextDue(), bench.now.elapsed + 60s);
  bench.pass(59s);
  QVERIFY(bench.told().isEmpty());
  bench.pass(1s);
  QCOMPARE(bench.told(), Told{QStringLiteral("escalated/Unacknowledged-Active")});
  QCOMPARE(bench.engine->status(1).transition.severity, Severity::Critical);
  QVERIFY(bench.outcome.occasions.first().targets.isEmpty());
  bench.pass(60s);
  QCOMPARE(bench.outcome.occasions.first().targets, QStringList{QStringLiteral("manager")});
  bench.pass(1h);
  QVERIFY(bench.told().isEmpty());
  bench.feed("p/a", 0);
  bench.act(Kind::Acknowledge);
  bench.feed("p/a", 9);
  QCOMPARE(bench.engine->status(1).transition.severity, Severity::Minor);
}

void AlarmTimesTest::R3_23_acknowledgingEndsTheEscalation() {
  Bench bench(escalatingRule);
  bench.begin();
  bench.feed("p/a", 9);
  bench.act(Kind::Acknowledge);
  bench.pass(1h);
  QVERIFY(bench.told().isEmpty());
}

void AlarmTimesTest::R3_23_escalationGoesOnOverARestart() {
  Bench bench(escalatingRule);
  bench.begin();
  bench.feed("p/a", 9);
  bench.pass(60s);
  bench.restart();
  QVERIFY(bench.told().isEmpty());
  QCOMPARE(bench.engine->status(1).transition.severity, Severity::Critical);
  bench.pass(60s);
  QCOMPARE(bench.outcome.occasions.first().targets, QStringList{QStringLiteral("manager")});
}

void AlarmTimesTest::R3_23_flickeringDoesNotPutTheEscalationOff() {
  Bench bench(escalatingRule);
  bench.begin();
  for (int i = 0; i < 5; ++i) {
    bench.feed("p/a", 9);
    bench.pass(7s);
    bench.feed("p/a", 0);
    bench.pass(5s);
  }
  bench.feed("p/a", 9);
  QCOMPARE(bench.engine->status(1).transition.severity, Severity::Minor);
  bench.pass(1s);
  QCOMPARE(bench.told(), Told{QStringLiteral("escalated/Unacknowledged-Active")});
}

void AlarmTimesTest::setStateStays() {
  Bench bench(R"({"rules":[]})");
  Rule rule;
  rule.id = 9;
  rule.name = QStringLiteral("Own");
  rule.alarmThreshold = 1;
  bench.engine->put(rule);
  bench.begin();
  AlarmEngine::Outcome outcome;
  bench.engine->set(9, AlarmState::Alarm, QStringLiteral("disk full"), bench.now, outcome);
  QCOMPARE(outcome.events.size(), 1);
  AlarmAction action{.kind = Kind::Shelve, .ruleId = 9, .by = {}, .comment = {}, .duration = 10min};
  bench.act(action);
  bench.pass(10min);
  QCOMPARE(bench.told(), Told{QStringLiteral("shelving_ended/Unacknowledged-Active")});
  bench.engine->set(9, AlarmState::Ok, {}, bench.now, outcome);
  bench.now.time += 1h;
  bench.pass(1s);
  QVERIFY(bench.told().isEmpty());
  QCOMPARE(bench.engine->status(9).transition.state, AlarmState::Ok);
}

void AlarmTimesTest::lateStoreBringsBackWhatOperatorsDid() {
  Bench bench(R"({"rules":[{"id":1,"name":"A","point":"p/a","comparison":"above","alarm_threshold":5},
                           {"id":2,"name":"B","point":"p/b","comparison":"above","alarm_threshold":5},
                           {"id":3,"name":"C","point":"p/c","comparison":"above","alarm_threshold":5}]})");
  AlarmMemory acknowledged;
  acknowledged.state = AlarmState::Alarm;
  acknowledged.condition.alarm = AlarmCondition::AcknowledgedActive;
  acknowledged.acknowledgedBy = QStringLiteral("anna");
  acknowledged.occurrence = 7;
  AlarmMemory open = acknowledged;
  open.condition.alarm = AlarmCondition::UnacknowledgedActive;
  bench.begin();
  bench.feed("p/a", 9);
  bench.feed("p/b", 0);
  AlarmEngine::Outcome outcome;
  bench.engine->adopt(1, acknowledged, bench.now, outcome);
  bench.engine->adopt(2, open, bench.now, outcome);
  bench.engine->adopt(3, open, bench.now, outcome);
  QCOMPARE(bench.condition(1), AlarmCondition::AcknowledgedActive);
  QCOMPARE(bench.condition(2), AlarmCondition::RtnUnacknowledged);
  QCOMPARE(bench.condition(3), AlarmCondition::UnacknowledgedActive);
  QCOMPARE(bench.state(3), AlarmState::Alarm);
  QCOMPARE(outcome.events.size(), 3);
  QCOMPARE(bench.engine->status(2).transition.alarmId, 7);
  QCOMPARE(bench.engine->activeCount(), 2);
  // What operators did without the store holds.
  bench.act(Kind::Acknowledge, 3);
  bench.act(Kind::Shelve, 2);
  outcome = {};
  bench.engine->adopt(3, open, bench.now, outcome);
  bench.engine->adopt(2, open, bench.now, outcome);
  QCOMPARE(bench.condition(3), AlarmCondition::AcknowledgedActive);
  QCOMPARE(bench.condition(2), AlarmCondition::Shelved);
  QVERIFY(outcome.events.isEmpty());
}

void AlarmTimesTest::ruleWaitsForItsPoint() {
  Bench bench(oneRule);
  bench.hidden = QStringLiteral("plc1/boiler/temp");
  bench.make();
  bench.begin();
  QCOMPARE(bench.engine->unknownPoints(), QStringList{QStringLiteral("plc1/boiler/temp")});
  bench.feed("plc1/boiler/temp", 85);
  QVERIFY(bench.told().isEmpty());
  AlarmEngine::Outcome outcome;
  QVERIFY(!bench.engine->bindAgain(bench.now, outcome));
  bench.hidden.clear();
  QVERIFY(bench.engine->bindAgain(bench.now, outcome));
  QCOMPARE(outcome.events.size(), 1);
  QCOMPARE(bench.state(), AlarmState::Alarm);
  QVERIFY(bench.engine->unknownPoints().isEmpty());
}

void AlarmTimesTest::replacedRuleKeepsAnOldValueOld() {
  Bench bench(R"({"rules":[{"id":1,"name":"A","point":"p/a","comparison":"stale","stale_after_ms":60000}]})");
  bench.begin();
  bench.feed("p/a", 1);
  bench.pass(60s);
  QCOMPARE(bench.state(), AlarmState::Alarm);
  Rule rule = *bench.engine->rule(1);
  rule.name = QStringLiteral("Other name");
  AlarmEngine::Outcome outcome;
  bench.engine->put(rule);
  bench.engine->begin(1, bench.now, outcome);
  QVERIFY(outcome.events.isEmpty());
  QCOMPARE(bench.state(), AlarmState::Alarm);
}

void AlarmTimesTest::eachInputComplainsOnce() {
  Bench bench(
      R"({"rules":[{"id":1,"name":"A","point":"p/a","comparison":"deviation","reference":"p/b","alarm_threshold":5}]})");
  bench.begin();
  int complaints = 0;
  for (int i = 0; i < 5; ++i) {
    bench.feed("p/a", 1);
    bench.feedText("p/b", "off");
    complaints += static_cast<int>(bench.outcome.notUsable.size());
  }
  QCOMPARE(complaints, 1);
}

void AlarmTimesTest::chatteringIsMarkedAndEnds() {
  Bench bench(R"({"chatter":{"count":3,"window_ms":60000},
      "rules":[{"id":1,"name":"A","point":"p/a","comparison":"above","alarm_threshold":5}]})");
  bench.begin();
  for (int i = 0; i < 3; ++i) {
    bench.pass(10s);
    bench.feed("p/a", 9);
    if (i < 2) bench.feed("p/a", 0);
  }
  QCOMPARE(bench.told(),
           (Told{QStringLiteral("ALARM/Unacknowledged-Active"), QStringLiteral("chattering/Unacknowledged-Active")}));
  QCOMPARE(bench.engine->chattering(), QList{1});
  bench.pass(39s);
  QVERIFY(bench.told().isEmpty());
  bench.pass(1s);
  QCOMPARE(bench.told(), Told{QStringLiteral("chattering_ended/Unacknowledged-Active")});
}

void AlarmTimesTest::chatteringIsShelvedUpToItsLimit() {
  Bench bench(R"({"chatter":{"count":2,"window_ms":60000,"shelve_ms":120000,"most_shelvings":2},
      "rules":[{"id":1,"name":"A","point":"p/a","comparison":"above","alarm_threshold":5}]})");
  bench.begin();
  const auto shake = [&] {
    for (const double value : {9.0, 0.0, 9.0, 0.0}) bench.feed("p/a", value);
  };
  for (int round = 0; round < 3; ++round) {
    shake();
    QCOMPARE(bench.condition() == AlarmCondition::Shelved, round < 2);
    bench.pass(10min);
  }
  bench.act(Kind::Acknowledge);
  shake();
  QCOMPARE(bench.condition(), AlarmCondition::Shelved);
}

void AlarmTimesTest::ruleIsReplacedAndRemoved() {
  Bench bench(oneRule);
  bench.begin();
  bench.feed("plc1/boiler/temp", 85);
  bench.act(Kind::Acknowledge);
  Rule rule = *bench.engine->rule(1);
  rule.alarmThreshold = 84;
  bench.engine->put(rule);
  AlarmEngine::Outcome outcome;
  bench.engine->begin(1, bench.now, outcome);
  QVERIFY(outcome.events.isEmpty());
  QCOMPARE(bench.condition(), AlarmCondition::AcknowledgedActive);
  rule.alarmThreshold = 90;
  rule.warningThreshold.reset();
  bench.engine->put(rule);
  bench.engine->begin(1, bench.now, outcome);
  QCOMPARE(outcome.events.size(), 1);
  QCOMPARE(bench.state(), AlarmState::Ok);
  bench.feed("plc1/boiler/temp", 95);
  outcome = {};
  bench.engine->remove(1, QStringLiteral("anna"), bench.now, outcome);
  QCOMPARE(outcome.events.size(), 2);
  QCOMPARE(std::get<AlarmTransition>(outcome.events[0].body).state, AlarmState::Ok);
  QCOMPARE(std::get<AlarmConditionChange>(outcome.events[1].body).cause, QStringLiteral("rule_removed"));
  QVERIFY(!bench.engine->has(1));
  QCOMPARE(bench.engine->activeCount(), 0);
  bench.feed("plc1/boiler/temp", 99);
  QVERIFY(bench.told().isEmpty());
}

void AlarmTimesTest::clockThatIsSetEndsShelvings() {
  Bench bench(oneRule);
  bench.begin();
  bench.pass(0s);
  bench.feed("plc1/boiler/temp", 85);
  bench.act(Kind::Shelve);
  bench.now.time += 1h;  // somebody set it; no time went by
  bench.pass(1s);
  QCOMPARE(bench.told(), Told{QStringLiteral("shelving_ended/Unacknowledged-Active")});
}

TAGWIRE_TEST(AlarmTimesTest)

}  // namespace alarmtimes_test

#include "alarmtimes_test.moc"
