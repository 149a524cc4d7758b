// SPDX-License-Identifier: Apache-2.0
// Scenes: the order of steps, failure and on_stop, waits, stopping, idempotence, what a restart finds.
#include <QTest>

#include "sceneplant.h"
#include "testprogram.h"

namespace scenes_test {

using namespace tagwire;
using namespace std::chrono_literals;

namespace {

const char *const twoWrites = R"({"write":"plc/pump","value":true},{"write":"plc/speed","value":7})";
const char *const onStop = R"(,"on_stop":[{"write":"plc/pump","value":false},{"write":"plc/speed","value":0}])";

/// The steps of `on_stop` are done, one after the other.
void finishOnStop(ScenePlant &plant, const QString &id) {
  QCOMPARE(plant.executedIds().last(), id + QLatin1String("/stop1"));
  plant.finishNewest();
  QCOMPARE(plant.executedIds().last(), id + QLatin1String("/stop2"));
  plant.finishNewest();
}

}  // namespace

class ScenesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void oneStepAfterTheOther();
  void toggleAndPulse();
  void waitsByItsTime();
  void manyStepsAtOnce();
  void aFailedStepStopsIt_data();
  void aFailedStepStopsIt();
  void onStopTriesEachStep();
  void anInterlockBlocksAStep();
  void onFailureContinue();
  void awaitEndsOnceItIsMet();
  void awaitBelievesGoodValuesOnly();
  void awaitFailsAtItsTimeout();
  void awaitOfAnAlarm();
  void awaitWithADeadband();
  void oneRunAtATime();
  void boundedNumberAtOnce();
  void unknownScene();
  void cancelWhileItWaits();
  void cancelWhileACommandIsUnderWay();
  void cancelACommandThatWaitsForItsTurn();
  void cancelWithoutOnStop();
  void theSameCorrelationIdRunsOnce();
  void aCorrelationIdOutlivesTheProgram();
  void whatTheEndOfTheProgramCut();
  void theProgramStops();
  void theProgramCanNotWait();
  void howTheyStand();
  void auditHasStartAndOutcome();
};

void ScenesTest::oneStepAfterTheOther() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(twoWrites), QString());
  const QString id = plant.runScene();
  QCOMPARE(plant.executed.size(), 1);
  const Command first = plant.executed[0];
  QCOMPARE(first.id, id + QLatin1String("/1"));
  QCOMPARE(first.requestedBy, QStringLiteral("user:anna"));
  QCOMPARE(first.address, QStringLiteral("192.0.2.7"));
  QCOMPARE(first.comment, QStringLiteral("scene 1 \"Test\", step 1 of 2: monday"));
  plant.tell(first, CommandState::Sent);
  QCOMPARE(plant.executed.size(), 1);
  plant.finishNewest();
  QCOMPARE(plant.executedIds(), (QStringList{id + QLatin1String("/1"), id + QLatin1String("/2")}));
  plant.finishNewest();
  QCOMPARE(plant.statesOf(id), (QStringList{QStringLiteral("queued"), QStringLiteral("sent"), QStringLiteral("sent"),
                                            QStringLiteral("succeeded")}));
  QCOMPARE(plant.textsOf(id), (QStringList{QString(), QStringLiteral("step 1 of 2 (write true to plc/pump)"),
                                           QStringLiteral("step 2 of 2 (write 7 to plc/speed)"),
                                           QStringLiteral("all 2 steps were carried out")}));
  const CommandStatus last = plant.lastOf(id);
  QCOMPARE(last.scene, 1);
  QCOMPARE(last.scenePoints, (QList<PointId>{plant.pump, plant.speed}));
  QVERIFY(last.point == PointId::None);
}

void ScenesTest::toggleAndPulse() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(R"({"toggle":"plc/pump"},{"pulse":"plc/valve","value":true,"duration_ms":500})"),
           QString());
  plant.publish(plant.pump, true);
  const QString id = plant.runScene();
  QVERIFY(plant.executed.last().value == Value(false));
  plant.finishNewest();
  QCOMPARE(plant.executed.last().id, id + QLatin1String("/2/on"));
  plant.finishNewest();
  QVERIFY(!isFinal(plant.lastOf(id).state));
  plant.passTime(500ms);
  QCOMPARE(plant.executed.last().id, id + QLatin1String("/2/off1"));
  plant.finishNewest();
  QCOMPARE(plant.lastOf(id).state, CommandState::Succeeded);
}

