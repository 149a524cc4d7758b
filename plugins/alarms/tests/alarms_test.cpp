// SPDX-License-Identifier: Apache-2.0
#include "alarms.h"

#include <QSignalSpy>
#include <QtTest>

#include "testing/testcontext.h"

using namespace tagwire;
using namespace tagwire::alarms;

/// The shell: samples in, events out, with a real point table and a clock that stands still.
class AlarmsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init();
  void cleanup();
  void R3_4_samplesRaiseTransitions();
  void R3_3_deskAnswersWithActiveAlarms();
  void valueOfBeforeTheStartCounts();
  void R3_13_delayRunsOutWithoutASample();
  void R3_12_scheduleBeginsWithoutASample();
  void R3_14_badSampleRaisesNothing();
  void everyBatchIsAnswered();
  void metricsCount();
  void unknownPointIsDegraded();
  void stopWithoutStartAndTwice();
  void nothingAfterStop();
  void R3_4_restartRepeatsNothing();
  void occurrenceNumbersGoOnAfterARestart();
  void twoInstances();
  void destroyWhileRunning();
  void creatingEmitsNothingAndStartsNoTimer();
  void wrongConfigurationMakesNoInstance();

 private:
  std::unique_ptr<Alarms> make(const QByteArray &keys = {});
  void feed(Alarms &alarms, const Value &value, Quality quality = {});

  std::unique_ptr<TestContext> m_context;
  PointId m_point = PointId::None;
  QList<AlarmTransition> m_told;
  QList<Time> m_times;
};

void AlarmsTest::init() {
  m_context = std::make_unique<TestContext>(QStringLiteral("alarms"));
  PointInfo info;
  info.name = QStringLiteral("temp");
  info.number = 42;
  m_point = *m_context->pointTable().declare(QStringLiteral("plc1"), QStringLiteral("plc1"), info);
  m_told.clear();
  m_times.clear();
}

void AlarmsTest::cleanup() { m_context.reset(); }

