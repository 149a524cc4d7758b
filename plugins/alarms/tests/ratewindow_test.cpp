// SPDX-License-Identifier: Apache-2.0
#include "ratewindow.h"

#include <QRandomGenerator>
#include <QtTest>

#include <cmath>
#include "testprogram.h"

namespace ratewindow_test {

using namespace tagwire::alarms;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class RateWindowTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_10_nothingBeforeHalfOfTheWindow();
  void R3_10_slowerSamplesThanTheWindow();
  void R3_10_steadyRiseAtAnyRate_data();
  void R3_10_steadyRiseAtAnyRate();
  void R3_10_againstAllSamples();
};

void RateWindowTest::R3_10_nothingBeforeHalfOfTheWindow() {
  RateWindow window;
  QVERIFY(!window.rate(seconds(100), seconds(10)));
  QVERIFY(!window.nextDue(seconds(100), seconds(10)));
  window.take(5, seconds(100), seconds(10));
  QVERIFY(!window.rate(milliseconds(104'999), seconds(10)));
  QCOMPARE(*window.nextDue(seconds(100), seconds(10)), nanoseconds(seconds(105)));
  window.take(15, milliseconds(104'999), seconds(10));
  QVERIFY(!window.rate(milliseconds(104'999), seconds(10)));
  QCOMPARE(*window.rate(seconds(105), seconds(10)), 2.0);
}

void RateWindowTest::R3_10_slowerSamplesThanTheWindow() {
  RateWindow window;
  double value = 0;
  for (int minute = 0; minute < 10; ++minute) {
    value += minute;
    window.take(value, seconds(60 * minute), seconds(1));
    if (minute > 0) QCOMPARE(*window.rate(seconds(60 * minute), seconds(1)), minute / 60.0);
    // Until the next one is due it stands.
    if (minute > 0) QVERIFY(*window.rate(seconds(60 * minute + 59), seconds(1)) > 0);
  }
  // One more that came soon after: still against the one before, not the one that was kept.
  window.take(value, milliseconds(540'010), seconds(1));
  window.take(value + 60, milliseconds(600'010), seconds(1));
  QCOMPARE(*window.rate(milliseconds(600'010), seconds(1)), 1.0);
}

void RateWindowTest::R3_10_steadyRiseAtAnyRate_data() {
  QTest::addColumn<int>("periodMs");
  for (const int period : {1, 7, 100, 999, 1000, 3000, 7000})
    QTest::newRow(qPrintable(QString::number(period))) << period;
}

void RateWindowTest::R3_10_steadyRiseAtAnyRate() {
  QFETCH(int, periodMs);
  RateWindow window;
  for (int at = 0; at < 60'000; at += periodMs) {
    window.take(at * 0.003, milliseconds(at), seconds(10));
    QVERIFY(window.keptCount() <= RateWindow::buckets + 2);
    if (at >= 5000) QVERIFY(std::abs(*window.rate(milliseconds(at), seconds(10)) - 3) < 1e-9);
  }
}

/// Against every sample of a random walk: the base is one of a moment at most a bucket away from the window's
/// beginning.
void RateWindowTest::R3_10_againstAllSamples() {
  const quint32 seed = QRandomGenerator::system()->generate();
  qInfo("seed %u", seed);
  QRandomGenerator random(seed);
  constexpr milliseconds length{3200};
  RateWindow window;
  QList<std::pair<qint64, double>> all;
  qint64 at = 0;
  double value = 0;
  for (int i = 0; i < 20'000; ++i) {
    at += random.bounded(100) == 0 ? random.bounded(20'000) : random.bounded(60);
    value += random.bounded(21) - 10;
    all << std::pair(at, value);
    window.take(value, milliseconds(at), length);
    const auto rate = window.rate(milliseconds(at), length);
    if (at - all.first().first < length.count() / 2) {
      QVERIFY(!rate);
      continue;
    }
    QVERIFY(rate);
    // Some sample from the last one before the window's beginning, less a bucket, explains the rate.
    qsizetype last = all.size() - 1;
    while (last > 0 && all.at(last).first > at - length.count()) --last;
    bool isExplained = false;
    for (qsizetype j = last; j >= 0 && !isExplained && all.at(last).first - all.at(j).first <= 100; --j) {
      const double distance = static_cast<double>(at - all.at(j).first) / 1000;
      isExplained = distance > 0 && std::abs((value - all.at(j).second) / distance - *rate) < 1e-6;
    }
    QVERIFY2(isExplained, qPrintable(QStringLiteral("step %1").arg(i)));
    while (all.size() > 1 && all.at(1).first < at - 10 * length.count()) all.removeFirst();
  }
}

TAGWIRE_TEST(RateWindowTest)

}  // namespace ratewindow_test

#include "ratewindow_test.moc"
