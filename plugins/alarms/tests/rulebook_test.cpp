// SPDX-License-Identifier: Apache-2.0
#include "rulebook.h"

#include <QtTest>

#include <cmath>

using namespace tagwire;
using namespace tagwire::alarms;

class RuleBookTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init();
  void R3_4_repeatsAreNeverTold();
  void R3_4_transitionIsFilledWhole();
  void R3_4_rangeFields();
  void R3_3_activeInTheOrderOfTheManifest();
  void occurrenceNumbersLastFromOkToOk();
  void R3_13_delayRunsOutWithoutASample();
  void R3_14_badQualityLeavesTheState();
  void notNumericIsIgnoredAndToldOnce();
  void boolsAndIntegersAreNumbers();
  void severalRulesOnOnePoint();
  void samplesOfOtherPointsDoNothing();

 private:
  static Rule above(int id, double threshold);
  RuleBook::Outcome take(const Value &value, Quality quality = {}, PointId point = PointId(7));
  RuleBook::Outcome wait(std::chrono::milliseconds by);

  Moment m_now;
  std::unique_ptr<RuleBook> m_book;
};

Rule RuleBookTest::above(int id, double threshold) {
  Rule rule;
  rule.id = id;
  rule.name = QStringLiteral("Rule%1").arg(id);
  rule.alarmThreshold = threshold;
  return rule;
}

void RuleBookTest::init() {
  m_now = Moment{fromMilliseconds(1'767'225'600'000), std::chrono::seconds(100)};
  m_book = std::make_unique<RuleBook>(QList{above(77, 80)}, 1000);
  m_book->bind(0, PointId(7), 42);
}

RuleBook::Outcome RuleBookTest::take(const Value &value, Quality quality, PointId point) {
  RuleBook::Outcome outcome;
  m_book->take(Sample{point, quality, m_now.time, value}, m_now, outcome);
  return outcome;
}

RuleBook::Outcome RuleBookTest::wait(std::chrono::milliseconds by) {
  m_now.time += by;
  m_now.elapsed += by;
  RuleBook::Outcome outcome;
  m_book->takeTime(m_now, outcome);
  return outcome;
}

void RuleBookTest::R3_4_repeatsAreNeverTold() {
  QCOMPARE(take(85.0).transitions.size(), 1);
  for (int i = 0; i < 100; ++i) QVERIFY(take(85.0 + i).transitions.isEmpty());
  QCOMPARE(take(70.0).transitions.size(), 1);
  for (int i = 0; i < 100; ++i) QVERIFY(take(70.0 - i).transitions.isEmpty());
}

void RuleBookTest::R3_4_transitionIsFilledWhole() {
  Rule rule = above(77, 80);
  rule.name = QStringLiteral("Compressor Discharge High Temp");
  rule.warningThreshold = 75;
  rule.severity = Severity::Critical;
  rule.area = QStringLiteral("cold-store/room1");
  m_book = std::make_unique<RuleBook>(QList{rule}, 1000);
  m_book->bind(0, PointId(7), 42);
  const auto outcome = take(85.5);
  QCOMPARE(outcome.transitions.size(), 1);
  const AlarmTransition &told = outcome.transitions.at(0);
  QCOMPARE(told.alarmId, 1000);
  QCOMPARE(told.ruleId, 77);
  QCOMPARE(told.ruleName, rule.name);
  QCOMPARE(told.area, rule.area);
  QCOMPARE(told.state, AlarmState::Alarm);
  QCOMPARE(told.previous, AlarmState::Ok);
  QCOMPARE(told.severity, Severity::Critical);
  QCOMPARE(told.comparison, QStringLiteral("above"));
  QCOMPARE(told.point, PointId(7));
  QCOMPARE(told.pointNumber, 42);
  QCOMPARE(told.value, 85.5);
  QCOMPARE(told.warningThreshold, std::optional<double>(75));
  QCOMPARE(told.alarmThreshold, std::optional<double>(80));
  QVERIFY(!told.alarmThresholdLow && !told.alarmThresholdHigh && !told.warningThresholdLow &&
          !told.warningThresholdHigh);
  QCOMPARE(told.message, QStringLiteral("Rule Compressor Discharge High Temp -> ALARM"));
  QCOMPARE(take(76.0).transitions.at(0).message, QStringLiteral("Rule Compressor Discharge High Temp -> WARNING"));
  QCOMPARE(take(70.0).transitions.at(0).message, QStringLiteral("Rule Compressor Discharge High Temp -> OK"));
}

void RuleBookTest::R3_4_rangeFields() {
  Rule rule;
  rule.id = 5;
  rule.comparison.kind = Comparison::OutsideRange;
  rule.alarmThresholdLow = 0;
  rule.alarmThresholdHigh = 10;
  rule.warningThresholdHigh = 8;
  m_book = std::make_unique<RuleBook>(QList{rule}, 1);
  m_book->bind(0, PointId(7), 42);
  const AlarmTransition told = take(9.0).transitions.at(0);
  QCOMPARE(told.state, AlarmState::Warning);
  QCOMPARE(told.comparison, QStringLiteral("outside_range"));
  QVERIFY(!told.alarmThreshold && !told.warningThreshold && !told.warningThresholdLow);
  QCOMPARE(told.alarmThresholdLow, std::optional<double>(0));
  QCOMPARE(told.alarmThresholdHigh, std::optional<double>(10));
  QCOMPARE(told.warningThresholdHigh, std::optional<double>(8));
}

