// SPDX-License-Identifier: Apache-2.0
#include "timerqueue.h"

#include <QTest>

#include <random>
#include "testprogram.h"

namespace timerqueue_test {

using namespace tagwire;
using namespace std::chrono_literals;

/// No clock runs here: each test says what time it is.
class TimerQueueTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() { m_queue = TimerQueue(); }

  void preciseFiresAtStartPlusEachInterval() {
    m_queue.add(1, 100, Qt::PreciseTimer, &m_object, at(7ms));
    QCOMPARE(fired(at(106ms)), QList<int>{});
    QCOMPARE(fired(at(107ms)), QList<int>{1});
    // Told 30 ms late: the next one is where it would have been.
    QCOMPARE(fired(at(237ms)), QList<int>{1});
    QCOMPARE(m_queue.next(), at(307ms));
  }
  void missedOnesAreNotMadeUpFor() {
    m_queue.add(1, 10, Qt::PreciseTimer, &m_object, at(0ms));
    QCOMPARE(fired(at(95ms)), QList<int>{1});
    QCOMPARE(m_queue.next(), at(105ms));
  }
  void noTimerIsEarlyAndACoarseOneAtMostFivePercentLate_data() {
    QTest::addColumn<Qt::TimerType>("type");
    QTest::addColumn<qint64>("mostLateNs");
    QTest::addColumn<qint64>("interval");
    for (const qint64 interval : {0, 1, 7, 19, 20, 100, 999, 30'000, 3'600'000}) {
      const QByteArray name = QByteArray::number(interval);
      const qint64 twentieth = interval * 1'000'000 / 20;
      QTest::addRow("precise %s", name.constData()) << Qt::PreciseTimer << qint64(0) << interval;
      QTest::addRow("coarse %s", name.constData())
          << Qt::CoarseTimer << std::min<qint64>(twentieth, 1'000'000'000) << interval;
      QTest::addRow("very coarse %s", name.constData()) << Qt::VeryCoarseTimer << qint64(1'000'000'000) << interval;
    }
  }
  void noTimerIsEarlyAndACoarseOneAtMostFivePercentLate() {
    QFETCH(Qt::TimerType, type);
    QFETCH(qint64, mostLateNs);
    QFETCH(qint64, interval);
    std::minstd_rand random(1);
    for (int i = 0; i < 100; ++i) {
      const auto start = at(std::chrono::nanoseconds(random()));
      m_queue.add(1, interval, type, &m_object, start);
      const auto late = *m_queue.next() - (start + std::chrono::milliseconds(interval));
      QVERIFY(late >= 0ns);
      QVERIFY(late <= std::chrono::nanoseconds(mostLateNs));
    }
  }
  void coarseOnesMeetAndDoNotDrift() {
    // Started in the same 3 ms, different intervals: one wake-up for all of them.
    m_queue.add(1, 1000, Qt::CoarseTimer, &m_object, at(1ms));
    m_queue.add(2, 998, Qt::CoarseTimer, &m_object, at(2ms));
    m_queue.add(3, 500, Qt::CoarseTimer, &m_object, at(500ms));
    QCOMPARE(fired(*m_queue.next()), (QList<int>{2, 3, 1}));
    for (int i = 2; i <= 1000; ++i) fired(*m_queue.next());
    m_queue.remove(2);
    m_queue.remove(3);
    while (*m_queue.next() < at(2'000s)) fired(*m_queue.next());
    QVERIFY(*m_queue.next() - at(2'000s) <= 51ms);  // the exact time is 2,000.001 s
  }
  void earliestFirstAndEqualOnesAsTheyWereStarted() {
    m_queue.add(9, 30, Qt::PreciseTimer, &m_object, at(0ms));
    m_queue.add(5, 10, Qt::PreciseTimer, &m_object, at(2ms));
    m_queue.add(7, 10, Qt::PreciseTimer, &m_object, at(1ms));
    QCOMPARE(fired(at(50ms)), (QList<int>{7, 5, 9}));
    m_queue.add(2, 0, Qt::PreciseTimer, &m_object, at(61ms));
    m_queue.add(1, 0, Qt::PreciseTimer, &m_object, at(62ms));
    QCOMPARE(m_queue.due(at(62ms)).size(), size_t(5));
  }
  void runningOneDoesNotFireAgainAndDoesNotKeepTheLoopAwake() {
    m_queue.add(1, 0, Qt::CoarseTimer, &m_object, at(0ms));
    const TimerQueue::Due due = m_queue.due(at(5ms)).front();
    QCOMPARE(m_queue.begin(due, at(5ms)), &m_object);
    QVERIFY(!m_queue.next());
    QCOMPARE(m_queue.begin(due, at(5ms)), nullptr);
    m_queue.end(due);
    QVERIFY(m_queue.next().has_value());
  }
  void sameIdAgainIsAnotherTimer() {
    m_queue.add(1, 10, Qt::PreciseTimer, &m_object, at(0ms));
    const TimerQueue::Due old = m_queue.due(at(10ms)).front();
    QCOMPARE(m_queue.begin(old, at(10ms)), &m_object);
    m_queue.remove(1);
    m_queue.add(1, 50, Qt::PreciseTimer, &m_object, at(10ms));
    m_queue.end(old);
    QCOMPARE(m_queue.next(), at(60ms));
    QCOMPARE(m_queue.begin(old, at(70ms)), nullptr);
  }
  void removedOneIsGoneAndAllOfAnObjectToo() {
    QObject other;
    m_queue.add(1, 10, Qt::PreciseTimer, &m_object, at(0ms));
    m_queue.add(2, 20, Qt::CoarseTimer, &m_object, at(0ms));
    m_queue.add(3, 30, Qt::VeryCoarseTimer, &other, at(0ms));
    const auto due = m_queue.due(at(15ms));
    QVERIFY(m_queue.remove(1));
    QVERIFY(!m_queue.remove(1));
    QCOMPARE(m_queue.begin(due.front(), at(15ms)), nullptr);
    QCOMPARE(m_queue.timersOf(&m_object).size(), 1);
    QCOMPARE(m_queue.timersOf(&m_object).first().timerId, 2);
    QCOMPARE(m_queue.timersOf(&m_object).first().interval, 20);
    QCOMPARE(m_queue.timersOf(&m_object).first().timerType, Qt::CoarseTimer);
    QVERIFY(m_queue.removeAllOf(&m_object));
    QVERIFY(!m_queue.removeAllOf(&m_object));
    QCOMPARE(m_queue.timersOf(&other).size(), 1);
    QCOMPARE(fired(at(10s)), QList<int>{3});
  }
  void remainingIsRoundedUp() {
    m_queue.add(1, 10, Qt::PreciseTimer, &m_object, at(0ms));
    QCOMPARE(m_queue.remaining(1, at(0ms)), 10);
    QCOMPARE(m_queue.remaining(1, at(9'000'001ns)), 1);
    QCOMPARE(m_queue.remaining(1, at(10ms)), 0);
    QCOMPARE(m_queue.remaining(1, at(1s)), 0);
    QCOMPARE(m_queue.remaining(2, at(0ms)), -1);
  }
  void absurdIntervalsDoNotOverflow() {
    m_queue.add(1, std::numeric_limits<qint64>::max(), Qt::CoarseTimer, &m_object, at(1s));
    QVERIFY(*m_queue.next() > at(24h * 3650));
    QCOMPARE(m_queue.remaining(1, at(1s)), std::numeric_limits<int>::max());
    m_queue.add(2, -5, Qt::PreciseTimer, &m_object, at(1s));
    QCOMPARE(m_queue.next(), at(1s));
  }

 private:
  static TimerQueue::Instant at(std::chrono::nanoseconds time) { return TimerQueue::Instant(time); }
  QList<int> fired(TimerQueue::Instant now) {
    QList<int> ids;
    for (const TimerQueue::Due &due : m_queue.due(now)) {
      if (!m_queue.begin(due, now)) continue;
      ids << due.id;
      m_queue.end(due);
    }
    return ids;
  }

  TimerQueue m_queue;
  QObject m_object;
};

TAGWIRE_TEST(TimerQueueTest)

}  // namespace timerqueue_test

#include "timerqueue_test.moc"
