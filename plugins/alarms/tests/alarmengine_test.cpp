// SPDX-License-Identifier: Apache-2.0
#include <QRandomGenerator>

#include "enginebench.h"
#include "testprogram.h"

namespace alarmengine_test {

using namespace tagwire;
using namespace tagwire::alarms;

using Bench = EngineBench;

/// What follows from samples and operators.
class AlarmEngineTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_20_comesIsAcknowledgedAndGoes();
  void R3_20_goesBeforeItIsAcknowledged();
  void R3_20_latchedStaysUntilItIsAcknowledgedAgain();
  void R3_20_riseMustBeAcknowledgedAnew();
  void R3_20_shelvedForATime();
  void R3_20_shelvedOnceEndsWithTheAlarm();
  void R3_20_shelvingHasAMaximum();
  void R3_20_suppressedByACondition();
  void R3_20_suppressionGoesBeforeTheAlarmOfTheSameSample();
  void R3_20_suppressedByItsGroup();
  void R3_20_unknownSuppressionStaysAsItWas();
  void R3_20_outOfService();
  void R3_20_firstOutOfAGroup();
  void R3_21_twoOperatorsAtOnce();
  void R3_21_whatCantBeDone();
  void R3_21_commentIsKept();
  void occasionsOfASuppressedAlarm();
  void areasRollUpTheWorst();
  void R3_20_randomWalkKeepsItsPromises();
};

void AlarmEngineTest::R3_20_comesIsAcknowledgedAndGoes() {
  Bench bench(oneRule);
  bench.begin();
  bench.feed("plc1/boiler/temp", 85);
  QCOMPARE(bench.told(), Told{QStringLiteral("ALARM/Unacknowledged-Active")});
  QCOMPARE(bench.occasions(), QList{Occasion::Kind::Raised});
  const auto answer = bench.act(Kind::Acknowledge);
  QCOMPARE(answer.outcome, AlarmAnswer::Outcome::Done);
  QCOMPARE(answer.status.acknowledgedBy, QStringLiteral("anna"));
  QCOMPARE(bench.told(), Told{QStringLiteral("ack/Acknowledged-Active")});
  QCOMPARE(bench.occasions(), QList{Occasion::Kind::Acknowledged});
  bench.feed("plc1/boiler/temp", 70);
  QCOMPARE(bench.told(), Told{QStringLiteral("OK/Normal")});
  QCOMPARE(bench.occasions(), QList{Occasion::Kind::Resolved});
  QVERIFY(bench.engine->standing().isEmpty());
  QVERIFY(bench.engine->memoryOf(1).isEmpty());
}

void AlarmEngineTest::R3_20_goesBeforeItIsAcknowledged() {
  Bench bench(oneRule);
  bench.begin();
  bench.feed("plc1/boiler/temp", 85);
  bench.feed("plc1/boiler/temp", 70);
  QCOMPARE(bench.condition(), AlarmCondition::RtnUnacknowledged);
  QCOMPARE(bench.engine->standing().size(), 1);
  bench.act(Kind::Acknowledge);
  QCOMPARE(bench.condition(), AlarmCondition::Normal);
  QVERIFY(bench.engine->standing().isEmpty());
}

void AlarmEngineTest::R3_20_latchedStaysUntilItIsAcknowledgedAgain() {
  Bench bench(
      R"({"rules":[{"id":1,"name":"High","point":"p/t","comparison":"above","alarm_threshold":80,"latch":true}]})");
  bench.begin();
  bench.feed("p/t", 85);
  bench.act(Kind::Acknowledge);
  bench.feed("p/t", 70);
  QCOMPARE(bench.told(), Told{QStringLiteral("OK/Latched")});
  QVERIFY(bench.engine->status(1).isAcknowledged);
  bench.act(Kind::Acknowledge);
  QCOMPARE(bench.condition(), AlarmCondition::Normal);
}

void AlarmEngineTest::R3_20_riseMustBeAcknowledgedAnew() {
  Bench bench(oneRule);
  bench.begin();
  bench.feed("plc1/boiler/temp", 76);
  const qint64 occurrence = bench.engine->status(1).transition.alarmId;
  bench.act(Kind::Acknowledge);
  bench.feed("plc1/boiler/temp", 85);
  QCOMPARE(bench.told(), Told{QStringLiteral("ALARM/Unacknowledged-Active")});
  QCOMPARE(bench.occasions(), QList{Occasion::Kind::Raised});
  QCOMPARE(bench.engine->status(1).transition.alarmId, occurrence);
  bench.act(Kind::Acknowledge);
  bench.feed("plc1/boiler/temp", 76);
  QCOMPARE(bench.told(), Told{QStringLiteral("WARNING/Acknowledged-Active")});
  QVERIFY(bench.occasions().isEmpty());
}

