// SPDX-License-Identifier: Apache-2.0
#include <QRandomGenerator>
#include <QtTest>

#include <algorithm>

#include "rulestate.h"
#include "testprogram.h"

namespace rulemodel_test {

using namespace tagwire;
using namespace tagwire::alarms;

namespace {

/// What came, and when.
struct Step {
  int atMs = 0;
  enum Kind { Number, Bad, OnlyTime } kind = Number;
  double value = 0;
};

/// One threshold, looked at in the slowest and plainest way: every millisecond. What comes at the very moment at which
/// a delay runs out counts first.
class PlainLimit {
 public:
  PlainLimit(int onMs, int offMs, std::function<bool(double value, bool isPassed)> beyond)
      : m_onMs(onMs), m_offMs(offMs), m_beyond(std::move(beyond)) {}

  void take(const Step &step) {
    while (m_nowMs + 1 < step.atMs) {
      ++m_nowMs;
      look();
    }
    m_nowMs = step.atMs;
    if (step.kind == Step::Bad) {
      m_isGood = false;
      if (m_isPassed) m_sinceMs = -1;
    } else if (step.kind == Step::Number) {
      m_isGood = true;
      m_value = step.value;
    }
    look();
  }
  bool isPassed() const { return m_isPassed; }

 private:
  void look() {
    if (!m_isGood) return;
    const bool wantsOver = m_beyond(m_value, m_isPassed);
    if (wantsOver == m_isPassed) {
      m_sinceMs = -1;
    } else {
      if (m_sinceMs < 0) m_sinceMs = m_nowMs;
      if (m_nowMs - m_sinceMs >= (wantsOver ? m_onMs : m_offMs)) {
        m_isPassed = wantsOver;
        m_sinceMs = -1;
      }
    }
  }

  const int m_onMs, m_offMs;
  const std::function<bool(double, bool)> m_beyond;
  int m_nowMs = 0;
  int m_sinceMs = -1;
  bool m_isPassed = false;
  bool m_isGood = false;
  double m_value = 0;
};

/// Both thresholds as the README says them.
struct PlainRule {
  explicit PlainRule(const Rule &rule)
      : warning(limit(rule, rule.warningThreshold, rule.warningThresholdLow, rule.warningThresholdHigh, true)),
        alarm(limit(rule, rule.alarmThreshold, rule.alarmThresholdLow, rule.alarmThresholdHigh, false)) {}

  static PlainLimit limit(const Rule &rule, std::optional<double> one, std::optional<double> low,
                          std::optional<double> high, bool isWarning) {
    const Rule copy = rule;
    return {static_cast<int>(rule.onDelay.count()), static_cast<int>(rule.offDelay.count()),
            [copy, one, low, high, isWarning](double value, bool isPassed) {
              const double band = isPassed ? copy.deadband : 0;
              const QString word = copy.comparison.word();
              if (word == QLatin1String("above")) return one && value >= *one - band;
              if (word == QLatin1String("below")) return one && value <= *one + band;
              if (isWarning && !low && !high) return false;
              const double from = low.value_or(*copy.alarmThresholdLow);
              const double to = high.value_or(*copy.alarmThresholdHigh);
              if (word == QLatin1String("outside_range")) return value < from + band || value > to - band;
              return from - band <= value && value <= to + band;
            }};
  }

  AlarmState take(const Step &step) {
    warning.take(step);
    alarm.take(step);
    return alarm.isPassed() ? AlarmState::Alarm : warning.isPassed() ? AlarmState::Warning : AlarmState::Ok;
  }

  PlainLimit warning;
  PlainLimit alarm;
};

}  // namespace

/// Random rules and random inputs, against the plain rule above, which shares nothing with the real one.
class RuleModelTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_10_R3_13_R3_14_likeThePlainRule_data();
  void R3_10_R3_13_R3_14_likeThePlainRule();