void ScenesTest::waitsByItsTime() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(R"({"wait_ms":2000},{"write":"plc/pump","value":true})"), QString());
  const QString id = plant.runScene();
  plant.passTime(1999ms);
  QVERIFY(plant.executed.isEmpty());
  QCOMPARE(plant.lastOf(id).error, QStringLiteral("step 1 of 2 (wait 2000 ms)"));
  plant.passTime(1ms);
  QCOMPARE(plant.executed.size(), 1);
}

void ScenesTest::manyStepsAtOnce() {
  ScenePlant plant;
  QByteArrayList steps;
  for (int i = 0; i < 200; ++i) steps << R"({"write":"plc/speed","value":)" + QByteArray::number(i) + "}";
  QCOMPARE(plant.configureScene(steps.join(',')), QString());
  plant.isPrompt = true;
  const QString id = plant.runScene();
  QCOMPARE(plant.executed.size(), 200);
  QCOMPARE(plant.lastOf(id).state, CommandState::Succeeded);
  QVERIFY(plant.executed.last().value == Value(qint64(199)));
}

void ScenesTest::aFailedStepStopsIt_data() {
  QTest::addColumn<int>("state");
  QTest::addColumn<QString>("words");
  QTest::newRow("failed") << static_cast<int>(CommandState::Failed) << "failed: no reply";
  QTest::newRow("blocked") << static_cast<int>(CommandState::Blocked) << "was blocked: no reply";
  QTest::newRow("expired") << static_cast<int>(CommandState::Expired) << "expired: no reply";
  QTest::newRow("unknown") << static_cast<int>(CommandState::Unknown) << "has an unknown outcome: no reply";
}

void ScenesTest::aFailedStepStopsIt() {
  QFETCH(int, state);
  QFETCH(QString, words);
  ScenePlant plant;
  QCOMPARE(plant.configureScene(twoWrites, onStop), QString());
  const QString id = plant.runScene();
  plant.finishNewest(static_cast<CommandState>(state));
  QVERIFY(!isFinal(plant.lastOf(id).state));
  finishOnStop(plant, id);
  QCOMPARE(static_cast<int>(plant.lastOf(id).state), state);
  QCOMPARE(plant.lastOf(id).error,
           QStringLiteral("step 1 of 2 (write true to plc/pump) %1; on_stop was carried out").arg(words));
  QCOMPARE(plant.executed.size(), 3);
}

void ScenesTest::onStopTriesEachStep() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(twoWrites, onStop), QString());
  const QString id = plant.runScene();
  plant.finishNewest(CommandState::Failed);
  plant.finishNewest(CommandState::Failed);
  QCOMPARE(plant.executedIds().last(), id + QLatin1String("/stop2"));
  plant.finishNewest();
  QCOMPARE(plant.lastOf(id).state, CommandState::Failed);
  QCOMPARE(plant.lastOf(id).error,
           QStringLiteral("step 1 of 2 (write true to plc/pump) failed: no reply; of on_stop: step 1 of 2 of on_stop "
                          "(write false to plc/pump) failed: no reply"));
}

void ScenesTest::anInterlockBlocksAStep() {
  ScenePlant plant;
  QCOMPARE(plant.configure(R"("interlocks":[{"id":5,"name":"Level","mode":"permissive","points":["plc/pump"],
             "conditions":[{"type":"range","point":"plc/level","min":20}]}],
             "scenes":[{"id":1,"name":"Test","steps":[{"write":"plc/pump","value":true}]}])"),
           QString());
  plant.publishLevel(3);
  const QString id = plant.runScene();
  QVERIFY(plant.executed.isEmpty());
  const CommandStatus last = plant.lastOf(id);
  QCOMPARE(last.state, CommandState::Blocked);
  QCOMPARE(last.interlock, 5);
  QVERIFY2(last.error.contains(QLatin1String("plc/level is 3 (allowed: from 20)")), qPrintable(last.error));
  plant.publishLevel(30);
  const QString again = plant.runScene();
  plant.finishNewest();
  QCOMPARE(plant.lastOf(again).state, CommandState::Succeeded);
  QCOMPARE(plant.lastOf(again).interlock, 0);
}