void AlarmEngineTest::R3_20_shelvedForATime() {
  Bench bench(oneRule);
  bench.begin();
  bench.feed("plc1/boiler/temp", 85);
  bench.act(Kind::Shelve);
  QCOMPARE(bench.told(), Told{QStringLiteral("shelve/Shelved")});
  QCOMPARE(bench.engine->status(1).shelvedUntil, bench.now.time + 10min);
  bench.pass(9min);
  QCOMPARE(bench.condition(), AlarmCondition::Shelved);
  QVERIFY(bench.engine->nextDue().has_value());
  QCOMPARE(*bench.engine->nextDue(), bench.now.elapsed + 1min);
  bench.pass(1min);
  QCOMPARE(bench.told(), Told{QStringLiteral("shelving_ended/Unacknowledged-Active")});
  QCOMPARE(bench.occasions(), QList{Occasion::Kind::Raised});
  QVERIFY(bench.engine->status(1).shelvedBy.isEmpty());
}

void AlarmEngineTest::R3_20_shelvedOnceEndsWithTheAlarm() {
  Bench bench(oneRule);
  bench.begin();
  bench.feed("plc1/boiler/temp", 85);
  bench.act({.kind = Kind::Shelve, .ruleId = 1, .by = QStringLiteral("anna"), .comment = {}, .isOneShot = true});
  QCOMPARE(bench.engine->status(1).shelvedUntil, bench.now.time + 8h);
  bench.feed("plc1/boiler/temp", 70);
  QCOMPARE(bench.told(),
           (Told{QStringLiteral("OK/RTN-Unacknowledged"), QStringLiteral("shelving_ended/RTN-Unacknowledged")}));
  QVERIFY(bench.engine->status(1).shelvedBy.isEmpty());
  bench.feed("plc1/boiler/temp", 85);
  QCOMPARE(bench.told(), Told{QStringLiteral("ALARM/Unacknowledged-Active")});
}

void AlarmEngineTest::R3_20_shelvingHasAMaximum() {
  Bench bench(oneRule);
  bench.begin();
  for (const auto duration : {std::chrono::milliseconds(8h) + 1ms, 0ms, -1ms}) {
    const auto answer = bench.act({.kind = Kind::Shelve, .ruleId = 1, .by = {}, .comment = {}, .duration = duration});
    QCOMPARE(answer.outcome, AlarmAnswer::Outcome::Invalid);
    QVERIFY2(answer.errors.first().contains(QStringLiteral("up to 28800 s")), qPrintable(answer.errors.first()));
  }
  QCOMPARE(bench.act({.kind = Kind::Shelve, .ruleId = 1, .by = {}, .comment = {}}).outcome,
           AlarmAnswer::Outcome::Invalid);
  QCOMPARE(bench.condition(), AlarmCondition::Normal);
}

const QByteArray suppressedRule = R"({"rules":[{"id":1,"name":"No flow","point":"p/flow","comparison":"below",
    "alarm_threshold":5,"suppress_when":{"point":"p/off","comparison":"above","threshold":0.5}}]})";

void AlarmEngineTest::R3_20_suppressedByACondition() {
  Bench bench(suppressedRule);
  bench.begin();
  bench.feed("p/off", 0);
  bench.feed("p/flow", 1);
  QCOMPARE(bench.condition(), AlarmCondition::UnacknowledgedActive);
  bench.feed("p/off", 1);
  QCOMPARE(bench.told(), Told{QStringLiteral("suppression_began/Suppressed-by-Design")});
  QCOMPARE(bench.engine->status(1).suppressedBy, QStringLiteral("rule"));
  QCOMPARE(bench.state(), AlarmState::Alarm);
  bench.feed("p/off", 0);
  QCOMPARE(bench.told(), Told{QStringLiteral("suppression_ended/Unacknowledged-Active")});
  QVERIFY(bench.engine->status(1).suppressedBy.isEmpty());
}

