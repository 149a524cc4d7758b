// SPDX-License-Identifier: Apache-2.0
// The life of a command in the router: turns, confirmation, rules of points, interlocks, time-outs, restarts.
#include <QTemporaryDir>
#include <QTest>

#include "routerbench.h"
#include "testprogram.h"

namespace commandlife_test {

using namespace tagwire;
using namespace std::chrono_literals;

class CommandLifeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void neitherStopsNorTripsWaitForTheCrowd();
  void R5_9_tooLongATextIsRefused();
  void R5_11_oneCommandOfAPointAtATime();
  void R5_11_commandsOfOtherPointsDoNotWait();
  void R5_11_expiresWhileItWaits();
  void R5_11_noClockThatIsSetProlongsIt();
  void R5_11_noOutcomeIsUnknown();
  void R5_11_oneOutcomeOnly();
  void R5_11_tooManyAreRefused();
  void R5_11_aCorrelationIdOutlivesTheProgram();
  void R5_11_whatWasUnderWayAtTheEndIsUnknownAndNotSentAgain();
  void R5_11_theNextRunTellsWhatTheEndCut();
  void aHangingDiskHoldsNobodyForLong();
  void R5_9_toggleTakesTheOpposite();
  void R5_9_toggleNeedsAGoodValue();
  void R5_9_aDoubleClickTogglesTwice();
  void R5_9_toggleOfANumberIsRefused();
  void R5_10_blockedBeforeAndRightBeforeSending();
  void R5_10_warningsAreTold();
  void selectBeforeOperate();
  void selectionsBelongToOneOperatorAndEnd();
  void aSecondPersonApproves();
  void nobodyApproves();
  void cancelled();
  void intervalAndStep();
  void shortestTimesOnAndOff();
  void dryRunLeavesNoTrace();
  void auditHasRequestAndOutcome();
  void randomRequestsAllEndOnce();
};

void CommandLifeTest::R5_11_oneCommandOfAPointAtATime() {
  RouterBench bench;
  const QString first = bench.ask(bench.pump, true);
  const QString second = bench.ask(bench.pump, false);
  QCOMPARE(bench.executed.size(), 1);
  QCOMPARE(bench.statesOf(second), QStringList{QStringLiteral("queued")});
  bench.answer(bench.executed[0], CommandState::Succeeded, true);
  QCOMPARE(bench.statesOf(first), (QStringList{QStringLiteral("queued"), QStringLiteral("sent"),
                                               QStringLiteral("acked"), QStringLiteral("succeeded")}));
  QCOMPARE(bench.executed.size(), 2);
  QCOMPARE(bench.executed[1].id, second);
}

void CommandLifeTest::R5_11_commandsOfOtherPointsDoNotWait() {
  RouterBench bench;
  bench.ask(bench.pump, true);
  bench.ask(bench.speed, qint64(5));
  QCOMPARE(bench.executed.size(), 2);
}

void CommandLifeTest::R5_11_expiresWhileItWaits() {
  RouterBench bench;
  bench.ask(bench.pump, true);
  const QString second = bench.ask(bench.pump, false);
  bench.pass(10s);
  QCOMPARE(bench.lastOf(second).state, CommandState::Expired);
  bench.answer(bench.executed[0], CommandState::Succeeded, true);
  QCOMPARE(bench.executed.size(), 1);
  // The plugin is told when it asks.
  const QString third = bench.ask(bench.pump, false);
  QVERIFY(!obstacleNow(bench.executed[1]));
  bench.clock.advance(10s);
  const auto late = obstacleNow(bench.executed[1]);
  QVERIFY(late);
  QCOMPARE(late->state, CommandState::Expired);
  QCOMPARE(late->commandId, third);
}

void CommandLifeTest::R5_11_noClockThatIsSetProlongsIt() {
  RouterBench bench;
  const QString first = bench.ask(bench.pump, true);
  const QString second = bench.ask(bench.pump, false);
  bench.clock.setNow(bench.clock.now() - 24h);
  bench.pass(10s);
  QVERIFY(obstacleNow(bench.executed[0]));
  QCOMPARE(bench.lastOf(second).state, CommandState::Expired);
  bench.pass(10s);
  QCOMPARE(bench.lastOf(first).state, CommandState::Unknown);
}

