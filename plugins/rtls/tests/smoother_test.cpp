// SPDX-License-Identifier: Apache-2.0
#include "smoother.h"

#include <QtTest>

#include <cmath>
#include <limits>

#include "makemodel.h"
#include "testprogram.h"
#include "tracker.h"

namespace smoother_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

class SmootherTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void noneLeavesPositionsAlone();
  void medianIsTheMiddleOfTheLast();
  void medianLeavesOutliersOut();
  void kalmanAgreesWithLeastSquares();
  void kalmanBeginsWithTwoPositions();
  void kalmanTakesOneTimeForOnePlace();
  void kalmanStandsStillWhenTimeDoes();
  void kalmanStaysFiniteWithTinySteps();
  void kalmanStaysFiniteWithTinyAccuracies();
  void kalmanNeverLeavesTheWorld();
  void kalmanGetsOverAClockThatWasAhead();
  void kalmanGetsOverAClockSetBack();
  void kalmanKeepsOnWithLatePositions();
  void jumpBeginsAnew();
  void trackerSmoothsByTag();
  void lostTagBeginsAnew();

 private:
  static Moment at(std::chrono::nanoseconds since) { return {fromMilliseconds(1'767'225'600'000) + since, since}; }
  /// Comes at `since`, and says that it is of another time.
  static Moment wrongly(std::chrono::nanoseconds since, std::chrono::nanoseconds ahead) {
    return {at(since + ahead).time, since};
  }
};

namespace {

SmoothingRule kalman(double processNoise, double measurementNoise) {
  SmoothingRule rule;
  rule.kind = SmoothingKind::Kalman;
  rule.processNoise = processNoise;
  rule.measurementNoise = measurementNoise;
  return rule;
}

SmoothingRule median(int window) {
  SmoothingRule rule;
  rule.kind = SmoothingKind::Median;
  rule.window = window;
  return rule;
}

bool near(double one, double other) { return std::abs(one - other) < 1e-9; }

}  // namespace

void SmootherTest::noneLeavesPositionsAlone() {
  Smoother smoother;
  QVERIFY(smoother.isOff());
  const Measured smoothed = smoother.add({{1, 2, 3}, 0.5}, at(0s));
  QCOMPARE(smoothed.at, (std::array{1.0, 2.0, 3.0}));
  QCOMPARE(smoothed.accuracy, 0.5);
}

void SmootherTest::medianIsTheMiddleOfTheLast() {
  Smoother smoother(median(3));
  QCOMPARE(smoother.add({{1, 10, 0}}, at(0s)).at, (std::array{1.0, 10.0, 0.0}));
  QCOMPARE(smoother.add({{3, 20, 0}}, at(1s)).at, (std::array{2.0, 15.0, 0.0}));
  QCOMPARE(smoother.add({{2, 90, 0}}, at(2s)).at, (std::array{2.0, 20.0, 0.0}));
  QCOMPARE(smoother.add({{7, 30, 0}, 0.3}, at(3s)).at, (std::array{3.0, 30.0, 0.0}));
  QCOMPARE(smoother.add({{8, 31, 0}, 0.4}, at(4s)).accuracy, 0.4);
}

void SmootherTest::medianLeavesOutliersOut() {
  Smoother smoother(median(5));
  for (int i = 0; i < 5; ++i) smoother.add({{5, 5, 1}}, at(i * 1s));
  QCOMPARE(smoother.add({{1e9, -1e9, 1e9}}, at(5s)).at, (std::array{5.0, 5.0, 1.0}));
  QCOMPARE(smoother.add({{1e9, -1e9, 1e9}}, at(6s)).at, (std::array{5.0, 5.0, 1.0}));
}

/// The filter's answer is that of a weighted least-squares fit of the whole way so far. The numbers come from that fit,
/// solved in exact fractions with another program: no recursion, no rounding.
void SmootherTest::kalmanAgreesWithLeastSquares() {
  struct Row {
    std::chrono::milliseconds time;
    double x, y, accuracy;  // NaN: the measurement noise of the rule
    double smoothX, smoothY, smoothAccuracy;
  };
  const double unknown = std::nan("");
  const Row rows[] = {{0ms, 0, 10, unknown, 0, 10, 0.5},
                      {500ms, 1, 9.5, unknown, 1.000000000000, 9.500000000000, 0.500000000000},
                      {1000ms, 1.5, 10, unknown, 1.582417582418, 9.835164835165, 0.456936766732},
                      {2000ms, 4, 10.5, 0.25, 3.959033000519, 10.471310943983, 0.244406267566},
                      {2500ms, 4.5, 9, unknown, 4.816259287972, 10.055622799152, 0.306456805796},
                      {3500ms, 8, 10, 2, 6.879105684110, 9.881940697693, 0.699617829299}};
  Smoother smoother(kalman(0.2, 0.5));
  for (const Row &row : rows) {
    const Measured smoothed = smoother.add({{row.x, row.y, -row.x}, row.accuracy}, at(row.time));
    QVERIFY2(near(smoothed.at[0], row.smoothX), qPrintable(QString::number(smoothed.at[0], 'g', 15)));
    QVERIFY2(near(smoothed.at[1], row.smoothY), qPrintable(QString::number(smoothed.at[1], 'g', 15)));
    QVERIFY(near(smoothed.at[2], -row.smoothX));
    QVERIFY2(near(smoothed.accuracy, row.smoothAccuracy), qPrintable(QString::number(smoothed.accuracy, 'g', 15)));
  }
}