void ScenesTest::onFailureContinue() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(twoWrites, QByteArray(R"(,"on_failure":"continue")") + onStop), QString());
  const QString id = plant.runScene();
  plant.finishNewest(CommandState::Failed);
  QCOMPARE(plant.executedIds().last(), id + QLatin1String("/2"));
  plant.finishNewest();
  QCOMPARE(plant.lastOf(id).state, CommandState::Failed);
  QCOMPARE(plant.lastOf(id).error, QStringLiteral("step 1 of 2 (write true to plc/pump) failed: no reply"));
  QCOMPARE(plant.executed.size(), 2);
}

namespace {
const char *const awaitLevel =
    R"({"await":[{"type":"range","point":"plc/level","min":20}],"timeout_ms":30000},{"write":"plc/pump","value":true})";
}

void ScenesTest::awaitEndsOnceItIsMet() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(awaitLevel), QString());
  plant.publishLevel(5);
  const QString id = plant.runScene();
  QCOMPARE(plant.lastOf(id).error, QStringLiteral("step 1 of 2 (await plc/level is from 20, at most 30000 ms)"));
  QVERIFY(plant.executed.isEmpty());
  plant.publishLevel(20);
  QCOMPARE(plant.executed.size(), 1);
  plant.finishNewest();
  // Met from the beginning: it does not wait at all.
  plant.runScene();
  QCOMPARE(plant.executed.size(), 2);
}

void ScenesTest::awaitBelievesGoodValuesOnly() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(awaitLevel), QString());
  plant.runScene();
  plant.publishLevel(50, Quality::bad(QualityReason::Timeout));
  QVERIFY(plant.executed.isEmpty());
  plant.interlocks->instanceChanged(QStringLiteral("plc"), false);
  plant.publishLevel(50);
  QVERIFY(plant.executed.isEmpty());
  plant.interlocks->instanceChanged(QStringLiteral("plc"), true);
  plant.passTime(20ms);
  QCOMPARE(plant.executed.size(), 1);
}

void ScenesTest::awaitFailsAtItsTimeout() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(awaitLevel, onStop), QString());
  plant.publishLevel(5);
  const QString id = plant.runScene();
  plant.passTime(29'999ms);
  QVERIFY(plant.executed.isEmpty());
  plant.passTime(1ms);
  finishOnStop(plant, id);
  QCOMPARE(plant.lastOf(id).state, CommandState::Failed);
  QCOMPARE(
      plant.lastOf(id).error,
      QStringLiteral("step 1 of 2 (await plc/level is from 20, at most 30000 ms) failed: its time was up: plc/level "
                     "is 5 (allowed: from 20); on_stop was carried out"));
}

void ScenesTest::awaitOfAnAlarm() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(R"({"await":[{"type":"alarm_state","rule":77,"states":["ALARM"]}],"timeout_ms":30000},
                                   {"write":"plc/pump","value":true})"),
           QString());
  plant.interlocks->instanceChanged(QStringLiteral("alarms"), true);
  QCOMPARE(plant.questions, QStringList{QStringLiteral("alarms/77")});
  plant.runScene();
  AlarmTransition alarm;
  alarm.ruleId = 77;
  alarm.state = AlarmState::Alarm;
  plant.hub.raise(nullptr, Event{0, plant.clock.now(), QStringLiteral("others"), alarm});
  QCoreApplication::processEvents();
  QVERIFY(plant.executed.isEmpty());
  plant.hub.raise(nullptr, Event{0, plant.clock.now(), QStringLiteral("alarms"), alarm});
  QCoreApplication::processEvents();
  QCOMPARE(plant.executed.size(), 1);
}

void ScenesTest::awaitWithADeadband() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(R"({"await":[{"type":"range","point":"plc/level","min":20,"deadband":5}],
                                    "timeout_ms":30000},{"write":"plc/pump","value":true})"),
           QString());
  plant.publishLevel(19);
  plant.runScene();
  plant.publishLevel(22);
  QVERIFY(plant.executed.isEmpty());
  plant.publishLevel(25);
  QCOMPARE(plant.executed.size(), 1);
}