void CommandLifeTest::R5_11_oneOutcomeOnly() {
  RouterBench bench;
  const QString id = bench.ask(bench.pump, true);
  bench.pass(20s);
  QCOMPARE(bench.lastOf(id).state, CommandState::Unknown);
  const auto told = bench.statesOf(id);
  const auto sequence = bench.hub.sequence();
  for (int i = 0; i < 3; ++i) bench.tell(bench.executed[0], CommandState::Succeeded, true);
  QCOMPARE(bench.statesOf(id), told);
  QCOMPARE(bench.watcher.kinds, QStringList{QStringLiteral("command_late_answer")});
  QCOMPARE(bench.hub.sequence(), sequence + 1);
}

void CommandLifeTest::R5_11_noOutcomeIsUnknown() {
  RouterBench bench;
  const QString first = bench.ask(bench.pump, true);
  bench.tell(bench.executed[0], CommandState::Sent);
  bench.pass(19s);
  QCOMPARE(bench.lastOf(first).state, CommandState::Sent);
  const QString second = bench.ask(bench.pump, false);
  bench.pass(1s);
  QCOMPARE(bench.lastOf(first).state, CommandState::Unknown);
  QCOMPARE(bench.executed.size(), 2);
  QCOMPARE(bench.executed[1].id, second);
  // What comes too late changes nothing and lets nobody past.
  bench.ask(bench.pump, true);
  bench.tell(bench.executed[0], CommandState::Succeeded, true);
  QCOMPARE(bench.executed.size(), 2);
}

void CommandLifeTest::R5_11_tooManyAreRefused() {
  RouterBench bench;
  for (int i = 0; i <= CommandRouter::mostWaiting; ++i) bench.ask(bench.pump, true);
  const QString last = bench.ask(bench.pump, true);
  QCOMPARE(bench.lastOf(last).state, CommandState::Failed);
  QVERIFY(bench.lastOf(last).error.contains(QLatin1String("busy")));
}

void CommandLifeTest::R5_11_aCorrelationIdOutlivesTheProgram() {
  QTemporaryDir folder;
  {
    RouterBench bench({}, folder.path());
    bench.correlation = QStringLiteral("once");
    bench.isPrompt = true;
    const QString first = bench.ask(bench.speed, qint64(7));
    QTRY_COMPARE(bench.lastOf(first).state, CommandState::Succeeded);
  }
  RouterBench bench({}, folder.path());
  bench.correlation = QStringLiteral("once");
  bench.asked = 10;
  const QString again = bench.ask(bench.speed, qint64(7));
  QCOMPARE(bench.lastOf(again).state, CommandState::Succeeded);
  QCOMPARE(bench.lastOf(again).actualValue, Value(qint64(7)));
  const QString other = bench.ask(bench.speed, qint64(8));
  QCOMPARE(bench.lastOf(other).state, CommandState::Failed);
  QVERIFY(bench.executed.isEmpty());
}

void CommandLifeTest::R5_11_whatWasUnderWayAtTheEndIsUnknownAndNotSentAgain() {
  QTemporaryDir folder;
  {
    RouterBench bench({}, folder.path());
    bench.correlation = QStringLiteral("once");
    bench.ask(bench.speed, qint64(7));
    QTRY_COMPARE(bench.executed.size(), 1);
  }
  RouterBench bench({}, folder.path());
  bench.correlation = QStringLiteral("once");
  bench.asked = 10;
  const QString again = bench.ask(bench.speed, qint64(7));
  QCOMPARE(bench.lastOf(again).state, CommandState::Unknown);
  QVERIFY(bench.lastOf(again).error.contains(QLatin1String("ended")));
  QVERIFY(bench.executed.isEmpty());
}

