// SPDX-License-Identifier: Apache-2.0
// Reactions: which events ask for a command, which do not, and how often.
#include <QTest>

#include "sceneplant.h"
#include "testprogram.h"

namespace reactions_test {

using namespace tagwire;
using namespace std::chrono_literals;

namespace {

/// A plant with one reaction of id 3, "Light", that writes plc/pump; `keys` begin with a comma.
struct ReactionBench : ScenePlant {
  explicit ReactionBench(const QByteArray &when, const QByteArray &keys = {}) {
    wrong = configure(R"("reactions":[{"id":3,"name":"Light","when":{)" + when +
                      R"(},"write":"plc/pump","value":true)" + keys + "}]");
  }
  void raise(const decltype(Event::body) &body, const char *source, std::chrono::nanoseconds age = {}) {
    hub.raise(nullptr, Event{0, clock.now() - age, QString::fromLatin1(source), body});
    QCoreApplication::processEvents();
  }
  void enter(const char *tag, const char *direction = "OnEnter", int trigger = 123, std::chrono::nanoseconds age = {}) {
    TriggerEvent event;
    event.triggerId = trigger;
    event.triggerName = QStringLiteral("Entry Gate");
    event.direction = QString::fromLatin1(direction);
    event.tagId = QString::fromLatin1(tag);
    raise(event, "uwb", age);
  }
  void alarm(AlarmState state, AlarmState previous, AlarmCondition condition = AlarmCondition::UnacknowledgedActive,
             int rule = 77) {
    AlarmTransition event;
    event.ruleId = rule;
    event.ruleName = QStringLiteral("High");
    event.state = state;
    event.previous = previous;
    event.condition = condition;
    raise(event, "alarms");
  }
  QString wrong;
};

}  // namespace

class ReactionsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aTriggerAsksForACommand();
  void otherTriggersDoNot();
  void onlyTheseTags();
  void onlyThisClass();
  void anAlarmAsksForACommand();
  void onlyTransitionsIntoTheStates();
  void whatIsOldDoesNothing();
  void leastInterval();
  void itsOwnCommandDoesNotRunAway();
  void runsAScene();
  void disabledAndStopped();
};

void ReactionsTest::aTriggerAsksForACommand() {
  ReactionBench bench(R"("trigger":123,"direction":"OnEnter")");
  QCOMPARE(bench.wrong, QString());
  bench.enter("OP1");
  QCOMPARE(bench.requested.size(), 1);
  const Command command = bench.requested[0];
  QVERIFY(command.kind == CommandKind::Write && command.point == bench.pump && command.value == Value(true));
  QCOMPARE(command.requestedBy, QStringLiteral("reaction:3"));
  QCOMPARE(command.comment, QStringLiteral("reaction 3 \"Light\": trigger 123 \"Entry Gate\": OnEnter of tag OP1"));
  QVERIFY(!command.id.isEmpty() && !command.isUrgent);
}

void ReactionsTest::otherTriggersDoNot() {
  ReactionBench bench(R"("trigger":123,"instance":"uwb")");
  bench.enter("OP1", "OnEnter", 124);
  TriggerEvent foreign;
  foreign.triggerId = 123;
  bench.raise(foreign, "ble");
  bench.raise(SystemEvent{QStringLiteral("trigger"), {}, Severity::Info}, "uwb");
  bench.alarm(AlarmState::Alarm, AlarmState::Ok, AlarmCondition::UnacknowledgedActive, 123);
  QVERIFY(bench.requested.isEmpty());
  bench.enter("OP1");
  QCOMPARE(bench.requested.size(), 1);
}

void ReactionsTest::onlyTheseTags() {
  ReactionBench bench(R"("trigger":123,"tags":["VIS1"])");
  QCOMPARE(bench.wrong, QString());
  bench.enter("OP1");
  QVERIFY(bench.requested.isEmpty());
  bench.enter("VIS1");
  QCOMPARE(bench.requested.size(), 1);
}

void ReactionsTest::onlyThisClass() {
  ReactionBench bench(R"("trigger":123,"class":"operator")");
  QCOMPARE(bench.wrong, QString());
  bench.enter("VIS1");
  QVERIFY(bench.requested.isEmpty());
  bench.enter("OP1");
  QCOMPARE(bench.requested.size(), 1);
}

void ReactionsTest::anAlarmAsksForACommand() {
  ReactionBench bench(R"("alarm":77)");
  QCOMPARE(bench.wrong, QString());
  bench.alarm(AlarmState::Alarm, AlarmState::Warning);
  QCOMPARE(bench.requested.size(), 1);
  QCOMPARE(bench.requested[0].comment,
           QStringLiteral("reaction 3 \"Light\": alarm rule 77 \"High\": WARNING -> ALARM"));
}