 private:
  static Rule randomRule(QRandomGenerator &random);
  static Step randomStep(QRandomGenerator &random, int atMs);
};

Rule RuleModelTest::randomRule(QRandomGenerator &random) {
  const auto chance = [&] { return random.bounded(2) == 0; };
  Rule rule;
  rule.comparison.kind = static_cast<Comparison::Kind>(random.bounded(4));
  const bool isBelow = rule.comparison.kind == Comparison::Below;
  if (!rule.comparison.isRange()) {
    rule.alarmThreshold = 5 + random.bounded(3);
    if (chance()) rule.warningThreshold = *rule.alarmThreshold + (isBelow ? 1 : -1) * random.bounded(3);
  } else {
    const int side = rule.comparison.kind == Comparison::OutsideRange ? 1 : -1;
    rule.alarmThresholdLow = 3;
    rule.alarmThresholdHigh = 9;
    if (chance()) rule.warningThresholdLow = 3 + side * random.bounded(3);
    if (chance()) rule.warningThresholdHigh = 9 - side * random.bounded(3);
  }
  if (chance()) rule.deadband = 0.25 * random.bounded(5);
  if (chance()) rule.onDelay = std::chrono::milliseconds(random.bounded(200));
  if (chance()) rule.offDelay = std::chrono::milliseconds(random.bounded(200));
  return rule;
}

Step RuleModelTest::randomStep(QRandomGenerator &random, int atMs) {
  const int what = random.bounded(10);
  if (what == 0) return {atMs, Step::Bad, 0};
  if (what < 3) return {atMs, Step::OnlyTime, 0};
  return {atMs, Step::Number, random.bounded(49) * 0.25};
}

void RuleModelTest::R3_10_R3_13_R3_14_likeThePlainRule_data() {
  QTest::addColumn<quint32>("seed");
  for (int i = 0; i < 100; ++i) {
    const quint32 seed = QRandomGenerator::system()->generate();
    QTest::addRow("seed %u", seed) << seed;
  }
}

void RuleModelTest::R3_10_R3_13_R3_14_likeThePlainRule() {
  QFETCH(quint32, seed);
  QRandomGenerator random(seed);
  const Rule rule = randomRule(random);
  PlainRule plain(rule);
  RuleState state;
  int atMs = 0;
  const auto at = [](int milliseconds) {
    return Moment{Time(std::chrono::milliseconds(milliseconds)), std::chrono::milliseconds(milliseconds)};
  };
  for (int i = 0; i < 1000; ++i) {
    const int before = atMs;
    atMs += random.bounded(3) == 0 ? random.bounded(150) : random.bounded(20);
    // As the engine does it: what is due meanwhile is done when it is due.
    Moment moment = at(before);
    for (auto due = nextDue(rule, state, moment); due && *due < at(atMs).elapsed; due = nextDue(rule, state, moment)) {
      QVERIFY(*due >= moment.elapsed);
      moment = Moment{Time(*due), *due};
      takeTime(rule, state, moment);
      const auto dueMs = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(*due).count());
      QCOMPARE(state.shown, plain.take({dueMs, Step::OnlyTime, 0}));
    }
    const Step step = randomStep(random, atMs);
    if (step.kind == Step::OnlyTime) {
      takeTime(rule, state, at(atMs));
    } else {
      const Quality quality = step.kind == Step::Bad ? Quality::bad(QualityReason::Timeout) : Quality();
      takeSample(rule, state, 0, Sample{PointId(1), quality, at(atMs).time, step.value}, at(atMs));
    }
    const AlarmState expected = plain.take(step);
    if (state.shown != expected) {
      qInfo() << "step" << i << "at" << atMs << shapeOf<Rule>().write(rule);
      QCOMPARE(state.shown, expected);
    }
  }
}

TAGWIRE_TEST(RuleModelTest)

}  // namespace rulemodel_test

#include "rulemodel_test.moc"