void CommandLifeTest::R5_11_theNextRunTellsWhatTheEndCut() {
  QTemporaryDir folder;
  QString sent;
  QString waiting;
  {
    RouterBench bench({}, folder.path());
    sent = bench.ask(bench.speed, qint64(7));  // without a correlation id, too
    waiting = bench.ask(bench.speed, qint64(8));
    bench.ask(bench.pump, true);  // so that what waits is on the disk
  }
  {
    RouterBench bench({}, folder.path());
    QTRY_COMPARE(bench.lastOf(waiting).state, CommandState::Failed);
    QCOMPARE(bench.statesOf(sent), QStringList{QStringLiteral("unknown")});
    QVERIFY(bench.lastOf(waiting).error.contains(QLatin1String("before")));
    QCOMPARE(bench.watcher.kinds, QStringList(3, QStringLiteral("command_interrupted")));
    QVERIFY(bench.executed.isEmpty());
  }
  RouterBench bench({}, folder.path());
  QTest::qWait(0);
  QVERIFY(bench.steps.isEmpty());
}

/// What the disk says comes by the event loop, which stands still here.
void CommandLifeTest::aHangingDiskHoldsNobodyForLong() {
  QTemporaryDir folder;
  CommandRules rules;
  rules.safeValue = false;
  RouterBench bench(rules, folder.path());
  bench.ask(bench.valve, true, CommandKind::Pulse, 1s);
  bench.correlation = QStringLiteral("click");
  bench.ask(bench.speed, qint64(7));
  QVERIFY(bench.executed.isEmpty());
  bench.pass(1s);
  QCOMPARE(bench.executed.size(), 1);
  QCOMPARE(bench.executed[0].point, bench.speed);
  bench.pass(3s);
  QCOMPARE(bench.executed.size(), 1);
  bench.pass(1s);
  QCOMPARE(bench.executed.size(), 2);
  QCOMPARE(bench.executed[1].point, bench.valve);
  QCOMPARE(bench.watcher.kinds, QStringList{QStringLiteral("disk_slow")});
}

void CommandLifeTest::R5_9_toggleTakesTheOpposite() {
  RouterBench bench;
  bench.publish(bench.pump, true);
  bench.ask(bench.pump, {}, CommandKind::Toggle);
  QCOMPARE(bench.executed.size(), 1);
  QCOMPARE(bench.executed[0].kind, CommandKind::Write);
  QVERIFY(bench.executed[0].value == Value(false));
}

void CommandLifeTest::R5_9_toggleNeedsAGoodValue() {
  RouterBench bench;
  const QString never = bench.ask(bench.pump, {}, CommandKind::Toggle);
  QVERIFY(bench.lastOf(never).error.contains(QLatin1String("waiting_for_first_value")));
  bench.publish(bench.pump, true, Quality::bad(QualityReason::Timeout));
  const QString bad = bench.ask(bench.pump, {}, CommandKind::Toggle);
  QCOMPARE(bench.lastOf(bad).state, CommandState::Failed);
  QVERIFY(bench.lastOf(bad).error.contains(QLatin1String("timeout")));
  QVERIFY(bench.executed.isEmpty());
}

void CommandLifeTest::R5_9_aDoubleClickTogglesTwice() {
  RouterBench bench;
  bench.publish(bench.pump, false);
  for (int i = 0; i < 50; ++i) bench.ask(bench.pump, {}, CommandKind::Toggle);
  for (int i = 0; i < 50; ++i) {
    QCOMPARE(bench.executed.size(), i + 1);
    QVERIFY(bench.executed[i].value == Value(i % 2 == 0));
    bench.answer(bench.executed[i], CommandState::Succeeded, bench.executed[i].value);
  }
}

void CommandLifeTest::R5_9_toggleOfANumberIsRefused() {
  RouterBench bench;
  const QString id = bench.ask(bench.speed, {}, CommandKind::Toggle);
  QVERIFY(bench.lastOf(id).error.contains(QLatin1String("allowed: bool")));
}

