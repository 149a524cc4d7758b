// SPDX-License-Identifier: Apache-2.0
// Pulses: what was switched on is switched off again, whatever happens.
#include <QTemporaryDir>
#include <QTest>

#include "routerbench.h"
#include "testprogram.h"

namespace commandpulse_test {

using namespace tagwire;
using namespace std::chrono_literals;

class CommandPulseTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R5_9_onThenOff();
  void R5_9_wrongPulses_data();
  void R5_9_wrongPulses();
  void offAlsoWhenTheOutcomeIsNotKnown_data();
  void offAlsoWhenTheOutcomeIsNotKnown();
  void notOffWhenNothingWasSent();
  void offIsTriedUntilItIsDone();
  void offPassesInterlocks();
  void aStopEndsItEarly();
  void othersWaitForItsEnd();
  void cancelledPulse();
  void stoppedOnItsWay_data();
  void stoppedOnItsWay();
  void whatIsOverIsNotEndedOnceMore_data();
  void whatIsOverIsNotEndedOnceMore();
  void aPointThatHasNoSafeValueAnyMore();
  void theProgramEndsInTheMiddle();
  void theProgramStopsInTheMiddle();

 private:
  static QString text(const Command &command) { return toText(command.value); }
};

void CommandPulseTest::R5_9_onThenOff() {
  RouterBench bench;
  bench.isPrompt = true;
  const QString id = bench.ask(bench.pump, true, CommandKind::Pulse, 500ms);
  QCOMPARE(bench.statesOf(id),
           (QStringList{QStringLiteral("queued"), QStringLiteral("sent"), QStringLiteral("acked")}));
  bench.pass(499ms);
  QCOMPARE(bench.executed.size(), 1);
  bench.pass(1ms);
  QCOMPARE(bench.executed.size(), 2);
  QCOMPARE(text(bench.executed[1]), QStringLiteral("false"));
  QVERIFY(bench.executed[1].isUrgent);
  QCOMPARE(bench.lastOf(id).state, CommandState::Succeeded);
  QVERIFY(bench.lastOf(id).actualValue == Value(true));
}

void CommandPulseTest::R5_9_wrongPulses_data() {
  QTest::addColumn<bool>("value");
  QTest::addColumn<int>("duration");
  QTest::addColumn<QString>("error");
  QTest::newRow("too short") << true << 9 << QStringLiteral("10 to 3600000");
  QTest::newRow("too long") << true << 3'600'001 << QStringLiteral("10 to 3600000");
  QTest::newRow("none") << true << 0 << QStringLiteral("10 to 3600000");
  QTest::newRow("of the safe value") << false << 500 << QStringLiteral("is none");
}

void CommandPulseTest::R5_9_wrongPulses() {
  QFETCH(bool, value);
  QFETCH(int, duration);
  QFETCH(QString, error);
  RouterBench bench;
  const QString id = bench.ask(bench.pump, value, CommandKind::Pulse, std::chrono::milliseconds(duration));
  QCOMPARE(bench.lastOf(id).state, CommandState::Failed);
  QVERIFY2(bench.lastOf(id).error.contains(error), qPrintable(bench.lastOf(id).error));
  QVERIFY(bench.executed.isEmpty());
}

void CommandPulseTest::offAlsoWhenTheOutcomeIsNotKnown_data() {
  QTest::addColumn<int>("state");
  QTest::newRow("unknown") << static_cast<int>(CommandState::Unknown);
  QTest::newRow("failed on reading back") << static_cast<int>(CommandState::Failed);
}

void CommandPulseTest::offAlsoWhenTheOutcomeIsNotKnown() {
  QFETCH(int, state);
  RouterBench bench;
  const QString id = bench.ask(bench.pump, true, CommandKind::Pulse, 500ms);
  bench.answer(bench.executed[0], static_cast<CommandState>(state), {}, QStringLiteral("reply lost"));
  QCOMPARE(bench.executed.size(), 2);
  QCOMPARE(text(bench.executed[1]), QStringLiteral("false"));
  QVERIFY(!isFinal(bench.lastOf(id).state));
  bench.answer(bench.executed[1], CommandState::Succeeded, false);
  QCOMPARE(bench.lastOf(id).state, static_cast<CommandState>(state));
  QCOMPARE(bench.lastOf(id).error, QStringLiteral("reply lost"));
}

void CommandPulseTest::notOffWhenNothingWasSent() {
  RouterBench bench;
  const QString id = bench.ask(bench.pump, true, CommandKind::Pulse, 500ms);
  bench.tell(bench.executed[0], CommandState::Failed, {}, QStringLiteral("no connection"));
  QCOMPARE(bench.lastOf(id).state, CommandState::Failed);
  bench.pass(1s);
  QCOMPARE(bench.executed.size(), 1);
}