void AlarmEngineTest::R3_20_suppressionGoesBeforeTheAlarmOfTheSameSample() {
  Bench bench(R"({"rules":[{"id":1,"name":"Low","point":"p/speed","comparison":"below","alarm_threshold":5,
      "suppress_when":{"point":"p/speed","comparison":"below","threshold":1}}]})");
  bench.begin();
  bench.feed("p/speed", 100);
  bench.feed("p/speed", 0);
  QCOMPARE(bench.told(), (Told{QStringLiteral("suppression_began/Suppressed-by-Design"),
                               QStringLiteral("ALARM/Suppressed-by-Design")}));
  QVERIFY(bench.occasions().isEmpty());
}

void AlarmEngineTest::R3_20_suppressedByItsGroup() {
  Bench bench(R"({"groups":[{"id":"pump","suppress_when":{"point":"p/off","comparison":"above","threshold":0.5}}],
      "rules":[{"id":1,"name":"A","point":"p/a","comparison":"above","alarm_threshold":5,"group":"pump"},
               {"id":2,"name":"B","point":"p/b","comparison":"above","alarm_threshold":5,"group":"pump"},
               {"id":3,"name":"C","point":"p/c","comparison":"above","alarm_threshold":5}]})");
  bench.begin();
  bench.feed("p/off", 1);
  QCOMPARE(bench.told().size(), 2);
  QCOMPARE(bench.condition(1), AlarmCondition::SuppressedByDesign);
  QCOMPARE(bench.condition(2), AlarmCondition::SuppressedByDesign);
  QCOMPARE(bench.condition(3), AlarmCondition::Normal);
  QCOMPARE(bench.engine->status(2).suppressedBy, QStringLiteral("group:pump"));
  // Lifting what an operator did does not lift what the group does.
  bench.act(Kind::Suppress, 1);
  bench.act(Kind::Unsuppress, 1);
  QCOMPARE(bench.engine->status(1).suppressedBy, QStringLiteral("group:pump"));
  QCOMPARE(bench.condition(1), AlarmCondition::SuppressedByDesign);
  bench.feed("p/off", 0);
  QCOMPARE(bench.condition(1), AlarmCondition::Normal);
  QCOMPARE(bench.condition(2), AlarmCondition::Normal);
}

void AlarmEngineTest::R3_20_unknownSuppressionStaysAsItWas() {
  Bench bench(suppressedRule);
  bench.begin();
  QCOMPARE(bench.condition(), AlarmCondition::Normal);
  bench.feed("p/off", 1);
  bench.feed("p/off", 1, Quality::bad(QualityReason::NoConnection));
  QCOMPARE(bench.condition(), AlarmCondition::SuppressedByDesign);
  bench.restart();
  QCOMPARE(bench.condition(), AlarmCondition::SuppressedByDesign);
  bench.feed("p/off", 0);
  QCOMPARE(bench.condition(), AlarmCondition::Normal);
}

void AlarmEngineTest::R3_20_outOfService() {
  Bench bench(oneRule);
  bench.begin();
  bench.act(Kind::OutOfService);
  QCOMPARE(bench.engine->status(1).outOfServiceBy, QStringLiteral("anna"));
  bench.feed("plc1/boiler/temp", 85);
  QCOMPARE(bench.told(), Told{QStringLiteral("ALARM/Out-of-Service")});
  QVERIFY(bench.occasions().isEmpty());
  bench.act(Kind::InService);
  QCOMPARE(bench.told(), Told{QStringLiteral("in-service/Unacknowledged-Active")});
  QCOMPARE(bench.occasions(), QList{Occasion::Kind::Raised});
}

void AlarmEngineTest::R3_20_firstOutOfAGroup() {
  Bench bench(R"({"groups":[{"id":"trip","first_out":true}],
      "rules":[{"id":1,"name":"A","point":"p/a","comparison":"above","alarm_threshold":5,"group":"trip"},
               {"id":2,"name":"B","point":"p/b","comparison":"above","alarm_threshold":5,"group":"trip"}]})");
  bench.begin();
  bench.feed("p/b", 9);
  bench.feed("p/a", 9);
  QVERIFY(bench.engine->status(2).transition.isFirstOut);
  QVERIFY(!bench.engine->status(1).transition.isFirstOut);
  bench.feed("p/b", 0);  // gone, not acknowledged: it stands
  bench.feed("p/b", 9);
  QVERIFY(!bench.engine->status(2).transition.isFirstOut);
  for (const int rule : {1, 2}) bench.act(Kind::Acknowledge, rule);
  bench.feed("p/a", 0);
  bench.feed("p/b", 0);
  bench.feed("p/a", 9);
  QVERIFY(bench.engine->status(1).transition.isFirstOut);
}

