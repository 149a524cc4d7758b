// SPDX-License-Identifier: Apache-2.0
// Timers, as eventloop_test.cpp: for EpollDispatcher and for Qt's own loop.
#include <QAbstractEventDispatcher>
#include <QSocketNotifier>
#include <QTest>
#include <QThread>
#include <QTimer>

#include "eventloopmain.h"
#include "socketpair.h"

namespace eventlooptimers_test {

/// Counts its timer events by id.
class Ticking : public QObject {
 public:
  QHash<int, int> ticks;

 protected:
  void timerEvent(QTimerEvent *event) override { ++ticks[event->timerId()]; }
};

class EventLoopTimersTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyKindFiresAgainAndAgain_data() {
    QTest::addColumn<Qt::TimerType>("type");
    QTest::addColumn<int>("interval");
    for (const int interval : {0, 1, 15, 25}) {
      QTest::addRow("precise %d", interval) << Qt::PreciseTimer << interval;
      QTest::addRow("coarse %d", interval) << Qt::CoarseTimer << interval;
    }
  }
  void everyKindFiresAgainAndAgain() {
    QFETCH(Qt::TimerType, type);
    QFETCH(int, interval);
    int ticks = 0;
    QTimer timer;
    timer.setTimerType(type);
    connect(&timer, &QTimer::timeout, this, [&] { ++ticks; });
    timer.start(interval);
    QCOMPARE(timer.interval(), interval);
    while (ticks < 3) wait();
    timer.stop();
    turn();
    QCOMPARE(ticks, 3);
  }
  void preciseIsNeverEarly() {
    for (const int interval : {1, 2, 3, 5, 8, 13}) {
      bool isOver = false;
      QElapsedTimer elapsed;
      elapsed.start();
      QTimer::singleShot(interval, Qt::PreciseTimer, this, [&] { isOver = true; });
      while (!isOver) wait();
      QVERIFY(elapsed.nsecsElapsed() >= interval * 1'000'000);
    }
  }
  void veryCoarseOneFires() {
    bool isOver = false;
    QTimer::singleShot(100, Qt::VeryCoarseTimer, this, [&] { isOver = true; });
    while (!isOver) wait();
  }
  void earlierOnesComeFirst() {
    QList<int> order;
    for (const int interval : {90, 10, 50, 30, 70}) {
      QTimer::singleShot(interval, Qt::PreciseTimer, this, [&order, interval] { order << interval; });
    }
    QThread::msleep(120);  // all are due in one turn
    while (order.size() < 5) turn();
    QCOMPARE(order, (QList<int>{10, 30, 50, 70, 90}));
  }
  void killedByAnotherThatIsDueTooDoesNotFire() {
    QTimer one;
    QTimer other;
    int ticks = 0;
    const auto stopBoth = [&] {
      ++ticks;
      one.stop();
      other.stop();
    };
    connect(&one, &QTimer::timeout, this, stopBoth);
    connect(&other, &QTimer::timeout, this, stopBoth);
    one.start(1);
    other.start(1);
    QThread::msleep(5);
    turn();
    turn();
    QCOMPARE(ticks, 1);
  }
  void mayBeDeletedInItsOwnSlot() {
    int ticks = 0;
    auto *timer = new QTimer;
    connect(timer, &QTimer::timeout, this, [&] {
      ++ticks;
      delete timer;
    });
    timer->start(0);
    while (ticks == 0) turn();
    turn();
    QCOMPARE(ticks, 1);
  }
  void mayBeStartedAnewInItsOwnSlot() {
    int ticks = 0;
    QTimer timer;
    timer.setTimerType(Qt::PreciseTimer);
    connect(&timer, &QTimer::timeout, this, [&] { timer.start(++ticks); });
    timer.start(0);
    while (ticks < 5) wait();
    QCOMPARE(timer.interval(), 5);
    QVERIFY(timer.isActive());
  }
  void zeroTimersStartedInASlotWaitForTheNextTurn() {
    int ticks = 0;
    std::function<void()> again = [&] {
      if (++ticks < 100) startZeroTimer(again);
    };
    startZeroTimer(again);
    turn();
    QVERIFY2(ticks <= 2, qPrintable(QString::number(ticks)));
    while (ticks < 100) turn();
  }
  void zeroTimerStarvesNobody() {
    SocketPair pair;
    int ticks = 0;
    bool isRead = false;
    bool isPosted = false;
    QTimer timer;
    connect(&timer, &QTimer::timeout, this, [&] { ++ticks; });
    timer.start(0);
    QSocketNotifier reader(pair.here, QSocketNotifier::Read);
    connect(&reader, &QSocketNotifier::activated, this, [&] {
      isRead = true;
      pair.drain();
    });
    pair.feed();
    QMetaObject::invokeMethod(
        this, [&] { isPosted = true; }, Qt::QueuedConnection);
    wait();
    QVERIFY(isRead && isPosted);
    QCOMPARE(ticks, 1);
    wait();
    QCOMPARE(ticks, 2);
  }
  void remainingTimeFalls() {
    QTimer timer;
    timer.setTimerType(Qt::PreciseTimer);
    QCOMPARE(timer.remainingTime(), -1);
    timer.start(60'000);
    const int first = timer.remainingTime();
    QVERIFY(first > 0 && first <= 60'000);
    QThread::msleep(5);
    const int second = dispatcher()->remainingTime(timer.timerId());
    QVERIFY(second < first);
    QVERIFY(timer.remainingTime() <= second);
    QTimer soon;
    soon.setTimerType(Qt::PreciseTimer);
    soon.start(1);
    QThread::msleep(5);
    QCOMPARE(soon.remainingTime(), 0);
    timer.stop();
    QCOMPARE(timer.remainingTime(), -1);
  }
  void inANestedLoopOthersFireButNotThisOneAgain() {
    int depth = 0;
    int deepest = 0;
    int others = 0;
    QTimer other;
    QTimer timer;
    connect(&other, &QTimer::timeout, this, [&] { ++others; });
    connect(&timer, &QTimer::timeout, this, [&] {
      deepest = std::max(deepest, ++depth);
      timer.stop();
      timer.start(0);  // an id of its own again, and that one may fire
      if (depth == 1) {
        other.start(1);
        QEventLoop nested;
        connect(&other, &QTimer::timeout, &nested, &QEventLoop::quit);
        nested.exec();
      }
      --depth;
    });
    timer.start(0);
    while (others == 0) wait();
    timer.stop();
    QCOMPARE(deepest, 2);

    deepest = 0;
    others = 0;
    QTimer repeating;
    connect(&repeating, &QTimer::timeout, this, [&] {
      deepest = std::max(deepest, ++depth);
      QEventLoop nested;
      connect(&other, &QTimer::timeout, &nested, &QEventLoop::quit);
      other.start(3);
      nested.exec();
      --depth;
    });
    repeating.start(0);
    while (others == 0) wait();
    QCOMPARE(deepest, 1);
  }
  void slotThatTakesLongerThanTheIntervalIsToldOnce() {
    int ticks = 0;
    QTimer timer;
    timer.setTimerType(Qt::PreciseTimer);
    connect(&timer, &QTimer::timeout, this, [&] {
      if (++ticks == 1) QThread::msleep(25);
    });
    timer.start(10);
    while (ticks == 0) wait();
    turn();  // two were missed: at most one is told at once
    QVERIFY(ticks <= 2);
  }
  void excludedTimersWait() {
    int ticks = 0;
    QTimer timer;
    connect(&timer, &QTimer::timeout, this, [&] { ++ticks; });
    timer.start(0);
    dispatcher()->processEvents(QEventLoop::X11ExcludeTimers);
    QCOMPARE(ticks, 0);
    QMetaObject::invokeMethod(
        this, [] {}, Qt::QueuedConnection);
    dispatcher()->processEvents(QEventLoop::X11ExcludeTimers | QEventLoop::WaitForMoreEvents);
    QCOMPARE(ticks, 0);
    turn();
    QCOMPARE(ticks, 1);
  }
  void timersOfAnObjectAreListedAndEndWithIt() {
    auto object = std::make_unique<Ticking>();
    const int precise = object->startTimer(5, Qt::PreciseTimer);
    const int coarse = object->startTimer(40, Qt::CoarseTimer);
    const int veryCoarse = object->startTimer(3000, Qt::VeryCoarseTimer);
    QHash<int, std::pair<int, Qt::TimerType>> listed;
    for (const auto &each : dispatcher()->registeredTimers(object.get())) {
      listed.insert(each.timerId, {each.interval, each.timerType});
    }
    QCOMPARE(listed.size(), 3);
    QCOMPARE(listed.value(precise), std::pair(5, Qt::PreciseTimer));
    QCOMPARE(listed.value(coarse).first, 40);
    QCOMPARE(listed.value(veryCoarse), std::pair(3000, Qt::VeryCoarseTimer));
    while (object->ticks.value(precise) < 2) wait();
    object->killTimer(precise);
    QCOMPARE(dispatcher()->registeredTimers(object.get()).size(), 2);
    QVERIFY(dispatcher()->unregisterTimers(object.get()));
    QVERIFY(!dispatcher()->unregisterTimers(object.get()));
    object->startTimer(1);
    object.reset();
    QThread::msleep(3);
    turn();
  }
  void timersMoveWithTheirObjectToAnotherThread() {
    QThread thread;
    thread.start();
    Ticking object;
    const int timer = object.startTimer(1);
    object.moveToThread(&thread);
    QTRY_VERIFY(dispatcher()->registeredTimers(&object).isEmpty());
    QMetaObject::invokeMethod(
        &object,
        [&] {
          QEventLoop loop;
          while (object.ticks.value(timer) < 3) loop.processEvents(QEventLoop::WaitForMoreEvents);
          object.moveToThread(this->thread());
        },
        Qt::BlockingQueuedConnection);
    const int before = object.ticks.value(timer);
    QTRY_VERIFY(object.ticks.value(timer) > before);
    thread.quit();
    thread.wait();
  }

 private:
  QAbstractEventDispatcher *dispatcher() const { return QAbstractEventDispatcher::instance(thread()); }
  bool turn() { return dispatcher()->processEvents(QEventLoop::AllEvents); }
  bool wait() { return dispatcher()->processEvents(QEventLoop::WaitForMoreEvents); }
  /// A real timer: QTimer::singleShot(0) only posts.
  void startZeroTimer(const std::function<void()> &call) {
    auto *timer = new QTimer(this);
    timer->setSingleShot(true);
    connect(timer, &QTimer::timeout, this, [timer, call] {
      timer->deleteLater();
      call();
    });
    timer->start(0);
  }
};

EVENT_LOOP_TEST(EventLoopTimersTest)

}  // namespace eventlooptimers_test

#include "eventlooptimers_test.moc"
