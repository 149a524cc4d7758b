// SPDX-License-Identifier: Apache-2.0
#include "loopwatch.h"

#include <QtTest>
#include "testprogram.h"

namespace loopwatch_test {

using namespace tagwire::rtls;
using namespace std::chrono_literals;

class LoopWatchTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void nothingIsExpectedAtFirst();
  void inTimeIsNoStall();
  void stallGivesGrace();
  void alwaysLateGetsNoSecondGraceAtOnce();
};

void LoopWatchTest::nothingIsExpectedAtFirst() { QVERIFY(!LoopWatch().pass(1000h)); }

void LoopWatchTest::inTimeIsNoStall() {
  LoopWatch watch;
  watch.expect(10s);
  QVERIFY(!watch.pass(9s));
  QVERIFY(!watch.pass(10s + LoopWatch::slack));
}

void LoopWatchTest::stallGivesGrace() {
  LoopWatch watch;
  watch.expect(10s);
  QVERIFY(watch.pass(30s) == 30s + LoopWatch::grace);
  // Once, until it is expected again.
  QVERIFY(!watch.pass(31s));
  watch.expect(60s);
  QVERIFY(watch.pass(80s) == 80s + LoopWatch::grace);
}

void LoopWatchTest::alwaysLateGetsNoSecondGraceAtOnce() {
  LoopWatch watch;
  int graces = 0;
  for (auto now = 10s; now < 30s; now += 2s) {
    watch.expect(now - 1s);
    if (watch.pass(now)) ++graces;
  }
  QCOMPARE(graces, 5);
}

TAGWIRE_TEST(LoopWatchTest)

}  // namespace loopwatch_test

#include "loopwatch_test.moc"