void ReactionsTest::onlyTransitionsIntoTheStates() {
  ReactionBench bench(R"("alarm":77,"states":["WARNING","OK"])");
  bench.alarm(AlarmState::Alarm, AlarmState::Ok);
  bench.alarm(AlarmState::Warning, AlarmState::Warning);  // told once more
  bench.alarm(AlarmState::Warning, AlarmState::Ok, AlarmCondition::OutOfService);
  bench.alarm(AlarmState::Warning, AlarmState::Ok, AlarmCondition::Normal, 78);
  AlarmConditionChange change;
  change.ruleId = 77;
  change.state = AlarmState::Warning;
  change.cause = QStringLiteral("restored");
  bench.raise(change, "alarms");
  QVERIFY(bench.requested.isEmpty());
  bench.alarm(AlarmState::Warning, AlarmState::Ok);
  QCOMPARE(bench.requested.size(), 1);
  bench.clock.advance(1s);
  bench.alarm(AlarmState::Ok, AlarmState::Warning, AlarmCondition::Shelved);
  QCOMPARE(bench.requested.size(), 2);
}

void ReactionsTest::whatIsOldDoesNothing() {
  ReactionBench bench(R"("trigger":123)");
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("reaction 3 .* come later than 10 s")));
  bench.enter("OP1", "OnEnter", 123, 10'001ms);
  bench.enter("OP1", "OnEnter", 123, 1h);  // the log has one line for both
  QVERIFY(bench.requested.isEmpty());
  bench.enter("OP1", "OnEnter", 123, 10s);
  QCOMPARE(bench.requested.size(), 1);
}

void ReactionsTest::leastInterval() {
  ReactionBench bench(R"("trigger":123)", R"(,"min_interval_ms":2000)");
  bench.enter("OP1");
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("reaction 3 .* min_interval_ms of 2000 ms")));
  for (int i = 0; i < 3; ++i) {
    bench.clock.advance(500ms);
    bench.enter("OP1");
  }
  QCOMPARE(bench.requested.size(), 1);
  bench.clock.advance(500ms);
  bench.enter("OP1");
  QCOMPARE(bench.requested.size(), 2);
  // After a pause the log says how many were left out.
  bench.clock.advance(2s);
  QTest::ignoreMessage(QtInfoMsg, QRegularExpression(QStringLiteral("reaction 3 .* left out 3 events")));
  bench.enter("OP1");
  QCOMPARE(bench.requested.size(), 3);
}

void ReactionsTest::itsOwnCommandDoesNotRunAway() {
  ReactionBench bench(R"("trigger":123)");
  QObject::connect(bench.reactions.get(), &Reactions::requested, bench.reactions.get(), [&] {
    TriggerEvent event;
    event.triggerId = 123;
    bench.hub.raise(nullptr, Event{0, bench.clock.now(), QStringLiteral("uwb"), event});
  });
  bench.enter("OP1");
  for (int i = 0; i < 10; ++i) QCoreApplication::processEvents();
  QCOMPARE(bench.requested.size(), 1);
}

void ReactionsTest::runsAScene() {
  ScenePlant plant;
  QCOMPARE(plant.configure(R"("scenes":[{"id":2,"name":"x","steps":[{"write":"plc/pump","value":true}]}],
                              "reactions":[{"id":4,"name":"y","when":{"alarm":77},"scene":2}])"),
           QString());
  AlarmTransition alarm;
  alarm.ruleId = 77;
  alarm.state = AlarmState::Alarm;
  plant.hub.raise(nullptr, Event{0, plant.clock.now(), QStringLiteral("alarms"), alarm});
  QCoreApplication::processEvents();
  QCOMPARE(plant.requested.size(), 1);
  QVERIFY(plant.requested[0].kind == CommandKind::Scene);
  QCOMPARE(plant.requested[0].scene, 2);
  plant.scenes->request(plant.requested[0]);
  QCOMPARE(plant.executed.size(), 1);
  QCOMPARE(plant.executed[0].requestedBy, QStringLiteral("reaction:4"));
}

void ReactionsTest::disabledAndStopped() {
  ReactionBench off(R"("trigger":123)", R"(,"enabled":false)");
  QCOMPARE(off.wrong, QString());
  off.enter("OP1");
  QVERIFY(off.requested.isEmpty());
  ReactionBench bench(R"("trigger":123)");
  bench.reactions->stop();
  bench.enter("OP1");
  QVERIFY(bench.requested.isEmpty());
}

TAGWIRE_TEST(ReactionsTest)

}  // namespace reactions_test

#include "reactions_test.moc"