void ScenesTest::oneRunAtATime() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(twoWrites), QString());
  const QString first = plant.runScene();
  const QString second = plant.runScene();
  QCOMPARE(plant.lastOf(second).state, CommandState::Failed);
  QCOMPARE(plant.lastOf(second).error, QStringLiteral("scene 1 is running already (command %1)").arg(first));
  QVERIFY(!isFinal(plant.lastOf(first).state));
  plant.finishNewest();
  plant.finishNewest();
  QCOMPARE(plant.lastOf(first).state, CommandState::Succeeded);
  const QString third = plant.runScene();
  QVERIFY(!isFinal(plant.lastOf(third).state));
}

void ScenesTest::boundedNumberAtOnce() {
  ScenePlant plant;
  QByteArrayList scenes;
  for (int i = 1; i <= Scenes::mostRunning + 1; ++i) {
    scenes << R"({"id":)" + QByteArray::number(i) +
                  R"(,"name":"x","steps":[{"wait_ms":1000},{"write":"plc/pump","value":true}]})";
  }
  QCOMPARE(plant.configure(R"("scenes":[)" + scenes.join(',') + "]"), QString());
  QString last;
  for (int i = 1; i <= Scenes::mostRunning; ++i) last = plant.runScene(i);
  QVERIFY(!isFinal(plant.lastOf(last).state));
  last = plant.runScene(Scenes::mostRunning + 1);
  QCOMPARE(plant.lastOf(last).state, CommandState::Failed);
  QVERIFY(plant.lastOf(last).error.startsWith(QLatin1String("busy")));
}

void ScenesTest::unknownScene() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(twoWrites), QString());
  const QString id = plant.runScene(7);
  QCOMPARE(plant.statesOf(id), QStringList{QStringLiteral("failed")});
  QCOMPARE(plant.lastOf(id).error, QStringLiteral("there is no scene 7"));
}

void ScenesTest::cancelWhileItWaits() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(R"({"wait_ms":2000},{"write":"plc/pump","value":true})", onStop), QString());
  const QString id = plant.runScene();
  QVERIFY(plant.scenes->cancel(id, plant.operatorNamed("user:bob")));
  QVERIFY(!isFinal(plant.lastOf(id).state));
  const auto twice = plant.scenes->cancel(id, plant.operatorNamed("user:bob"));
  QVERIFY(!twice);
  QCOMPARE(twice.error(), QStringLiteral("it is being stopped already"));
  finishOnStop(plant, id);
  QCOMPARE(plant.lastOf(id).state, CommandState::Failed);
  QCOMPARE(plant.lastOf(id).error,
           QStringLiteral("stopped by user:bob during step 1 of 2 (wait 2000 ms); on_stop was carried out"));
  plant.passTime(10s);
  QCOMPARE(plant.executed.size(), 2);
  QVERIFY(!plant.scenes->cancel(id, plant.operatorNamed("user:bob")));
  QVERIFY(!plant.scenes->cancel(QStringLiteral("never"), plant.operatorNamed("user:bob")));
}

void ScenesTest::cancelWhileACommandIsUnderWay() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(R"({"write":"plc/valve","value":true},{"write":"plc/pump","value":true})", onStop),
           QString());
  const QString id = plant.runScene();
  const Command sent = plant.executed.last();
  plant.tell(sent, CommandState::Sent);
  QVERIFY(plant.scenes->cancel(id, plant.operatorNamed("user:bob")));
  // What on_stop writes is another point: it does not wait for the valve, and what becomes of that changes nothing.
  QCOMPARE(plant.executedIds().last(), id + QLatin1String("/stop1"));
  plant.answer(sent, CommandState::Failed);
  QCOMPARE(plant.executedIds().last(), id + QLatin1String("/stop1"));
  finishOnStop(plant, id);
  QCOMPARE(plant.lastOf(id).error, QStringLiteral("stopped by user:bob during step 1 of 2 (write true to plc/valve); "
                                                  "on_stop was carried out"));
  QCOMPARE(plant.executed.size(), 3);
}

void ScenesTest::cancelACommandThatWaitsForItsTurn() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(twoWrites), QString());
  plant.ask(plant.pump, false);
  const Command other = plant.executed.last();
  const QString id = plant.runScene();
  QCOMPARE(plant.executed.size(), 1);
  QVERIFY(plant.scenes->cancel(id, plant.operatorNamed("user:bob")));
  QCOMPARE(plant.lastOf(id + QLatin1String("/1")).state, CommandState::Failed);
  QCOMPARE(plant.lastOf(id + QLatin1String("/1")).error, QStringLiteral("cancelled by user:bob"));
  plant.answer(other, CommandState::Succeeded, false);
  QCOMPARE(plant.executed.size(), 1);
}