void RuleBookTest::R3_3_activeInTheOrderOfTheManifest() {
  m_book = std::make_unique<RuleBook>(QList{above(3, 30), above(1, 10), above(2, 20)}, 1);
  for (int i = 0; i < 3; ++i) m_book->bind(i, PointId(7), 42);
  QVERIFY(m_book->active().isEmpty());
  take(15.0);
  const Time second = m_now.time + std::chrono::seconds(1);
  wait(std::chrono::seconds(1));
  take(35.0);
  const auto active = m_book->active();
  QCOMPARE(active.size(), 3);
  QCOMPARE(m_book->activeCount(), 3);
  QCOMPARE(active.at(0).transition.ruleId, 3);
  QCOMPARE(active.at(1).transition.ruleId, 1);
  QCOMPARE(active.at(2).transition.ruleId, 2);
  QVERIFY(active.at(0).since == second);
  QVERIFY(active.at(1).since < second);
  QCOMPARE(active.at(1).transition.value, 15.0);
  take(25.0);
  QCOMPARE(m_book->active().size(), 2);
  take(0.0);
  QVERIFY(m_book->active().isEmpty());
  QCOMPARE(m_book->activeCount(), 0);
}

void RuleBookTest::occurrenceNumbersLastFromOkToOk() {
  Rule rule = above(77, 80);
  rule.warningThreshold = 75;
  m_book = std::make_unique<RuleBook>(QList{rule}, 1000);
  m_book->bind(0, PointId(7), 42);
  QList<qint64> ids;
  for (const double value : {76.0, 85.0, 76.0, 70.0, 85.0, 70.0}) ids << take(value).transitions.at(0).alarmId;
  QCOMPARE(ids, (QList<qint64>{1000, 1000, 1000, 1000, 1001, 1001}));
}

void RuleBookTest::R3_13_delayRunsOutWithoutASample() {
  Rule rule = above(77, 80);
  rule.onDelay = std::chrono::seconds(5);
  m_book = std::make_unique<RuleBook>(QList{rule, above(78, 80)}, 1);
  m_book->bind(0, PointId(7), 42);
  m_book->bind(1, PointId(8), 43);
  QVERIFY(!m_book->nextDue());
  QVERIFY(take(85.0).transitions.isEmpty());
  QCOMPARE(*m_book->nextDue(), m_now.elapsed + std::chrono::seconds(5));
  QVERIFY(wait(std::chrono::milliseconds(4999)).transitions.isEmpty());
  const auto outcome = wait(std::chrono::milliseconds(1));
  QCOMPARE(outcome.transitions.size(), 1);
  QCOMPARE(outcome.transitions.at(0).ruleId, 77);
  QCOMPARE(outcome.transitions.at(0).value, 85.0);
  QVERIFY(!m_book->nextDue());
}

void RuleBookTest::R3_14_badQualityLeavesTheState() {
  take(85.0);
  QVERIFY(take(Value(), Quality::bad(QualityReason::NoConnection)).transitions.isEmpty());
  QVERIFY(take(70.0, Quality::bad(QualityReason::Stale)).transitions.isEmpty());
  QCOMPARE(m_book->activeCount(), 1);
  QCOMPARE(take(70.0, Quality::uncertain(QualityReason::Stale)).transitions.size(), 1);
}

void RuleBookTest::notNumericIsIgnoredAndToldOnce() {
  take(85.0);
  const double nan = std::nan("");
  const QList<Value> wrong{QStringLiteral("hot"), Position{1, 2, 3, {}}, nan, Value()};
  QList<int> told;
  qint64 ignored = 0;
  for (const Value &value : wrong) {
    const auto outcome = take(value);
    QVERIFY(outcome.transitions.isEmpty());
    told << outcome.notNumeric;
    ignored += outcome.ignored;
  }
  QCOMPARE(told, QList<int>{77});
  QCOMPARE(ignored, 4);
  QCOMPARE(m_book->activeCount(), 1);
  QCOMPARE(take(70.0).transitions.size(), 1);
  QCOMPARE(take(QStringLiteral("hot")).notNumeric, QList<int>{77});
}

void RuleBookTest::boolsAndIntegersAreNumbers() {
  m_book = std::make_unique<RuleBook>(QList{above(1, 1)}, 1);
  m_book->bind(0, PointId(7), 42);
  QCOMPARE(take(true).transitions.size(), 1);
  QCOMPARE(take(false).transitions.size(), 1);
  QCOMPARE(take(qint64(5)).transitions.at(0).value, 5.0);
}

void RuleBookTest::severalRulesOnOnePoint() {
  m_book = std::make_unique<RuleBook>(QList{above(1, 10), above(2, 20)}, 1);
  m_book->bind(0, PointId(7), 42);
  m_book->bind(1, PointId(7), 42);
  const auto outcome = take(25.0);
  QCOMPARE(outcome.transitions.size(), 2);
  QVERIFY(outcome.transitions.at(0).alarmId != outcome.transitions.at(1).alarmId);
}

void RuleBookTest::samplesOfOtherPointsDoNothing() {
  QVERIFY(take(85.0, {}, PointId(8)).transitions.isEmpty());
  QVERIFY(take(85.0, {}, PointId::None).transitions.isEmpty());
  m_book->bind(0, PointId(8), 43);
  QVERIFY(take(85.0, {}, PointId(7)).transitions.isEmpty());
  QCOMPARE(take(85.0, {}, PointId(8)).transitions.size(), 1);
}

QTEST_GUILESS_MAIN(RuleBookTest)
#include "rulebook_test.moc"
