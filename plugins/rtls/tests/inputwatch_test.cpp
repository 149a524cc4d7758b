// SPDX-License-Identifier: Apache-2.0
#include "inputwatch.h"

#include <QTest>
#include "testprogram.h"

namespace inputwatch_test {

using namespace tagwire::rtls;
using std::chrono::seconds;

class InputWatchTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void nothingHeardIsNotTrusted() {
    InputWatch watch(seconds(30));
    QVERIFY(!watch.judge(seconds(100)));
    QCOMPARE(watch.next(), endless);
  }
  void trustedAfterAWhile() {
    InputWatch watch(seconds(30));
    hear(watch, seconds(100));
    QCOMPARE(watch.next(), std::chrono::nanoseconds(seconds(105)));
    QVERIFY(!watch.judge(seconds(104)));
    QVERIFY(watch.judge(seconds(105)));
    QCOMPARE(watch.next(), std::chrono::nanoseconds(seconds(115)));
  }
  void silentForHalfTheTimeout() {
    InputWatch watch(seconds(30));
    for (int i = 100; i <= 110; ++i) hear(watch, seconds(i));
    QVERIFY(watch.judge(seconds(124)));
    QVERIFY(!watch.judge(seconds(125)));
    QCOMPARE(watch.next(), endless);
    hear(watch, seconds(126));
    QVERIFY(!watch.judge(seconds(130)));
    QVERIFY(watch.judge(seconds(131)));
  }
  void shortTimeoutSettlesSooner() {
    InputWatch watch(seconds(4));
    hear(watch, seconds(1));
    hear(watch, seconds(2));
    QVERIFY(!watch.judge(seconds(2)));
    QVERIFY(watch.judge(seconds(3)));
  }
  void heldSilenceProvesNothing() {
    InputWatch watch(seconds(30));
    hear(watch, seconds(100));
    watch.hold(seconds(140));
    QVERIFY(watch.judge(seconds(139)));
    QVERIFY(!watch.judge(seconds(140)));
  }
  void resetBeginsAnew() {
    InputWatch watch(seconds(30));
    hear(watch, seconds(100));
    QVERIFY(watch.judge(seconds(106)));
    watch.reset();
    QVERIFY(!watch.judge(seconds(106)));
  }

 private:
  static void hear(InputWatch &watch, seconds elapsed) {
    watch.judge(elapsed);
    watch.hear(elapsed);
  }
};

TAGWIRE_TEST(InputWatchTest)

}  // namespace inputwatch_test

#include "inputwatch_test.moc"