void SmootherTest::kalmanBeginsWithTwoPositions() {
  Smoother smoother(kalman(1e-9, 1));
  smoother.add({{0, 0, 0}}, at(0s));
  smoother.add({{2, 0, 0}}, at(1s));
  // Without noise in its acceleration it goes on as it went.
  QVERIFY(std::abs(smoother.add({{4, 0, 0}}, at(2s)).at[0] - 4) < 1e-6);
}

void SmootherTest::kalmanTakesOneTimeForOnePlace() {
  Smoother smoother(kalman(1, 2));
  smoother.add({{0, 0, 0}}, at(0s));
  const Measured both = smoother.add({{4, 0, 0}}, at(0s));
  QVERIFY(near(both.at[0], 2));
  QVERIFY(near(both.accuracy, 2 / std::sqrt(2)));
  // The third begins the velocity: the place of the first two is known better than that of one.
  QVERIFY(near(smoother.add({{10, 0, 0}}, at(1s)).at[0], 10));
}

void SmootherTest::kalmanStandsStillWhenTimeDoes() {
  Smoother smoother(kalman(1, 1));
  smoother.add({{0, 0, 0}}, at(0s));
  smoother.add({{1, 0, 0}}, at(1s));
  smoother.add({{2, 0, 0}}, at(2s));
  const double before = smoother.add({{3, 0, 0}}, at(3s)).at[0];
  const double older = smoother.add({{3, 0, 0}}, at(1s)).at[0];  // late: as if it were of now
  QVERIFY(std::abs(older - before) < 0.1);
}

void SmootherTest::kalmanStaysFiniteWithTinySteps() {
  Smoother smoother(kalman(1e-9, 1e-6));
  for (int i = 0; i < 10'000; ++i) {
    const auto since = 500ms * (i / 2) + 1ns * (i % 2);
    const Measured smoothed = smoother.add({{i % 2 ? 1e9 : -1e9, 0, 0}}, at(since));
    QVERIFY(std::isfinite(smoothed.at[0]) && std::isfinite(smoothed.accuracy) && smoothed.accuracy > 0);
    QVERIFY(std::abs(smoothed.at[0]) < 1e10);
  }
}

void SmootherTest::kalmanStaysFiniteWithTinyAccuracies() {
  for (const double accuracy : {1e-200, 1e-160, std::numeric_limits<double>::denorm_min()}) {
    Smoother smoother(kalman(0.5, 0.3));
    for (int i = 0; i < 3; ++i) {
      const Measured smoothed = smoother.add({{5.0 + i, 5, 0}, accuracy}, at(0s));
      QVERIFY(near(smoothed.at[0], 5 + i / 2.0));
      QVERIFY(std::isfinite(smoothed.accuracy) && smoothed.accuracy > 0);
    }
    QVERIFY(near(smoother.add({{9, 5, 0}, 0.3}, at(1s)).at[0], 9));
  }
}

/// It goes on as it went, and may be wrong about that by more than any fix could be.
void SmootherTest::kalmanNeverLeavesTheWorld() {
  Smoother smoother(kalman(0.5, 0.3));
  smoother.add({{-1e9, 5, 0}, 1e-3}, at(0s));
  smoother.add({{1e9, 5, 0}, 1e-3}, at(1ms));
  const Measured smoothed = smoother.add({{5, 6, 7}, 1e9}, at(1'000'000s));
  QCOMPARE(smoothed.at, (std::array{5.0, 6.0, 7.0}));
  QCOMPARE(smoothed.accuracy, 1e9);
  QVERIFY(near(smoother.add({{8, 6, 7}, 1}, at(1'000'001s)).at[0], 8));  // and has begun anew
}