void AlarmEngineTest::R3_21_twoOperatorsAtOnce() {
  Bench bench(oneRule);
  bench.begin();
  bench.feed("plc1/boiler/temp", 85);
  QCOMPARE(bench.act(Kind::Acknowledge, 1, "anna").outcome, AlarmAnswer::Outcome::Done);
  const auto second = bench.act(Kind::Acknowledge, 1, "bert");
  QCOMPARE(second.outcome, AlarmAnswer::Outcome::Already);
  QCOMPARE(second.status.acknowledgedBy, QStringLiteral("anna"));
  QVERIFY(bench.told().isEmpty());
}

void AlarmEngineTest::R3_21_whatCantBeDone() {
  Bench bench(oneRule);
  bench.begin();
  QCOMPARE(bench.act(Kind::Acknowledge, 99).outcome, AlarmAnswer::Outcome::NoSuchRule);
  QCOMPARE(bench.act(Kind::Acknowledge).outcome, AlarmAnswer::Outcome::Already);
  QCOMPARE(bench.act(Kind::Unshelve).outcome, AlarmAnswer::Outcome::Already);
  QCOMPARE(bench.act(Kind::Unsuppress).outcome, AlarmAnswer::Outcome::Already);
  QCOMPARE(bench.act(Kind::InService).outcome, AlarmAnswer::Outcome::Already);
  const QString longText(AlarmDesk::longestComment + 1, u'x');
  QCOMPARE(bench.act({.kind = Kind::Comment, .ruleId = 1, .by = {}, .comment = longText}).outcome,
           AlarmAnswer::Outcome::Invalid);
  QCOMPARE(bench.act({.kind = Kind::Comment, .ruleId = 1, .by = {}, .comment = {}}).outcome,
           AlarmAnswer::Outcome::Invalid);
  QVERIFY(bench.engine->standing().isEmpty());
}

void AlarmEngineTest::R3_21_commentIsKept() {
  Bench bench(oneRule);
  bench.begin();
  bench.feed("plc1/boiler/temp", 85);
  bench.act(Kind::Comment);
  QCOMPARE(bench.told(), Told{QStringLiteral("comment/Unacknowledged-Active")});
  bench.restart();
  QCOMPARE(bench.engine->status(1).comment, QStringLiteral("seen"));
}

/// A rule without a point has the state that it was given, whatever the time does.
void AlarmEngineTest::occasionsOfASuppressedAlarm() {
  Bench bench(oneRule);
  bench.begin();
  bench.feed("plc1/boiler/temp", 85);
  bench.act(Kind::Shelve);
  bench.feed("plc1/boiler/temp", 70);  // who was told that it came is told that it went
  QCOMPARE(bench.occasions(), QList{Occasion::Kind::Resolved});
  bench.feed("plc1/boiler/temp", 85);
  QVERIFY(bench.occasions().isEmpty());
  bench.feed("plc1/boiler/temp", 70);
  QVERIFY(bench.occasions().isEmpty());
}