void ScenesTest::cancelWithoutOnStop() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(twoWrites), QString());
  const QString id = plant.runScene();
  plant.tell(plant.executed.last(), CommandState::Sent);
  QVERIFY(plant.scenes->cancel(id, plant.operatorNamed("user:bob")));
  QCOMPARE(plant.lastOf(id).state, CommandState::Failed);
  plant.finishNewest();
  QCOMPARE(plant.executed.size(), 1);
  QCOMPARE(plant.statesOf(id).count(QStringLiteral("failed")), 1);
}

void ScenesTest::theSameCorrelationIdRunsOnce() {
  ScenePlant plant;
  QCOMPARE(plant.configure(R"("scenes":[{"id":1,"name":"a","steps":[{"write":"plc/pump","value":true}]},
                              {"id":2,"name":"b","steps":[{"write":"plc/pump","value":true}]}])"),
           QString());
  plant.correlation = QStringLiteral("click");
  plant.runScene();
  const QString second = plant.runScene();
  QCOMPARE(plant.statesOf(second), QStringList{QStringLiteral("sent")});
  plant.finishNewest();
  QCOMPARE(plant.lastOf(second).state, CommandState::Succeeded);
  const QString third = plant.runScene();
  QCOMPARE(plant.statesOf(third), QStringList{QStringLiteral("succeeded")});
  const QString other = plant.runScene(2);
  QCOMPARE(plant.lastOf(other).error, QStringLiteral("the correlation id was used for another command"));
  QCOMPARE(plant.executed.size(), 1);
}

void ScenesTest::aCorrelationIdOutlivesTheProgram() {
  QTemporaryDir folder;
  {
    ScenePlant plant;
    plant.correlation = QStringLiteral("click");
    plant.isPrompt = true;
    QCOMPARE(plant.configureScene(twoWrites, {}, folder.path()), QString());
    const QString id = plant.runScene();
    QTRY_COMPARE(plant.lastOf(id).state, CommandState::Succeeded);
  }
  ScenePlant plant;
  plant.correlation = QStringLiteral("click");
  QCOMPARE(plant.configureScene(twoWrites, {}, folder.path()), QString());
  plant.asked = 10;
  const QString again = plant.runScene();
  QCOMPARE(plant.statesOf(again), QStringList{QStringLiteral("succeeded")});
  QVERIFY(plant.executed.isEmpty());
}

void ScenesTest::whatTheEndOfTheProgramCut() {
  QTemporaryDir folder;
  QTemporaryDir copy;
  const QString name = QStringLiteral("/scenes.json");
  QString id;
  {
    ScenePlant plant;
    QCOMPARE(plant.configureScene(twoWrites, onStop, folder.path()), QString());
    id = plant.runScene();
    QTRY_COMPARE(plant.executed.size(), 1);
    plant.finishNewest();
    QTRY_COMPARE(plant.executed.size(), 2);
    // As a kill would leave it.
    QVERIFY(QFile::copy(folder.path() + name, copy.path() + name));
  }
  const QString text =
      QStringLiteral("the program ended during step 2 of 2 (write 7 to plc/speed); nothing was carried out since");
  for (int start = 0; start < 2; ++start) {
    ScenePlant plant;
    QCOMPARE(plant.configureScene(twoWrites, onStop, copy.path()), QString());
    // Told once, by the first start.
    QCOMPARE(plant.statesOf(id), start == 0 ? QStringList{QStringLiteral("unknown")} : QStringList());
    QCOMPARE(plant.trail.entries().size(), start == 0 ? 1 : 0);
    const SceneStatus status = plant.scenes->all().first();
    QVERIFY(status.commandId.isEmpty() && status.last);
    QCOMPARE(status.last->text, text);
    QCOMPARE(status.last->state, CommandState::Unknown);
    plant.passTime(60s);
    QVERIFY(plant.executed.isEmpty());
  }
}

