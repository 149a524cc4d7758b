// SPDX-License-Identifier: Apache-2.0
#include "alarmengine.h"

#include <QRandomGenerator>
#include <QtTest>

#include "testing/readconfig.h"

using namespace tagwire;
using namespace tagwire::alarms;
using namespace std::chrono_literals;

namespace {

struct Config {
  static void describe(Shape<Config> &shape) {
    shape.required("rules", &Config::rules, "");
    shape.optional("groups", &Config::groups, "");
    shape.optional("escalations", &Config::escalations, "");
    shape.optional("chatter", &Config::chatter, "");
  }
  QList<Rule> rules;
  QList<GroupConfig> groups;
  QList<EscalationConfig> escalations;
  std::optional<ChatterConfig> chatter;
};

/// An engine with a clock that stands still and points by name; what it says is kept.
class Bench {
 public:
  explicit Bench(const QByteArray &json) {
    QString errors;
    auto config = readConfig<Config>(json, &errors);
    if (!config) qFatal("%s", qPrintable(errors));
    m_config = *config;
    make();
  }

  void make() {
    engine = std::make_unique<AlarmEngine>(
        AlarmEngine::Settings{m_config.groups, m_config.escalations, m_config.chatter, 8h},
        AlarmEngine::World{[this](const QString &name) {
                             return name == hidden ? AlarmEngine::Binding() : AlarmEngine::Binding{point(name), 42};
                           },
                           [this](PointId id) { return last.value(id); }, [this] { return ++occurrence; }});
    for (const Rule &rule : m_config.rules) engine->put(rule);
  }
  void begin() { engine->begin(now, fresh()); }
  /// As a restart does it: everything is gone but what is remembered.
  void restart() {
    QHash<int, QByteArray> kept;
    for (const int id : engine->ruleIds()) kept.insert(id, engine->memoryOf(id));
    make();
    for (auto each = kept.cbegin(); each != kept.cend(); ++each) {
      if (!each->isEmpty()) engine->restore(each.key(), *AlarmMemory::fromJson(*each));
    }
    last.clear();
    begin();
  }

  PointId point(const QString &name) {
    if (!m_points.contains(name)) m_points.insert(name, static_cast<PointId>(m_points.size() + 1));
    return m_points.value(name);
  }
  void feed(const char *name, double value, Quality quality = {}) {
    const PointId id = point(QString::fromLatin1(name));
    last[id] = Sample{id, quality, now.time, value};
    engine->take(last[id], now, fresh());
  }
  void feedText(const char *name, const char *text) {
    const PointId id = point(QString::fromLatin1(name));
    engine->take(Sample{id, Quality::good(), now.time, QString::fromLatin1(text)}, now, fresh());
  }
  void pass(std::chrono::nanoseconds time) {
    now.time += time;
    now.elapsed += time;
    engine->takeTime(now, fresh());
    const auto due = engine->nextDue();
    QVERIFY2(!due || *due > now.elapsed, "what is due was done");
  }
  AlarmAnswer act(AlarmAction::Kind kind, int rule = 1, const char *by = "anna") {
    AlarmAction action{.kind = kind, .ruleId = rule, .by = QString::fromLatin1(by), .comment = {}};
    if (kind == AlarmAction::Kind::Shelve) action.duration = 10min;
    if (kind == AlarmAction::Kind::Comment) action.comment = QStringLiteral("seen");
    return act(action);
  }
  AlarmAnswer act(const AlarmAction &action) { return engine->act(action, now, fresh()); }

  AlarmCondition condition(int rule = 1) const { return engine->status(rule).transition.condition; }
  AlarmState state(int rule = 1) const { return engine->status(rule).transition.state; }
  /// What the newest step told: "ALARM/Unacknowledged-Active", "ack/Acknowledged-Active".
  QStringList told() const {
    QStringList all;
    for (const Event &event : outcome.events) {
      if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) {
        all << QString(toText(alarm->state)) + u'/' + toText(alarm->condition);
      } else {
        const auto &change = std::get<AlarmConditionChange>(event.body);
        all << change.cause + u'/' + toText(change.condition);
      }
    }
    return all;
  }
  QList<Occasion::Kind> occasions() const {
    QList<Occasion::Kind> all;
    for (const Occasion &each : outcome.occasions) all << each.kind;
    return all;
  }