/// Somebody walks, and one of the times is a minute ahead, as far as a time may be.
void SmootherTest::kalmanGetsOverAClockThatWasAhead() {
  Smoother smoother(kalman(0.5, 0.3));
  for (int i = 0; i < 75; ++i) {
    const double smoothed = smoother.add({{1.4 * i, 0, 0}}, wrongly(i * 1s, i == 10 ? 60s : 0s)).at[0];
    if (i < 10 || i > 12) QVERIFY2(std::abs(smoothed - 1.4 * i) < 0.1, qPrintable(QString::number(i)));
    QVERIFY(std::abs(smoothed - 1.4 * i) < 3);
  }
}

void SmootherTest::kalmanGetsOverAClockSetBack() {
  Smoother smoother(kalman(0.5, 0.3));
  for (int i = 0; i < 40; ++i) {
    const double smoothed = smoother.add({{1.4 * i, 0, 0}}, wrongly(i * 1s, i < 10 ? 0s : -3600s)).at[0];
    if (i < 10 || i > 12) QVERIFY2(std::abs(smoothed - 1.4 * i) < 0.1, qPrintable(QString::number(i)));
  }
}

/// Of two ways to us one takes a second longer: that is no clock that is wrong.
void SmootherTest::kalmanKeepsOnWithLatePositions() {
  Smoother smoother(kalman(1e-9, 1));
  double accuracy = 1;
  for (int i = 0; i < 60; ++i) {
    smoother.add({{1.4 * i, 0, 0}}, at(i * 1s));
    accuracy = smoother.add({{1.4 * i, 0, 0}}, wrongly(i * 1s + 500ms, -1s)).accuracy;
  }
  QVERIFY(accuracy < 0.3);  // what it has learned is still there
}

void SmootherTest::jumpBeginsAnew() {
  SmoothingRule rule = median(5);
  rule.jump = 10;
  Smoother smoother(rule);
  for (int i = 0; i < 5; ++i) smoother.add({{0, 0, 0}}, at(i * 1s));
  QCOMPARE(smoother.add({{6, 8, 0}}, at(5s)).at[0], 0.0);  // 10 away: not farther
  QCOMPARE(smoother.add({{6, 8.1, 0}}, at(6s)).at[0], 6.0);
  QCOMPARE(smoother.add({{8, 8, 0}}, at(7s)).at[0], 7.0);
}

void SmootherTest::trackerSmoothsByTag() {
  const auto model = makeModel(
      "{\"managers\":[\"M\"],\"smoothing\":{\"kind\":\"median\",\"window\":3},"
      "\"zones\":[{\"id\":1,\"name\":\"Hall\",\"polygon\":[[0,0],[10,0],[10,10],[0,10]]}],"
      "\"tags\":[{\"id\":\"A\"},{\"id\":\"RAW\",\"smoothing\":\"none\"}]}");
  Tracker tracker(*model, 10s);
  Moment now = at(0s);
  const auto take = [&](const char *tag, double x) {
    IncomingFix fix;
    fix.fix.tag = QString::fromLatin1(tag);
    fix.x = x;
    fix.y = 5;
    now.elapsed += 100ms;
    now.time += 100ms;
    Tracker::Outcome outcome;
    (void)tracker.take(tracker.find(fix.fix.tag), fix, now, outcome);
    return outcome.changes.last();
  };
  for (const char *tag : {"A", "RAW"}) {
    take(tag, 5);
    take(tag, 5);
  }
  QCOMPARE(take("A", 50).position.x, 5.0);
  QCOMPARE(take("A", 5).zone, 1);  // the zone is that of the smoothed place
  QCOMPARE(take("RAW", 50).position.x, 50.0);
  QCOMPARE(take("RAW", 50).zone, 0);
}

void SmootherTest::lostTagBeginsAnew() {
  const auto model = makeModel("{\"managers\":[\"M\"],\"smoothing\":{\"kind\":\"median\"},\"tags\":[{\"id\":\"A\"}]}");
  Tracker tracker(*model, 10s);
  IncomingFix fix;
  fix.fix.tag = QStringLiteral("A");
  Moment now = at(0s);
  Tracker::Outcome outcome;
  for (int i = 0; i < 5; ++i) (void)tracker.take(0, fix, now, outcome);
  now.elapsed += 10s;
  now.time += 10s;
  fix.x = 100;
  (void)tracker.take(0, fix, now, outcome);
  QCOMPARE(outcome.changes.last().position.x, 100.0);
}

TAGWIRE_TEST(SmootherTest)

}  // namespace smoother_test

#include "smoother_test.moc"