void ScenesTest::theProgramStops() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(R"({"wait_ms":2000},{"write":"plc/pump","value":true})", onStop), QString());
  const QString id = plant.runScene();
  const QString why = QStringLiteral("the program is stopping");
  QVERIFY(plant.scenes->stop(why));
  QVERIFY(plant.scenes->stop(why));
  finishOnStop(plant, id);
  QVERIFY(!plant.scenes->stop(why));
  QCOMPARE(plant.lastOf(id).state, CommandState::Failed);
  QVERIFY(
      plant.lastOf(id).error.startsWith(QLatin1String("the program is stopping during step 1 of 2 (wait 2000 ms)")));
  QCOMPARE(plant.lastOf(plant.runScene()).error, why);
}

void ScenesTest::theProgramCanNotWait() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(twoWrites, onStop), QString());
  const QString id = plant.runScene();
  QVERIFY(plant.scenes->stop(QStringLiteral("the program is stopping")));
  plant.scenes->abandon();
  QVERIFY(!plant.scenes->stop(QStringLiteral("the program is stopping")));
  QCOMPARE(plant.lastOf(id).state, CommandState::Failed);
  QVERIFY2(plant.lastOf(id).error.contains(
               QLatin1String("step 1 of 2 of on_stop (write false to plc/pump) could not be ended in time")),
           qPrintable(plant.lastOf(id).error));
}

void ScenesTest::howTheyStand() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(QByteArray(awaitLevel) + R"(,{"toggle":"plc/valve"})", onStop), QString());
  SceneStatus status = plant.scenes->all().first();
  QCOMPARE(status.steps, (QStringList{QStringLiteral("await plc/level is from 20, at most 30000 ms"),
                                      QStringLiteral("write true to plc/pump"), QStringLiteral("toggle plc/valve")}));
  QCOMPARE(status.onStop,
           (QStringList{QStringLiteral("write false to plc/pump"), QStringLiteral("write 0 to plc/speed")}));
  QCOMPARE(status.points, (QList<PointId>{plant.pump, plant.valve, plant.speed}));
  QCOMPARE(status.inputs, QList<PointId>{plant.level});
  QVERIFY(status.commandId.isEmpty() && !status.last && status.step == 0);
  plant.publishLevel(50);
  const QString id = plant.runScene();
  status = plant.scenes->all().first();
  QCOMPARE(status.commandId, id);
  QCOMPARE(status.step, 2);
  QVERIFY(!status.isStopping);
  plant.finishNewest(CommandState::Failed);
  status = plant.scenes->all().first();
  QCOMPARE(status.step, 1);
  QVERIFY(status.isStopping && !status.last);
  finishOnStop(plant, id);
  status = plant.scenes->all().first();
  QVERIFY(status.commandId.isEmpty() && status.last);
  QCOMPARE(status.last->commandId, id);
  QCOMPARE(status.last->requestedBy, QStringLiteral("user:anna"));
  QCOMPARE(status.last->state, CommandState::Failed);
  // A refusal is no run.
  plant.correlation.clear();
  plant.scenes->stop(QStringLiteral("the program is stopping"));
  plant.runScene();
  QCOMPARE(plant.scenes->all().first().last->commandId, id);
}

void ScenesTest::auditHasStartAndOutcome() {
  ScenePlant plant;
  QCOMPARE(plant.configureScene(twoWrites), QString());
  const QString id = plant.runScene();
  QVERIFY(plant.scenes->cancel(id, plant.operatorNamed("user:bob")));
  const QList<AuditEntry> entries = plant.trail.entries(QStringLiteral("scene"));
  QCOMPARE(entries.size(), 3);
  QStringList words;
  for (const AuditEntry &each : entries) words << each.action + u' ' + each.actor;
  QCOMPARE(words, (QStringList{QStringLiteral("run user:anna"), QStringLiteral("cancelled user:bob"),
                               QStringLiteral("failed user:anna")}));
  for (const AuditEntry &each : entries) {
    QCOMPARE(each.subject, QStringLiteral("scene:1"));
    QCOMPARE(each.reference, id);
  }
  QCOMPARE(entries[0].comment, QStringLiteral("monday"));
  QCOMPARE(entries[0].address, QStringLiteral("192.0.2.7"));
  QCOMPARE(entries[0].details.value(QLatin1String("name")).toString(), QStringLiteral("Test"));
  QCOMPARE(entries[1].comment, QStringLiteral("enough"));
  QVERIFY(entries[2].details.value(QLatin1String("text")).toString().startsWith(QLatin1String("stopped by user:bob")));
}

TAGWIRE_TEST(ScenesTest)

}  // namespace scenes_test

#include "scenes_test.moc"