  std::unique_ptr<AlarmEngine> engine;
  Moment now{fromMilliseconds(1'760'000'000'000), 100s};
  AlarmEngine::Outcome outcome;
  QHash<PointId, Sample> last;
  qint64 occurrence = 0;
  QString hidden;  ///< name of a point that nobody declared yet

 private:
  AlarmEngine::Outcome &fresh() {
    outcome = {};
    return outcome;
  }
  QHash<QString, PointId> m_points;
  Config m_config;
};

const QByteArray oneRule = R"({"rules":[{"id":1,"name":"High","point":"plc1/boiler/temp","comparison":"above",
    "warning_threshold":75,"alarm_threshold":80}]})";

using Kind = AlarmAction::Kind;
using Told = QStringList;

}  // namespace

/// What follows from samples, time and operators.
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
  void occasionsOfASuppressedAlarm();
  void areasRollUpTheWorst();
  void ruleIsReplacedAndRemoved();
  void clockThatIsSetEndsShelvings();
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

void AlarmEngineTest::R3_22_restartBringsEverythingBack() {
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

void AlarmEngineTest::R3_22_restartRaisesNothingTwice() {
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

void AlarmEngineTest::R3_22_alarmThatWentAwayMeanwhile() {
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

void AlarmEngineTest::R3_23_escalates() {
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

void AlarmEngineTest::R3_23_acknowledgingEndsTheEscalation() {
  Bench bench(escalatingRule);
  bench.begin();
  bench.feed("p/a", 9);
  bench.act(Kind::Acknowledge);
  bench.pass(1h);
  QVERIFY(bench.told().isEmpty());
}

void AlarmEngineTest::R3_23_escalationGoesOnOverARestart() {
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

void AlarmEngineTest::R3_23_flickeringDoesNotPutTheEscalationOff() {
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

/// A rule without a point has the state that it was given, whatever the time does.
void AlarmEngineTest::setStateStays() {
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

void AlarmEngineTest::lateStoreBringsBackWhatOperatorsDid() {
  Bench bench(R"({"rules":[{"id":1,"name":"A","point":"p/a","comparison":"above","alarm_threshold":5},
                           {"id":2,"name":"B","point":"p/b","comparison":"above","alarm_threshold":5},
                           {"id":3,"name":"C","point":"p/c","comparison":"above","alarm_threshold":5}]})");
  AlarmMemory acknowledged;
  acknowledged.state = AlarmState::Alarm;
  acknowledged.condition.alarm = AlarmCondition::AcknowledgedActive;
  acknowledged.acknowledgedBy = QStringLiteral("anna");
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
  QCOMPARE(bench.engine->activeCount(), 2);
}

void AlarmEngineTest::ruleWaitsForItsPoint() {
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

void AlarmEngineTest::replacedRuleKeepsAnOldValueOld() {
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

void AlarmEngineTest::eachInputComplainsOnce() {
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

void AlarmEngineTest::chatteringIsMarkedAndEnds() {
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

void AlarmEngineTest::chatteringIsShelvedUpToItsLimit() {
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

void AlarmEngineTest::ruleIsReplacedAndRemoved() {
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

void AlarmEngineTest::clockThatIsSetEndsShelvings() {
  Bench bench(oneRule);
  bench.begin();
  bench.pass(0s);
  bench.feed("plc1/boiler/temp", 85);
  bench.act(Kind::Shelve);
  bench.now.time += 1h;  // somebody set it; no time went by
  bench.pass(1s);
  QCOMPARE(bench.told(), Told{QStringLiteral("shelving_ended/Unacknowledged-Active")});
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

QTEST_GUILESS_MAIN(AlarmEngineTest)
#include "alarmengine_test.moc"