void CommandLifeTest::R5_10_blockedBeforeAndRightBeforeSending() {
  RouterBench bench;
  bool isClear = false;
  QStringList blocked;
  bench.router.setGuard({[&](PointId, const Value &value) -> QList<Obstacle> {
                           if (isClear || value == Value(false)) return {};
                           return {Obstacle{CommandState::Blocked, QStringLiteral("interlock 5"), 5}};
                         },
                         [](PointId, const Value &) { return QStringList(); },
                         [&](const Obstacle &, const Command &command) { blocked << command.id; }});
  const QString first = bench.ask(bench.pump, true);
  QCOMPARE(bench.lastOf(first).state, CommandState::Blocked);
  QCOMPARE(bench.lastOf(first).interlock, 5);
  QVERIFY(bench.executed.isEmpty());
  isClear = true;
  const QString second = bench.ask(bench.pump, true);
  QCOMPARE(bench.executed.size(), 1);
  isClear = false;
  const auto obstacle = obstacleNow(bench.executed[0]);
  QVERIFY(obstacle);
  QCOMPARE(obstacle->state, CommandState::Blocked);
  QCOMPARE(obstacle->interlock, 5);
  QCOMPARE(blocked, (QStringList{first, second}));
}

void CommandLifeTest::R5_10_warningsAreTold() {
  RouterBench bench;
  bench.router.setGuard({[](PointId, const Value &) { return QList<Obstacle>(); },
                         [](PointId, const Value &) { return QStringList{QStringLiteral("interlock 9: hot")}; },
                         {}});
  const DryRun run = bench.router.dryRun([&] {
    Command command;
    command.point = bench.pump;
    command.value = true;
    return command;
  }());
  QVERIFY(!run.obstacle);
  QCOMPARE(run.warnings, QStringList{QStringLiteral("interlock 9: hot")});
  bench.ask(bench.pump, true);
  QCOMPARE(bench.executed.size(), 1);
}

void CommandLifeTest::selectBeforeOperate() {
  CommandRules rules;
  rules.confirm = Confirm::Select;
  RouterBench bench(rules);
  const QString without = bench.ask(bench.valve, true);
  QVERIFY(bench.lastOf(without).error.contains(QLatin1String("selected first")));
  const auto selection = bench.router.select(bench.valve, {bench.by, {}, {}});
  QVERIFY(selection);
  bench.selection = selection->id;
  bench.ask(bench.valve, true);
  QCOMPARE(bench.executed.size(), 1);
  // It was for one command.
  const QString second = bench.ask(bench.valve, false);
  QCOMPARE(bench.lastOf(second).state, CommandState::Failed);
}

void CommandLifeTest::selectionsBelongToOneOperatorAndEnd() {
  CommandRules rules;
  rules.confirm = Confirm::Select;
  RouterBench bench(rules);
  const auto selection = bench.router.select(bench.valve, {bench.by, {}, {}});
  bench.selection = selection->id;
  const auto other = bench.router.select(bench.valve, {QStringLiteral("user:bob"), {}, {}});
  QVERIFY(!other && other.error().contains(QLatin1String("user:anna")));
  bench.by = QStringLiteral("user:bob");
  const QString stolen = bench.ask(bench.valve, true);
  QCOMPARE(bench.lastOf(stolen).state, CommandState::Failed);
  QVERIFY(!bench.router.deselect(selection->id, {bench.by, {}, {}}));
  bench.by = QStringLiteral("user:anna");
  bench.pass(30s);
  const QString late = bench.ask(bench.valve, true);
  QCOMPARE(bench.lastOf(late).state, CommandState::Failed);
  const auto next = bench.router.select(bench.valve, {QStringLiteral("user:bob"), {}, {}});
  QVERIFY(next);
  QVERIFY(bench.router.deselect(next->id, {QStringLiteral("user:bob"), {}, {}}));
  QVERIFY(bench.router.select(bench.valve, {bench.by, {}, {}}));
  QVERIFY(bench.executed.isEmpty());
}