std::unique_ptr<Alarms> AlarmsTest::make(const QByteArray &keys) {
  Problems problems;
  const ConfigNode node = parseJson(R"({"rules":[{"id":77,"name":"High","point":"plc1/temp","comparison":"above",
      "alarm_threshold":80,"warning_threshold":75,"severity":"critical")" +
                                        keys + "}]}",
                                    QStringLiteral("test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  auto alarms = makeAlarms(reader, *m_context);
  if (!alarms) return nullptr;
  connect(alarms.get(), &Plugin::eventRaised, this, [this](const Event &event) {
    m_told << std::get<AlarmTransition>(event.body);
    m_times << event.time;
  });
  return alarms;
}

void AlarmsTest::feed(Alarms &alarms, const Value &value, Quality quality) {
  const Samples samples{Sample{m_point, quality, m_context->clock().now(), value}};
  m_context->pointTable().update(samples);
  alarms.write(samples);
}

void AlarmsTest::R3_4_samplesRaiseTransitions() {
  auto alarms = make();
  QSignalSpy status(alarms.get(), &Plugin::statusChanged);
  alarms->start();
  QCOMPARE(status.size(), 1);
  QCOMPARE(status.at(0).at(0).value<PluginState>(), PluginState::Running);
  QVERIFY(m_told.isEmpty());
  for (const double value : {70.0, 76.0, 77.0, 81.0, 82.0, 76.0, 70.0, 69.0}) feed(*alarms, value);
  QCOMPARE(m_told.size(), 4);
  const QList<AlarmState> states{AlarmState::Warning, AlarmState::Alarm, AlarmState::Warning, AlarmState::Ok};
  for (int i = 0; i < 4; ++i) QCOMPARE(m_told.at(i).state, states.at(i));
  QCOMPARE(m_told.at(1).previous, AlarmState::Warning);
  QCOMPARE(m_told.at(1).value, 81.0);
  QCOMPARE(m_told.at(1).pointNumber, 42);
  QVERIFY(m_told.at(1).point == m_point);
  QVERIFY(m_times.at(1) == m_context->clock().now());
}

void AlarmsTest::R3_3_deskAnswersWithActiveAlarms() {
  auto alarms = make();
  alarms->start();
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
  auto alarms = make();
  alarms->start();
  QCOMPARE(m_told.size(), 1);
  QCOMPARE(m_told.at(0).state, AlarmState::Alarm);
}

void AlarmsTest::R3_13_delayRunsOutWithoutASample() {
  auto alarms = make(R"(,"on_delay_ms":30)");
  alarms->start();
  feed(*alarms, 85.0);
  QVERIFY(m_told.isEmpty());
  m_context->manualClock().advance(std::chrono::milliseconds(30));
  QTRY_COMPARE(m_told.size(), 1);
  QCOMPARE(m_told.at(0).state, AlarmState::Alarm);
}

void AlarmsTest::R3_12_scheduleBeginsWithoutASample() {
  auto alarms = make(R"(,"schedule":{"start":"22:00","end":"06:00","timezone":"Asia/Kolkata"})");
  // The clock starts at 05:30 in Kolkata; to 25 ms before 22:00.
  m_context->manualClock().advance(std::chrono::minutes(16 * 60 + 30) - std::chrono::milliseconds(25));
  alarms->start();
  feed(*alarms, 85.0);
  QVERIFY(m_told.isEmpty());
  m_context->manualClock().advance(std::chrono::milliseconds(25));
  QTRY_COMPARE(m_told.size(), 1);
  QCOMPARE(m_told.at(0).state, AlarmState::Alarm);
}

void AlarmsTest::R3_14_badSampleRaisesNothing() {
  auto alarms = make();
  alarms->start();
  feed(*alarms, 85.0);
  feed(*alarms, Value(), Quality::bad(QualityReason::NoConnection));
  feed(*alarms, 0.0, Quality::bad(QualityReason::NoConnection));
  QCOMPARE(m_told.size(), 1);
  feed(*alarms, 0.0);
  QCOMPARE(m_told.size(), 2);
}

void AlarmsTest::everyBatchIsAnswered() {
  auto alarms = make();
  QSignalSpy written(alarms.get(), &Plugin::written);
  alarms->start();
  feed(*alarms, 1.0);
  alarms->write({});
  QCOMPARE(written.size(), 2);
}

void AlarmsTest::metricsCount() {
  auto alarms = make();
  alarms->start();
  feed(*alarms, 85.0);
  feed(*alarms, QStringLiteral("hot"));
  feed(*alarms, QStringLiteral("hotter"));
  const QByteArray text = QByteArray::fromStdString(m_context->metrics().text());
  QVERIFY2(text.contains("tagwire_alarms_transitions_total"), text.constData());
  QCOMPARE(m_context->metrics().counter("tagwire_alarms_ignored_samples_total", "").value(), 2.0);
  QCOMPARE(m_context->metrics().counter("tagwire_alarms_transitions_total", "").value(), 1.0);
  QCOMPARE(m_context->metrics().gauge("tagwire_alarms_active", "").value(), 1.0);
}

void AlarmsTest::unknownPointIsDegraded() {
  m_context = std::make_unique<TestContext>(QStringLiteral("alarms"));
  auto alarms = make();
  QSignalSpy status(alarms.get(), &Plugin::statusChanged);
  alarms->start();
  QCOMPARE(status.at(0).at(0).value<PluginState>(), PluginState::Degraded);
  QCOMPARE(status.at(0).at(1).toString(), QStringLiteral("no such point: plc1/temp"));
}

void AlarmsTest::stopWithoutStartAndTwice() {
  auto alarms = make();
  alarms->stop();
  alarms->start();
  alarms->stop();
  alarms->stop();
}

void AlarmsTest::nothingAfterStop() {
  auto alarms = make(R"(,"on_delay_ms":20)");
  QSignalSpy written(alarms.get(), &Plugin::written);
  QSignalSpy status(alarms.get(), &Plugin::statusChanged);
  alarms->start();
  feed(*alarms, 85.0);
  alarms->stop();
  m_context->manualClock().advance(std::chrono::seconds(1));
  feed(*alarms, 85.0);
  QTest::qWait(60);
  QVERIFY(m_told.isEmpty());
  QCOMPARE(written.size(), 1);
  QCOMPARE(status.size(), 1);
}

void AlarmsTest::R3_4_restartRepeatsNothing() {
  auto alarms = make();
  alarms->start();
  feed(*alarms, 85.0);
  alarms->stop();
  alarms->start();
  QCOMPARE(m_told.size(), 1);
  alarms->stop();
  m_context->pointTable().update({Sample{m_point, {}, m_context->clock().now(), 10.0}});
  alarms->start();
  QCOMPARE(m_told.size(), 2);
  QCOMPARE(m_told.at(1).state, AlarmState::Ok);
}

void AlarmsTest::occurrenceNumbersGoOnAfterARestart() {
  auto alarms = make();
  alarms->start();
  feed(*alarms, 85.0);
  alarms.reset();
  m_context->manualClock().advance(std::chrono::milliseconds(1));
  alarms = make();
  alarms->start();
  QCOMPARE(m_told.size(), 2);
  QVERIFY(m_told.at(1).alarmId > m_told.at(0).alarmId);
  QVERIFY(m_told.at(1).alarmId < (qint64(1) << 53));
}

void AlarmsTest::twoInstances() {
  auto one = make();
  auto other = make();
  one->start();
  other->start();
  feed(*one, 85.0);
  QCOMPARE(m_told.size(), 1);
  feed(*other, 85.0);
  QCOMPARE(m_told.size(), 2);
  one.reset();
  feed(*other, 1.0);
  QCOMPARE(m_told.size(), 3);
}

void AlarmsTest::destroyWhileRunning() {
  auto alarms = make(R"(,"on_delay_ms":10)");
  alarms->start();
  feed(*alarms, 85.0);
  alarms.reset();
  m_context->manualClock().advance(std::chrono::seconds(1));
  QTest::qWait(30);
  QVERIFY(m_told.isEmpty());
}

void AlarmsTest::creatingEmitsNothingAndStartsNoTimer() {
  m_context->pointTable().update({Sample{m_point, {}, m_context->clock().now(), 85.0}});
  auto alarms = make(R"(,"schedule":{"start":"00:00","end":"00:00"})");
  const auto timers = alarms->findChildren<QTimer *>();
  QCOMPARE(timers.size(), 1);
  for (const QTimer *timer : timers) QVERIFY(!timer->isActive());
  QVERIFY(m_told.isEmpty());
}

void AlarmsTest::wrongConfigurationMakesNoInstance() { QVERIFY(!make(R"(,"surprise":1)")); }

QTEST_GUILESS_MAIN(AlarmsTest)
#include "alarms_test.moc"
