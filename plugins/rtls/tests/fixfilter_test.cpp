// SPDX-License-Identifier: Apache-2.0
#include "fixfilter.h"

#include <QtTest>

#include <cmath>

#include "testprogram.h"
#include "tracker.h"

namespace fixfilter_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

class FixFilterTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init();
  void everythingPassesWithoutRules();
  void duplicatesAreRefused();
  void duplicatesNeedATime();
  void olderIsRefused();
  void olderIsTakenAfterAPause();
  void ageAndFuture();
  void tooFastIsRefused();
  void accuracyExplainsAWay();
  void threeThatGoTogetherAreBelieved();
  void twoSendersOfOneTagDoNotTakeTurns();
  void pauseLetsAnythingIn();
  void speedGoesOnAfterATimeThatWasAhead();
  void timeAheadHidesNoOutlier();
  void senderThatIsAlwaysAhead();
  void speedGoesOnWhenTheClockIsSet_data();
  void speedGoesOnWhenTheClockIsSet();
  void inaccurateIsRefused();
  void refusalsNameWhatIsAllowed();

 private:
  Refusal judgeInTime(double x, double y, std::chrono::milliseconds at, double accuracy = std::nan("")) {
    m_now.time = m_start + at;
    return judge(x, y, at, accuracy);
  }
  Refusal judge(double x, double y, std::optional<std::chrono::milliseconds> at, double accuracy = std::nan(""));

  FilterRules m_rules;
  FixFilter m_filter;
  Moment m_now;
  Time m_start;
  QString m_text;
};

void FixFilterTest::init() {
  m_rules = {};
  m_filter = {};
  m_start = fromMilliseconds(1'767'225'600'000);
  m_now = {m_start, 1000s};
  m_text.clear();
}

/// `at`: its source time since the start; m_now is when it comes.
Refusal FixFilterTest::judge(double x, double y, std::optional<std::chrono::milliseconds> at, double accuracy) {
  IncomingFix fix;
  fix.x = x;
  fix.y = y;
  fix.fix.accuracy = accuracy;
  if (at) fix.time = m_start + *at;
  const auto verdict = m_filter.judge(m_rules, fix, sourceTime(fix, m_now.time), m_now);
  m_text = verdict.text;
  return verdict.refusal;
}

void FixFilterTest::everythingPassesWithoutRules() {
  QCOMPARE(judge(0, 0, 0ms), Refusal::None);
  QCOMPARE(judge(0, 0, 0ms), Refusal::None);
  QCOMPARE(judge(1e9, 0, -5000ms, 1e9), Refusal::None);
  QCOMPARE(judge(0, 0, 24h), Refusal::None);
}

void FixFilterTest::duplicatesAreRefused() {
  m_rules.duplicates = true;
  QCOMPARE(judge(1, 2, 0ms), Refusal::None);
  QCOMPARE(judge(1, 2, 0ms, 0.5), Refusal::Duplicate);  // its accuracy is not what makes it another one
  QCOMPARE(judge(1, 2.5, 0ms), Refusal::None);
  for (int i = 1; i <= 3; ++i) QCOMPARE(judge(1, 2, i * 100ms), Refusal::None);
  QCOMPARE(judge(1, 2.5, 0ms), Refusal::Duplicate);  // of the last four
  QCOMPARE(judge(1, 2, 0ms), Refusal::None);         // five ago
}

void FixFilterTest::duplicatesNeedATime() {
  m_rules.duplicates = true;
  QCOMPARE(judge(1, 2, std::nullopt), Refusal::None);
  QCOMPARE(judge(1, 2, std::nullopt), Refusal::None);
}

void FixFilterTest::olderIsRefused() {
  m_rules.order = true;
  QCOMPARE(judge(0, 0, 1000ms), Refusal::None);
  QCOMPARE(judge(0, 0, 999ms), Refusal::Order);
  QCOMPARE(judge(0, 0, 1000ms), Refusal::None);
  QCOMPARE(judge(0, 0, 1001ms), Refusal::None);
}