void CommandLifeTest::aSecondPersonApproves() {
  CommandRules rules;
  rules.confirm = Confirm::SecondPerson;
  RouterBench bench(rules);
  const QString id = bench.ask(bench.valve, true);
  QVERIFY(bench.executed.isEmpty());
  QCOMPARE(bench.lastOf(id).state, CommandState::Queued);
  QVERIFY(bench.lastOf(id).error.contains(QLatin1String("second person")));
  const auto own = bench.router.approve(id, {bench.by, {}, {}});
  QVERIFY(!own && own.error().contains(QLatin1String("user:anna")));
  bench.pass(60s);
  QVERIFY(bench.router.approve(id, {QStringLiteral("user:bob"), {}, {}}));
  QCOMPARE(bench.lastOf(id).state, CommandState::Queued);
  QCOMPARE(bench.lastOf(id).error, QStringLiteral("approved by user:bob"));
  QCOMPARE(bench.executed.size(), 1);
  QVERIFY(!obstacleNow(bench.executed[0]));
  QVERIFY(!bench.router.approve(id, {QStringLiteral("user:bob"), {}, {}}));
}

void CommandLifeTest::nobodyApproves() {
  CommandRules rules;
  rules.confirm = Confirm::SecondPerson;
  RouterBench bench(rules);
  const QString id = bench.ask(bench.valve, true);
  bench.pass(120s);
  QCOMPARE(bench.lastOf(id).state, CommandState::Expired);
  QVERIFY(!bench.router.approve(id, {QStringLiteral("user:bob"), {}, {}}));
  QVERIFY(bench.executed.isEmpty());
}

void CommandLifeTest::cancelled() {
  RouterBench bench;
  const QString first = bench.ask(bench.pump, true);
  const QString second = bench.ask(bench.pump, false);
  QVERIFY(bench.router.cancel(second, {QStringLiteral("user:bob"), {}, {}}));
  QVERIFY(bench.lastOf(second).error.contains(QLatin1String("user:bob")));
  const auto sent = bench.router.cancel(first, {QStringLiteral("user:bob"), {}, {}});
  QVERIFY(!sent && sent.error().contains(QLatin1String("sent")));
  bench.answer(bench.executed[0], CommandState::Succeeded, true);
  QCOMPARE(bench.executed.size(), 1);
  QVERIFY(!bench.router.cancel(first, {QStringLiteral("user:bob"), {}, {}}));
}

void CommandLifeTest::intervalAndStep() {
  RouterBench bench;
  CommandRules rules;
  rules.interval = 2s;
  rules.maximumStep = 10;
  const PointId dose = bench.declare(QStringLiteral("dose"), ValueType::Double, rules);
  const QString blind = bench.ask(dose, 5.0);
  QVERIFY(bench.lastOf(blind).error.contains(QLatin1String("no good value")));
  bench.publish(dose, 20.0);
  const QString wide = bench.ask(dose, 31.0);
  QVERIFY2(bench.lastOf(wide).error.contains(QLatin1String("allowed: 10")), qPrintable(bench.lastOf(wide).error));
  bench.isPrompt = true;
  const QString well = bench.ask(dose, 30.0);
  QCOMPARE(bench.lastOf(well).state, CommandState::Succeeded);
  bench.pass(1s);
  const QString soon = bench.ask(dose, 31.0);
  QVERIFY2(bench.lastOf(soon).error.contains(QLatin1String("every 2 s")), qPrintable(bench.lastOf(soon).error));
  bench.pass(1s);
  const QString later = bench.ask(dose, 31.0);
  QCOMPARE(bench.lastOf(later).state, CommandState::Succeeded);
}