void CommandPulseTest::offIsTriedUntilItIsDone() {
  RouterBench bench;
  const QString id = bench.ask(bench.pump, true, CommandKind::Pulse, 500ms);
  bench.answer(bench.executed[0], CommandState::Succeeded, true);
  bench.isUp = false;
  bench.pass(500ms);
  QCOMPARE(bench.lastOf(id).state, CommandState::Failed);
  QVERIFY2(bench.lastOf(id).error.contains(QLatin1String("could not be brought back")),
           qPrintable(bench.lastOf(id).error));
  const QString next = bench.ask(bench.pump, true);
  bench.pass(60s);
  QCOMPARE(bench.executed.size(), 1);
  QCOMPARE(bench.lastOf(next).state, CommandState::Expired);
  bench.isUp = true;
  bench.pass(15s);
  QCOMPARE(bench.executed.size(), 2);
  QCOMPARE(text(bench.executed[1]), QStringLiteral("false"));
  bench.answer(bench.executed[1], CommandState::Failed, {}, QStringLiteral("busy"));
  bench.pass(15s);
  QCOMPARE(bench.executed.size(), 3);
  bench.answer(bench.executed[2], CommandState::Succeeded, false);
  bench.pass(15s);
  QCOMPARE(bench.executed.size(), 3);
  bench.isPrompt = true;
  QCOMPARE(bench.lastOf(bench.ask(bench.pump, true)).state, CommandState::Succeeded);
}

void CommandPulseTest::offPassesInterlocks() {
  RouterBench bench;
  bool isClear = true;
  bench.router.setGuard({[&](PointId, const Value &) -> QList<Obstacle> {
                           if (isClear) return {};
                           return {Obstacle{CommandState::Blocked, QStringLiteral("interlock 5"), 5}};
                         },
                         [](PointId, const Value &) { return QStringList(); },
                         {}});
  bench.isPrompt = true;
  const QString id = bench.ask(bench.pump, true, CommandKind::Pulse, 500ms);
  isClear = false;
  bench.pass(500ms);
  QCOMPARE(bench.executed.size(), 2);
  QVERIFY(!obstacleNow(bench.executed[1]));
  QCOMPARE(bench.lastOf(id).state, CommandState::Succeeded);
}

void CommandPulseTest::aStopEndsItEarly() {
  RouterBench bench;
  bench.isPrompt = true;
  const QString id = bench.ask(bench.pump, true, CommandKind::Pulse, 600s);
  bench.pass(1s);
  bench.by = QStringLiteral("user:bob");
  const QString stop = bench.ask(bench.pump, false);
  QCOMPARE(bench.lastOf(id).state, CommandState::Failed);
  QVERIFY(bench.lastOf(id).error.contains(QLatin1String("user:bob")));
  QCOMPARE(bench.lastOf(stop).state, CommandState::Succeeded);
  QCOMPARE(text(bench.executed.last()), QStringLiteral("false"));
}

void CommandPulseTest::othersWaitForItsEnd() {
  RouterBench bench;
  bench.isPrompt = true;
  bench.ask(bench.pump, true, CommandKind::Pulse, 500ms);
  const QString next = bench.ask(bench.pump, true);
  QCOMPARE(bench.statesOf(next), QStringList{QStringLiteral("queued")});
  bench.pass(500ms);
  QCOMPARE(bench.lastOf(next).state, CommandState::Succeeded);
  QCOMPARE(bench.executed.size(), 3);
}

void CommandPulseTest::cancelledPulse() {
  RouterBench bench;
  bench.isPrompt = true;
  const QString id = bench.ask(bench.pump, true, CommandKind::Pulse, 600s);
  QVERIFY(bench.router.cancel(id, {QStringLiteral("user:bob"), {}, {}}));
  QCOMPARE(bench.executed.size(), 2);
  QCOMPARE(bench.lastOf(id).state, CommandState::Failed);
}

void CommandPulseTest::stoppedOnItsWay_data() {
  QTest::addColumn<QString>("by");
  for (const char *by : {"a write", "cancelling", "the program's end"}) QTest::newRow(by) << QString::fromLatin1(by);
}

/// The value is with the plugin when the stop comes: it is taken back as soon as it is there, not after an hour.
void CommandPulseTest::stoppedOnItsWay() {
  QFETCH(QString, by);
  RouterBench bench;
  const QString id = bench.ask(bench.pump, true, CommandKind::Pulse, 3600s);
  QCOMPARE(bench.executed.size(), 1);
  bench.tell(bench.executed[0], CommandState::Sent);
  QString stop;
  if (by == QLatin1String("a write")) {
    bench.by = QStringLiteral("user:bob");
    stop = bench.ask(bench.pump, false);
  } else if (by == QLatin1String("cancelling")) {
    QVERIFY(bench.router.cancel(id, {QStringLiteral("user:bob"), {}, {}}));
  } else {
    QVERIFY(bench.router.endPulses(QStringLiteral("user:bob ends it")));
  }
  QCOMPARE(bench.executed.size(), 1);
  bench.isPrompt = true;
  bench.tell(bench.executed[0], CommandState::Succeeded, true);
  QVERIFY(bench.executed.size() >= 2);
  QCOMPARE(text(bench.executed[1]), QStringLiteral("false"));
  QCOMPARE(bench.lastOf(id).state, CommandState::Failed);
  QVERIFY(bench.lastOf(id).error.contains(QLatin1String("user:bob")));
  if (!stop.isEmpty()) QCOMPARE(bench.lastOf(stop).state, CommandState::Succeeded);
}

