// SPDX-License-Identifier: Apache-2.0
#include "alarmsfixture.h"
#include "testprogram.h"

namespace alarms_test {

using namespace tagwire;
using namespace tagwire::alarms;

/// The shell: samples in, events out.
class AlarmsTest : public AlarmsFixture {
  Q_OBJECT
 private Q_SLOTS:
  void init() { setUp(); }
  void cleanup() { m_context.reset(); }
  void R3_4_samplesRaiseTransitions();
  void R3_3_deskAnswersWithStandingAlarms();
  void valueOfBeforeTheStartCounts();
  void R3_13_delayRunsOutWithoutASample();
  void R3_12_scheduleBeginsWithoutASample();
  void R3_14_badSampleRaisesNothing();
  void everyBatchIsAnswered();
  void metricsCount();
  void unknownPointIsDegraded();
  void nothingAfterStop();
  void whatWaitsForTheDiskIsToldBeforeTheStopEnds();
  void R3_22_restartRepeatsNothingAndKeepsTheAcknowledgement();
  void occurrenceNumbersGoOnAfterARestart();
  void occurrenceNumbersFitThirtyTwoBits();
  void twoInstances();
  void destroyWhileRunning();
  void creatingEmitsNothingAndStartsNoTimer();
  void wrongConfigurationMakesNoInstance();
  void R3_21_actionIsAnsweredWhenItIsTold();
  void stopWhileTheStoreOpens();
  void askedBeforeItIsReady();
};

void AlarmsTest::R3_4_samplesRaiseTransitions() {
  auto alarms = make();
  QSignalSpy status(alarms.get(), &Plugin::statusChanged);
  QVERIFY(start(*alarms));
  QCOMPARE(status.size(), 1);
  QCOMPARE(status.at(0).at(0).value<PluginState>(), PluginState::Running);
  QVERIFY(m_told.isEmpty());
  for (const double value : {70.0, 76.0, 77.0, 81.0, 82.0, 76.0, 70.0, 69.0}) feed(*alarms, value);
  QTRY_COMPARE(m_told.size(), 4);
  const QList<AlarmState> states{AlarmState::Warning, AlarmState::Alarm, AlarmState::Warning, AlarmState::Ok};
  for (int i = 0; i < 4; ++i) QCOMPARE(m_told.at(i).state, states.at(i));
  QCOMPARE(m_told.at(1).previous, AlarmState::Warning);
  QCOMPARE(m_told.at(1).condition, AlarmCondition::UnacknowledgedActive);
  QCOMPARE(m_told.at(1).value, 81.0);
  QCOMPARE(m_told.at(1).pointNumber, 42);
  QCOMPARE(m_told.at(1).area, QStringLiteral("plc1"));
  QVERIFY(m_told.at(1).isStored);
  QVERIFY(m_told.at(1).point == m_point);
  QVERIFY(m_times.at(1) == m_context->clock().now());
}

void AlarmsTest::R3_3_deskAnswersWithStandingAlarms() {
  auto alarms = started();
  feed(*alarms, 90.0);
  const Time since = m_context->clock().now();
  m_context->manualClock().advance(std::chrono::seconds(60));
  feed(*alarms, 91.0);
  m_context->answerWith(alarms.get());
  std::optional<QList<AlarmStatus>> answer;
  m_context->request(&AlarmDesk::standingAlarms, [&](Result<QList<AlarmStatus>> active) { answer = *active; });
  QTRY_VERIFY(answer.has_value());
  QCOMPARE(answer->size(), 1);
  QCOMPARE(answer->at(0).transition.ruleId, 77);
  QCOMPARE(answer->at(0).transition.state, AlarmState::Alarm);
  QVERIFY(answer->at(0).since == since);
}

void AlarmsTest::valueOfBeforeTheStartCounts() {
  m_context->pointTable().update({Sample{m_point, {}, m_context->clock().now(), 85.0}});
  auto alarms = started();
  QTRY_COMPARE(m_told.size(), 1);
  QCOMPARE(m_told.at(0).state, AlarmState::Alarm);
}

void AlarmsTest::R3_13_delayRunsOutWithoutASample() {
  auto alarms = started(",\"on_delay_ms\":30");
  feed(*alarms, 85.0);
  QVERIFY(m_told.isEmpty());
  m_context->manualClock().advance(std::chrono::milliseconds(30));
  QTRY_COMPARE(m_told.size(), 1);
  QCOMPARE(m_told.at(0).state, AlarmState::Alarm);
}

void AlarmsTest::R3_12_scheduleBeginsWithoutASample() {
  auto alarms = make(",\"schedule\":{\"start\":\"22:00\",\"end\":\"06:00\",\"timezone\":\"Asia/Kolkata\"}");
  // The clock starts at 05:30 in Kolkata; to 25 ms before 22:00.
  m_context->manualClock().advance(std::chrono::minutes(16 * 60 + 30) - std::chrono::milliseconds(25));
  QVERIFY(start(*alarms));
  feed(*alarms, 85.0);
  QVERIFY(m_told.isEmpty());
  m_context->manualClock().advance(std::chrono::milliseconds(25));
  QTRY_COMPARE(m_told.size(), 1);
  QCOMPARE(m_told.at(0).state, AlarmState::Alarm);
}

void AlarmsTest::R3_14_badSampleRaisesNothing() {
  auto alarms = started();
  feed(*alarms, 85.0);
  feed(*alarms, Value(), Quality::bad(QualityReason::NoConnection));
  feed(*alarms, 0.0, Quality::bad(QualityReason::NoConnection));
  feed(*alarms, 0.0);
  QTRY_COMPARE(m_told.size(), 2);
  QCOMPARE(m_told.at(1).state, AlarmState::Ok);
}

void AlarmsTest::everyBatchIsAnswered() {
  auto alarms = make();
  QSignalSpy written(alarms.get(), &Plugin::written);
  alarms->start();
  feed(*alarms, 1.0);  // before the store is open too
  QCOMPARE(written.size(), 1);
  alarms->write({});
  QCOMPARE(written.size(), 2);
}

void AlarmsTest::metricsCount() {
  auto alarms = started();
  feed(*alarms, 85.0);
  feed(*alarms, QStringLiteral("hot"));
  feed(*alarms, QStringLiteral("hotter"));
  Metrics &metrics = m_context->metrics();
  QCOMPARE(metrics.counter("tagwire_alarms_ignored_samples_total", "").value(), 2.0);
  QCOMPARE(metrics.counter("tagwire_alarms_transitions_total", "").value(), 1.0);
  QCOMPARE(metrics.gauge("tagwire_alarms_active", "").value(), 1.0);
  QCOMPARE(metrics.gauge("tagwire_alarms_recent", "").value(), 1.0);
  act(*alarms, {.kind = AlarmAction::Kind::Acknowledge, .ruleId = 77, .by = {}, .comment = {}});
  QCOMPARE(metrics.counter("tagwire_alarms_condition_changes_total", "").value(), 1.0);
  m_context->manualClock().advance(std::chrono::minutes(11));
  feed(*alarms, 86.0);
  QCOMPARE(metrics.gauge("tagwire_alarms_recent", "").value(), 0.0);
}

void AlarmsTest::unknownPointIsDegraded() {
  m_context = std::make_unique<TestContext>(QStringLiteral("alarms"));
  auto alarms = make();
  QSignalSpy status(alarms.get(), &Plugin::statusChanged);
  QVERIFY(start(*alarms));
  QCOMPARE(status.at(0).at(0).value<PluginState>(), PluginState::Degraded);
  QCOMPARE(status.at(0).at(1).toString(), QStringLiteral("no such point: plc1/temp"));
}

void AlarmsTest::nothingAfterStop() {
  auto alarms = make(",\"on_delay_ms\":20");
  QSignalSpy written(alarms.get(), &Plugin::written);
  QSignalSpy status(alarms.get(), &Plugin::statusChanged);
  QVERIFY(start(*alarms));
  feed(*alarms, 85.0);
  alarms->stop();
  m_context->manualClock().advance(std::chrono::seconds(1));
  feed(*alarms, 85.0);
  QTest::qWait(60);
  QVERIFY(m_told.isEmpty());
  QCOMPARE(written.size(), 1);
  QCOMPARE(status.size(), 1);
}

void AlarmsTest::whatWaitsForTheDiskIsToldBeforeTheStopEnds() {
  auto alarms = started();
  feed(*alarms, 85.0);
  alarms->stop();
  QCOMPARE(m_told.size(), 1);
  QVERIFY(m_told.at(0).isStored);
}

void AlarmsTest::R3_22_restartRepeatsNothingAndKeepsTheAcknowledgement() {
  auto alarms = started();
  feed(*alarms, 85.0);
  act(*alarms, {.kind = AlarmAction::Kind::Acknowledge, .ruleId = 77, .by = {}, .comment = QStringLiteral("mine")});
  alarms.reset();
  m_context->manualClock().advance(std::chrono::seconds(60));
  alarms = started();
  feed(*alarms, 86.0);
  QCOMPARE(m_told.size(), 1);
  QCOMPARE(m_changes.size(), 1);
  const auto status = **ask<AlarmStatus, int>(*alarms, &AlarmDesk::alarm, 77);
  QCOMPARE(status.transition.condition, AlarmCondition::AcknowledgedActive);
  QCOMPARE(status.acknowledgedBy, QStringLiteral("anna"));
  QCOMPARE(status.comment, QStringLiteral("mine"));
  alarms->stop();
  m_context->pointTable().update({Sample{m_point, {}, m_context->clock().now(), 10.0}});
  QVERIFY(start(*alarms));
  QTRY_COMPARE(m_told.size(), 2);
  QCOMPARE(m_told.at(1).state, AlarmState::Ok);
  QCOMPARE(m_told.at(1).condition, AlarmCondition::Normal);
}

void AlarmsTest::occurrenceNumbersGoOnAfterARestart() {
  auto alarms = started();
  feed(*alarms, 85.0);
  feed(*alarms, 1.0);
  QTRY_COMPARE(m_told.size(), 2);
  alarms.reset();
  alarms = started();
  feed(*alarms, 85.0);
  QTRY_COMPARE(m_told.size(), 3);
  QVERIFY(m_told.at(2).alarmId > m_told.at(0).alarmId);
}

void AlarmsTest::occurrenceNumbersFitThirtyTwoBits() {
  m_context->manualClock().advance(std::chrono::hours(24 * 365 * 10));
  auto alarms = started();
  feed(*alarms, 85.0);
  QTRY_COMPARE(m_told.size(), 1);
  QVERIFY(m_told.at(0).alarmId > 0);
  QVERIFY(m_told.at(0).alarmId <= std::numeric_limits<int>::max());
}

void AlarmsTest::twoInstances() {
  auto one = started();
  TestContext context(QStringLiteral("other"));
  Problems problems;
  const ConfigNode node = parseJson("{\"rules\":[]}", {}, problems);
  ConfigReader reader(node, {}, problems);
  auto other = makeAlarms(reader, context);
  QVERIFY(start(*other));
  feed(*one, 85.0);
  QTRY_COMPARE(m_told.size(), 1);
  one.reset();
  const auto standing = **ask<QList<AlarmStatus>>(*other, &AlarmDesk::standingAlarms);
  QVERIFY(standing.isEmpty());
}

void AlarmsTest::destroyWhileRunning() {
  auto alarms = make(",\"on_delay_ms\":10");
  alarms->start();
  feed(*alarms, 85.0);
  alarms.reset();
  m_context->manualClock().advance(std::chrono::seconds(1));
  QTest::qWait(30);
  QVERIFY(m_told.isEmpty());
}

void AlarmsTest::creatingEmitsNothingAndStartsNoTimer() {
  m_context->pointTable().update({Sample{m_point, {}, m_context->clock().now(), 85.0}});
  auto alarms = make(",\"schedule\":{\"start\":\"00:00\",\"end\":\"00:00\"}");
  const auto timers = alarms->findChildren<QTimer *>();
  QCOMPARE(timers.size(), 2);
  for (const QTimer *timer : timers) QVERIFY(!timer->isActive());
  QVERIFY(m_told.isEmpty());
  QVERIFY(!QFile::exists(storePath()));
}

void AlarmsTest::wrongConfigurationMakesNoInstance() {
  QVERIFY(!make(",\"surprise\":1"));
  QVERIFY(!make(",\"group\":\"nobody\""));
  QVERIFY(!make(",\"escalation\":\"nobody\""));
  QVERIFY(!make({}, ",\"escalations\":[{\"id\":\"a\",\"steps\":[{\"after_ms\":1000,\"notify\":[\"nobody\"]}]}]"));
  QVERIFY(!make({}, ",\"escalations\":[{\"id\":\"a\",\"steps\":[{\"after_ms\":1000}]}]"));
  QVERIFY(!make({}, ",\"groups\":[{\"id\":\"a\"},{\"id\":\"a\"}]"));
}

void AlarmsTest::R3_21_actionIsAnsweredWhenItIsTold() {
  auto alarms = started();
  feed(*alarms, 85.0);
  const AlarmAction acknowledge{.kind = AlarmAction::Kind::Acknowledge, .ruleId = 77, .by = {}, .comment = {}};
  QCOMPARE(act(*alarms, acknowledge).outcome, AlarmAnswer::Outcome::Done);
  QCOMPARE(m_changes.size(), 1);
  QCOMPARE(m_changes.at(0).cause, QStringLiteral("ack"));
  QCOMPARE(m_changes.at(0).by, QStringLiteral("anna"));
  QVERIFY(m_changes.at(0).isStored);
  QCOMPARE(act(*alarms, acknowledge).outcome, AlarmAnswer::Outcome::Already);
  QCOMPARE(m_changes.size(), 1);
}

void AlarmsTest::stopWhileTheStoreOpens() {
  auto alarms = make();
  QSignalSpy status(alarms.get(), &Plugin::statusChanged);
  alarms->start();
  alarms->stop();
  QTest::qWait(100);
  QVERIFY(status.isEmpty());
  QVERIFY(start(*alarms));
  feed(*alarms, 85.0);
  QTRY_COMPARE(m_told.size(), 1);
}

void AlarmsTest::askedBeforeItIsReady() {
  auto alarms = make();
  alarms->start();
  const auto answer = ask<QList<AlarmStatus>>(*alarms, &AlarmDesk::standingAlarms);
  QVERIFY(!*answer);
  QVERIFY(answer->error().contains(QStringLiteral("starting")));
}

TAGWIRE_TEST(AlarmsTest)

}  // namespace alarms_test

#include "alarms_test.moc"