void CommandLifeTest::shortestTimesOnAndOff() {
  CommandRules rules;
  rules.minimumOn = 60s;
  rules.minimumOff = 30s;
  RouterBench bench(rules);
  bench.isPrompt = true;
  bench.publish(bench.valve, false);
  // Nobody knows how long it was off before this run.
  bench.pass(29s);
  QVERIFY(bench.lastOf(bench.ask(bench.valve, true)).error.contains(QLatin1String("after 30 s")));
  bench.pass(1s);
  QCOMPARE(bench.lastOf(bench.ask(bench.valve, true)).state, CommandState::Succeeded);
  bench.pass(59s);
  const QString soon = bench.ask(bench.valve, false);
  QVERIFY2(bench.lastOf(soon).error.contains(QLatin1String("after 60 s")), qPrintable(bench.lastOf(soon).error));
  bench.pass(1s);
  QCOMPARE(bench.lastOf(bench.ask(bench.valve, false)).state, CommandState::Succeeded);
  bench.pass(29s);
  QVERIFY(bench.lastOf(bench.ask(bench.valve, true)).error.contains(QLatin1String("after 30 s")));
  bench.pass(1s);
  QCOMPARE(bench.lastOf(bench.ask(bench.valve, true)).state, CommandState::Succeeded);
}

void CommandLifeTest::dryRunLeavesNoTrace() {
  RouterBench bench;
  bench.router.setGuard({[](PointId, const Value &) -> QList<Obstacle> {
                           return {Obstacle{CommandState::Blocked, QStringLiteral("interlock 5"), 5},
                                   Obstacle{CommandState::Blocked, QStringLiteral("interlock 6"), 6}};
                         },
                         [](PointId, const Value &) { return QStringList(); },
                         {}});
  Command command;
  command.point = bench.pump;
  command.value = true;
  const DryRun run = bench.router.dryRun(command);
  QVERIFY(run.obstacle);
  QCOMPARE(run.interlocks, (QList<int>{5, 6}));
  command.value = QStringLiteral("on");
  QCOMPARE(bench.router.dryRun(command).obstacle->outcome, CommandState::Failed);
  QVERIFY(bench.steps.isEmpty());
  QVERIFY(bench.executed.isEmpty());
}

void CommandLifeTest::auditHasRequestAndOutcome() {
  struct Trail : AuditTrail {
    void append(AuditEntry entry, std::function<void(const Result<void> &)>) override { entries << entry; }
    void read(const AuditQuery &, std::function<void(const Result<QList<AuditRecord>> &)>) const override {}
    QList<AuditEntry> entries;
  } trail;
  RouterBench bench;
  bench.router.setAudit(&trail);
  bench.publish(bench.speed, qint64(3));
  bench.isPrompt = true;
  const QString id = bench.ask(bench.speed, qint64(7));
  QCOMPARE(trail.entries.size(), 2);
  QCOMPARE(trail.entries[0].action, QStringLiteral("write"));
  QCOMPARE(trail.entries[0].actor, QStringLiteral("user:anna"));
  QCOMPARE(trail.entries[0].subject, QStringLiteral("plc/speed"));
  QCOMPARE(trail.entries[0].reference, id);
  QCOMPARE(trail.entries[0].details.value(QLatin1String("value")).toInt(), 7);
  QCOMPARE(trail.entries[1].action, QStringLiteral("succeeded"));
  QCOMPARE(trail.entries[1].details.value(QLatin1String("before")).toInt(), 3);
  QCOMPARE(trail.entries[1].details.value(QLatin1String("after")).toInt(), 7);
  bench.ask(bench.speed, QStringLiteral("fast"));
  QCOMPARE(trail.entries.last().action, QStringLiteral("failed"));
}