void CommandPulseTest::whatIsOverIsNotEndedOnceMore_data() {
  QTest::addColumn<bool>("isUp");
  QTest::newRow("it went well") << true;
  QTest::newRow("it never began") << false;
}

void CommandPulseTest::whatIsOverIsNotEndedOnceMore() {
  QFETCH(bool, isUp);
  QTemporaryDir folder;
  {
    RouterBench bench({}, folder.path());
    bench.isPrompt = true;
    bench.isUp = isUp;
    const QString id = bench.ask(bench.pump, true, CommandKind::Pulse, 500ms);
    QTRY_VERIFY(bench.lastOf(id).state == (isUp ? CommandState::Acked : CommandState::Failed));
    bench.pass(500ms);
    QCOMPARE(bench.lastOf(id).state, isUp ? CommandState::Succeeded : CommandState::Failed);
  }
  RouterBench next({}, folder.path());
  next.pass(15s);
  QVERIFY(next.executed.isEmpty());
}

void CommandPulseTest::aPointThatHasNoSafeValueAnyMore() {
  QTemporaryDir folder;
  {
    RouterBench bench({}, folder.path());
    bench.isPrompt = true;
    bench.ask(bench.pump, true, CommandKind::Pulse, 600s);
    QTRY_COMPARE(bench.executed.size(), 1);
  }
  // The manifest was changed meanwhile.
  Metrics metrics;
  PointTable points;
  PointInfo info;
  info.name = QStringLiteral("pump");
  info.type = ValueType::Text;
  info.writable = true;
  QVERIFY(points.declare(QStringLiteral("plc"), QStringLiteral("plc"), info));
  Hub hub(points, metrics);
  ManualClock clock;
  int written = 0;
  CommandRouter router(points, hub, clock, [&](const QString &, const Command &) -> Result<void> {
    ++written;
    return {};
  });
  const QLoggingCategory log("tagwire.test", QtCriticalMsg);
  router.open(folder.path(), log);
  clock.advance(15s);
  router.tick();
  QCOMPARE(written, 0);
  QVERIFY(!router.endPulses(QStringLiteral("end")));
}

void CommandPulseTest::theProgramEndsInTheMiddle() {
  QTemporaryDir folder;
  {
    RouterBench bench({}, folder.path());
    bench.isPrompt = true;
    bench.ask(bench.pump, true, CommandKind::Pulse, 600s);
    QTRY_COMPARE(bench.executed.size(), 1);
  }
  {
    RouterBench bench({}, folder.path());
    bench.isUp = false;
    bench.pass(1s);
    QVERIFY(bench.executed.isEmpty());
    bench.isUp = true;
    bench.pass(15s);
    QCOMPARE(bench.executed.size(), 1);
    QCOMPARE(text(bench.executed[0]), QStringLiteral("false"));
    bench.answer(bench.executed[0], CommandState::Succeeded, false);
    QVERIFY(!bench.router.endPulses(QStringLiteral("end")));
  }
  // And only once.
  RouterBench third({}, folder.path());
  third.pass(15s);
  QVERIFY(third.executed.isEmpty());
}

void CommandPulseTest::theProgramStopsInTheMiddle() {
  RouterBench bench;
  bench.isPrompt = true;
  const QString id = bench.ask(bench.pump, true, CommandKind::Pulse, 600s);
  const QString next = bench.ask(bench.pump, true, CommandKind::Pulse, 600s);
  QVERIFY(bench.router.endPulses(QStringLiteral("the program is stopping")));
  QVERIFY(!bench.router.endPulses(QStringLiteral("the program is stopping")));
  QCOMPARE(bench.executed.size(), 2);
  QVERIFY(bench.lastOf(id).error.contains(QLatin1String("stopping")));
  QCOMPARE(bench.lastOf(next).state, CommandState::Failed);
  QCOMPARE(bench.lastOf(bench.ask(bench.speed, qint64(1))).state, CommandState::Failed);
  QCOMPARE(bench.executed.size(), 2);
}

TAGWIRE_TEST(CommandPulseTest)

}  // namespace commandpulse_test

#include "commandpulse_test.moc"