void FixFilterTest::olderIsTakenAfterAPause() {
  m_rules.order = true;
  m_now.elapsed += 5s;
  QCOMPARE(judge(0, 0, 50'000ms), Refusal::None);  // its clock is ahead, and is put right then
  for (int second = 1; second < 10; ++second) {
    m_now.elapsed += 1s;
    QCOMPARE(judge(0, 0, second * 1000ms), Refusal::Order);
  }
  m_now.elapsed += 1s;
  QCOMPARE(judge(0, 0, 10'000ms), Refusal::None);
  m_now.elapsed += 1s;
  QCOMPARE(judge(0, 0, 11'000ms), Refusal::None);
}

void FixFilterTest::ageAndFuture() {
  m_rules.maxAge = 5000ms;
  m_rules.maxAhead = 200ms;
  QCOMPARE(judge(0, 0, -5000ms), Refusal::None);
  QCOMPARE(judge(0, 0, -5001ms), Refusal::Age);
  QCOMPARE(judge(0, 0, 200ms), Refusal::None);
  QCOMPARE(judge(0, 0, 201ms), Refusal::Ahead);
  // A clock that was never set: without the rule it would get the time of receipt.
  QCOMPARE(judge(0, 0, std::chrono::milliseconds(-1'767'225'600'000)), Refusal::Age);
  QCOMPARE(judge(0, 0, std::nullopt), Refusal::None);
}

void FixFilterTest::tooFastIsRefused() {
  m_rules.maxSpeed = 2;
  QCOMPARE(judgeInTime(0, 0, 0ms), Refusal::None);
  QCOMPARE(judgeInTime(3, 4, 2000ms), Refusal::Speed);    // 2.5 a second
  QCOMPARE(judgeInTime(3, 4, 2500ms), Refusal::None);     // 2 a second
  QCOMPARE(judgeInTime(3, 4.5, 2500ms), Refusal::Speed);  // in two places at once
  QCOMPARE(judgeInTime(3, 4, 2500ms), Refusal::None);
}

void FixFilterTest::accuracyExplainsAWay() {
  m_rules.maxSpeed = 2;
  QCOMPARE(judgeInTime(0, 0, 0ms, 1), Refusal::None);
  QCOMPARE(judgeInTime(3.5, 0, 500ms, 1), Refusal::Speed);  // 1.5 remain, in half a second
  QCOMPARE(judgeInTime(3, 0, 500ms, 1), Refusal::None);     // 1 remains
}

void FixFilterTest::threeThatGoTogetherAreBelieved() {
  m_rules.maxSpeed = 2;
  QCOMPARE(judgeInTime(0, 0, 0ms), Refusal::None);
  QCOMPARE(judgeInTime(500, 0, 1000ms), Refusal::Speed);
  QCOMPARE(judgeInTime(501, 0, 2000ms), Refusal::Speed);
  QCOMPARE(judgeInTime(900, 0, 3000ms), Refusal::Speed);  // goes with none of them: the count begins anew
  QCOMPARE(judgeInTime(901, 0, 4000ms), Refusal::Speed);
  QCOMPARE(judgeInTime(902, 0, 5000ms), Refusal::None);
  QCOMPARE(judgeInTime(903, 0, 6000ms), Refusal::None);
  QCOMPARE(judgeInTime(0, 0, 7000ms), Refusal::Speed);
}

void FixFilterTest::twoSendersOfOneTagDoNotTakeTurns() {
  m_rules.maxSpeed = 2;
  QCOMPARE(judgeInTime(0, 0, 0ms), Refusal::None);
  for (int i = 1; i <= 20; ++i) {
    QCOMPARE(judgeInTime(500, 0, i * 500ms), Refusal::Speed);
    QCOMPARE(judgeInTime(0, 0, i * 500ms + 250ms), Refusal::None);
  }
}

void FixFilterTest::pauseLetsAnythingIn() {
  m_rules.maxSpeed = 2;
  QCOMPARE(judge(0, 0, 0ms), Refusal::None);
  m_now.elapsed += 9999ms;
  QCOMPARE(judge(500, 0, 9999ms), Refusal::Speed);
  m_now.elapsed += 1ms;
  QCOMPARE(judge(700, 0, 10'000ms), Refusal::None);
}

void FixFilterTest::speedGoesOnAfterATimeThatWasAhead() {
  m_rules.maxSpeed = 2;
  for (int i = 0; i < 75; ++i) {
    const auto ahead = i == 10 ? 60s : 0s;
    const bool isOutlier = i == 11 || i == 20;  // the one right after it, and one long after
    const double x = 1.4 * i + (isOutlier ? 82 : 0);
    QCOMPARE(judge(x, 0, i * 1s + ahead), isOutlier ? Refusal::Speed : Refusal::None);
    m_now.time += 1s;
    m_now.elapsed += 1s;
  }
}

void FixFilterTest::timeAheadHidesNoOutlier() {
  m_rules.maxSpeed = 2;
  QCOMPARE(judgeInTime(0, 0, 0ms), Refusal::None);
  m_now.time += 1s;
  m_now.elapsed += 1s;
  QCOMPARE(judge(80, 0, 50s), Refusal::Speed);
  QCOMPARE(judge(1, 0, 1s), Refusal::None);
}

/// Half a minute, and its fixes come three at a time.
void FixFilterTest::senderThatIsAlwaysAhead() {
  m_rules.maxSpeed = 2;
  for (int i = 0; i < 30; ++i) {
    QCOMPARE(judge(1.5 * i, 0, 30s + i * 1s), Refusal::None);
    if (i % 3 != 0) continue;
    m_now.time += 3s;
    m_now.elapsed += 3s;
  }
}

void FixFilterTest::speedGoesOnWhenTheClockIsSet_data() {
  QTest::addColumn<bool>("isTimed");
  QTest::addColumn<int>("hours");
  QTest::newRow("ours back") << false << -1;
  QTest::newRow("ours forward") << false << 1;
  QTest::newRow("the sender's back") << true << -1;
}

void FixFilterTest::speedGoesOnWhenTheClockIsSet() {
  QFETCH(bool, isTimed);
  QFETCH(int, hours);
  m_rules.maxSpeed = 2;
  const auto time = [&](std::chrono::milliseconds at) { return isTimed ? std::optional(at) : std::nullopt; };
  QCOMPARE(judge(0, 0, time(0ms)), Refusal::None);
  const auto set = hours * 1h;
  m_now.time += set + 1s;
  m_now.elapsed += 1s;
  QCOMPARE(judge(5000, 0, time(set + 1s)), Refusal::Speed);
  QCOMPARE(judge(1.5, 0, time(set + 1s)), Refusal::None);
  m_now.time += 1s;
  m_now.elapsed += 1s;
  QCOMPARE(judge(3, 0, time(set + 2s)), Refusal::None);
}

void FixFilterTest::inaccurateIsRefused() {
  m_rules.maxAccuracy = 1.5;
  QCOMPARE(judge(0, 0, 0ms, 1.5), Refusal::None);
  QCOMPARE(judge(0, 0, 0ms, 1.6), Refusal::Accuracy);
  QCOMPARE(judge(0, 0, 0ms), Refusal::None);
}

void FixFilterTest::refusalsNameWhatIsAllowed() {
  m_rules.maxSpeed = 2;
  m_rules.maxAge = 60s;
  judgeInTime(0, 0, 0ms);
  judgeInTime(30, 0, 1000ms);
  QCOMPARE(m_text, QStringLiteral("is 30 per second away from the last position taken (allowed: 2)"));
  m_now.time = m_start;
  judge(0, 0, -61'000ms);
  QCOMPARE(m_text, QStringLiteral("TS is 61000 ms old (allowed: 60000)"));
}

TAGWIRE_TEST(FixFilterTest)

}  // namespace fixfilter_test

#include "fixfilter_test.moc"