void CommandLifeTest::randomRequestsAllEndOnce() {
  for (quint32 seed = 1; seed <= 20; ++seed) {
    CommandRules rules;
    rules.confirm = Confirm::SecondPerson;
    RouterBench bench(rules);
    std::mt19937 random(seed);
    QStringList ids;
    qsizetype handled = 0;
    bool isBlocked = false;
    bench.router.setGuard({[&](PointId, const Value &) -> QList<Obstacle> {
                             if (!isBlocked) return {};
                             return {Obstacle{CommandState::Blocked, QStringLiteral("interlock 1"), 1}};
                           },
                           [](PointId, const Value &) { return QStringList(); },
                           {}});
    for (int step = 0; step < 400; ++step) {
      switch (random() % 8) {
        case 0:
          ids << bench.ask(bench.pump, {}, CommandKind::Toggle);
          break;
        case 1:
          ids << bench.ask(bench.valve, true);
          break;
        case 2:
          ids << bench.ask(bench.pump, true, CommandKind::Pulse, 500ms);
          break;
        case 3:
          if (!ids.isEmpty())
            (void)bench.router.approve(ids[random() % ids.size()], {QStringLiteral("user:b"), {}, {}});
          break;
        case 4:
          if (!ids.isEmpty()) (void)bench.router.cancel(ids[random() % ids.size()], {QStringLiteral("user:b"), {}, {}});
          break;
        case 5:
          isBlocked = random() % 2 == 0;
          break;
        case 6:
          bench.pass(std::chrono::milliseconds(random() % 2000));
          break;
        default:
          if (handled < bench.executed.size()) {
            const Command command = bench.executed[handled++];
            const bool isWell = random() % 3 != 0;
            bench.answer(command, isWell ? CommandState::Succeeded : CommandState::Failed,
                         isWell ? command.value : Value(), isWell ? QString() : QStringLiteral("refused"));
          }
      }
    }
    // From now on everything goes well: no command stays open, none ended twice.
    isBlocked = false;
    for (int round = 0; round < 500; ++round) {
      while (handled < bench.executed.size()) {
        const Command command = bench.executed[handled++];
        bench.answer(command, CommandState::Succeeded, command.value);
      }
      bench.pass(1s);
    }
    for (const QString &id : std::as_const(ids)) {
      int ends = 0;
      for (const CommandStatus &status : std::as_const(bench.steps)) {
        ends += status.commandId == id && isFinal(status.state) ? 1 : 0;
      }
      QVERIFY2(ends == 1, qPrintable(QStringLiteral("seed %1: %2 ended %3 times").arg(seed).arg(id).arg(ends)));
    }
    // What a pulse switched on is off again, or somebody else wrote it since.
    QVERIFY(!bench.router.endPulses(QStringLiteral("end")));
  }
}

/// Others have opened as many commands as there may be.
void CommandLifeTest::neitherStopsNorTripsWaitForTheCrowd() {
  CommandRules rules;
  rules.confirm = Confirm::SecondPerson;
  RouterBench bench(rules);
  for (int i = 0; i <= CommandRouter::mostWaiting; ++i) bench.ask(bench.valve, true);
  QVERIFY(bench.lastOf(QStringLiteral("c%1").arg(bench.asked)).error.contains(QLatin1String("second person")));
  for (int i = 0; i < 10; ++i) {
    const PointId point = bench.declare(QStringLiteral("p%1").arg(i), ValueType::Bool);
    for (int k = 0; k < CommandRouter::mostWaiting; ++k) bench.ask(point, true);
  }
  QVERIFY(bench.lastOf(bench.ask(bench.pump, true)).error.contains(QLatin1String("busy")));
  const auto before = bench.executed.size();
  bench.isPrompt = true;
  QCOMPARE(bench.lastOf(bench.ask(bench.pump, false)).state, CommandState::Succeeded);
  Command trip;
  trip.point = bench.speed;
  trip.value = qint64(0);
  trip.isUrgent = true;
  trip.requestedBy = QStringLiteral("interlock:1");
  bench.router.request(trip);
  QCOMPARE(bench.executed.size(), before + 2);
}

void CommandLifeTest::R5_9_tooLongATextIsRefused() {
  RouterBench bench;
  bench.isPrompt = true;
  const PointId label = bench.declare(QStringLiteral("label"), ValueType::Text);
  QCOMPARE(bench.lastOf(bench.ask(label, QString(4096, u'x'))).state, CommandState::Succeeded);
  const CommandStatus refused = bench.lastOf(bench.ask(label, QString(4097, u'x')));
  QCOMPARE(refused.state, CommandState::Failed);
  QVERIFY(refused.error.contains(QLatin1String("4096")));
}

TAGWIRE_TEST(CommandLifeTest)

}  // namespace commandlife_test

#include "commandlife_test.moc"