void AlarmEngineTest::areasRollUpTheWorst() {
  Bench bench(R"({"rules":[
      {"id":1,"name":"A","point":"p/a","comparison":"above","warning_threshold":3,"alarm_threshold":5,"area":"store/room1"},
      {"id":2,"name":"B","point":"p/b","comparison":"above","alarm_threshold":5,"area":"store/room2","severity":"critical"},
      {"id":3,"name":"C","point":"plc9/boiler/temp","comparison":"above","alarm_threshold":5}]})");
  bench.begin();
  bench.feed("p/a", 4);
  QMap<QString, AlarmArea> areas;
  const auto look = [&] {
    areas.clear();
    for (const AlarmArea &each : bench.engine->areas()) areas.insert(each.name, each);
  };
  look();
  QCOMPARE(areas.keys(),
           (QStringList{QString(), QStringLiteral("plc9"), QStringLiteral("plc9/boiler"), QStringLiteral("store"),
                        QStringLiteral("store/room1"), QStringLiteral("store/room2")}));
  QCOMPARE(areas[QStringLiteral("store")].state, AlarmState::Warning);
  bench.feed("p/b", 9);
  look();
  QCOMPARE(areas[QStringLiteral("store")].state, AlarmState::Alarm);
  QCOMPARE(areas[QStringLiteral("store")].severity, Severity::Critical);
  QCOMPARE(areas[QStringLiteral("store")].active, 2);
  QCOMPARE(areas[QStringLiteral("store/room1")].state, AlarmState::Warning);
  QCOMPARE(areas[QString()].unacknowledged, 2);
  QCOMPARE(areas[QStringLiteral("plc9")].state, AlarmState::Ok);
  bench.act(Kind::Shelve, 2);
  look();
  QCOMPARE(areas[QStringLiteral("store")].state, AlarmState::Warning);
}

/// Whatever happens: what is told adds up to what stands, numbers of occurrences rise, and a restart changes nothing.
void AlarmEngineTest::R3_20_randomWalkKeepsItsPromises() {
  const quint32 seed = QRandomGenerator::global()->generate();
  qInfo() << "seed" << seed;
  QRandomGenerator random(seed);
  Bench bench(R"({"groups":[{"id":"g","first_out":true,
        "suppress_when":{"point":"p/off","comparison":"above","threshold":0.5}}],
      "chatter":{"count":4,"window_ms":30000,"shelve_ms":60000},
      "escalations":[{"id":"e","steps":[{"after_ms":45000,"severity":"critical"}]}],
      "rules":[{"id":1,"name":"A","point":"p/a","comparison":"above","warning_threshold":3,"alarm_threshold":5,"group":"g"},
               {"id":2,"name":"B","point":"p/a","comparison":"below","alarm_threshold":2,"latch":true,"escalation":"e"},
               {"id":3,"name":"C","point":"p/b","comparison":"outside_range","alarm_threshold_low":2,
                "alarm_threshold_high":8,"deadband":0.5,"on_delay_ms":4000,"off_delay_ms":3000,"group":"g"}]})");
  bench.begin();
  QHash<int, std::pair<AlarmState, AlarmCondition>> shown;
  for (int id = 1; id <= 3; ++id) shown[id] = {AlarmState::Ok, AlarmCondition::Normal};
  qint64 occurrence = 0;
  for (int step = 0; step < 20'000; ++step) {
    const quint32 what = random.bounded(20);
    if (what < 6)
      bench.feed("p/a", random.bounded(8));
    else if (what < 10)
      bench.feed("p/b", random.bounded(10));
    else if (what == 10)
      bench.feed("p/off", random.bounded(2));
    else if (what == 11)
      bench.feed("p/a", 0, Quality::bad(QualityReason::Timeout));
    else if (what < 15)
      bench.pass(std::chrono::seconds(random.bounded(20)));
    else if (what < 19)
      bench.act(static_cast<Kind>(random.bounded(8)), 1 + random.bounded(3));
    else
      bench.restart();
    for (const Event &event : bench.outcome.events) {
      if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) {
        QVERIFY(alarm->state != shown[alarm->ruleId].first);
        QCOMPARE(alarm->previous, shown[alarm->ruleId].first);
        shown[alarm->ruleId] = {alarm->state, alarm->condition};
        if (alarm->previous == AlarmState::Ok) {
          QVERIFY(alarm->alarmId > occurrence);
          occurrence = alarm->alarmId;
        }
      } else {
        const auto &change = std::get<AlarmConditionChange>(event.body);
        QCOMPARE(change.state, shown[change.ruleId].first);
        QCOMPARE(change.previous, shown[change.ruleId].second);
        shown[change.ruleId].second = change.condition;
      }
    }
    qsizetype standing = 0;
    for (int id = 1; id <= 3; ++id) {
      QCOMPARE(bench.state(id), shown[id].first);
      QCOMPARE(bench.condition(id), shown[id].second);
      if (shown[id] != std::pair{AlarmState::Ok, AlarmCondition::Normal}) ++standing;
    }
    QCOMPARE(bench.engine->standing().size(), standing);
  }
}

TAGWIRE_TEST(AlarmEngineTest)

}  // namespace alarmengine_test

#include "alarmengine_test.moc"
