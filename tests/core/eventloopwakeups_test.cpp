// SPDX-License-Identifier: Apache-2.0
// Sleep, wake-ups and posted events, as eventloop_test.cpp: for EpollDispatcher and for Qt's own loop.
#include <QAbstractEventDispatcher>
#include <QSocketNotifier>
#include <QTest>
#include <QThread>
#include <QTimer>

#include <array>
#include <atomic>

#include "eventloopmain.h"
#include "socketpair.h"

namespace eventloopwakeups_test {

class EventLoopWakeUpsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void nothingToDoIsFalseAndAnInterruptEndsTheWait() {
    turn();
    QVERIFY(!turn());
    std::unique_ptr<QThread> thread(QThread::create([this] { dispatcher()->interrupt(); }));
    thread->start();
    wait();
    thread->wait();
    turn();
    QVERIFY(!turn());
  }
  void signalsTellOfSleep() {
    QStringList told;
    const auto one =
        connect(dispatcher(), &QAbstractEventDispatcher::awake, this, [&] { told << QStringLiteral("awake"); });
    const auto other =
        connect(dispatcher(), &QAbstractEventDispatcher::aboutToBlock, this, [&] { told << QStringLiteral("block"); });
    turn();
    turn();
    told.clear();
    turn();
    QCOMPARE(told, QStringList{QStringLiteral("awake")});
    told.clear();
    QTimer::singleShot(1, this, [] {});
    wait();
    QCOMPARE(told, (QStringList{QStringLiteral("awake"), QStringLiteral("block")}));
    disconnect(one);
    disconnect(other);
  }
  void whatIsPostedRightBeforeTheSleepEndsIt() {
    bool isThere = false;
    const auto once = connect(dispatcher(), &QAbstractEventDispatcher::aboutToBlock, this, [&] {
      QMetaObject::invokeMethod(
          this, [&] { isThere = true; }, Qt::QueuedConnection);
    });
    wait();
    disconnect(once);
    turn();
    QVERIFY(isThere);
  }
  void postedInATurnIsSentInTheNext() {
    // An event that posts itself again leaves the sockets their turn.
    SocketPair pair;
    bool isThere = false;
    int posted = 0;
    QSocketNotifier reader(pair.here, QSocketNotifier::Read);
    connect(&reader, &QSocketNotifier::activated, this, [&] {
      pair.drain();
      isThere = true;
    });
    std::function<void()> again = [&] {
      ++posted;
      if (!isThere) QMetaObject::invokeMethod(this, again, Qt::QueuedConnection);
    };
    again();
    pair.feed();
    while (!isThere) wait();
    QVERIFY(posted <= 3);
    turn();
  }
  void deletedLaterInANestedLoopWaitsForTheOuterOne() {
    auto *object = new QObject;
    bool isGone = false;
    connect(object, &QObject::destroyed, this, [&] { isGone = true; });
    bool wasThere = false;
    QEventLoop outer;
    QTimer::singleShot(0, this, [&] {
      object->deleteLater();
      QEventLoop nested;
      QTimer::singleShot(5, &nested, &QEventLoop::quit);
      nested.exec();
      wasThere = !isGone;
      QTimer::singleShot(5, &outer, &QEventLoop::quit);
    });
    outer.exec();
    QVERIFY(wasThere);
    QVERIFY(isGone);
  }
  void everyWakeUpOfOtherThreadsCounts() {
    constexpr int each = 5000;
    constexpr std::array all{each, each, each, each};
    std::array<int, 4> next{};
    bool isInOrder = true;
    QEventLoop loop;
    std::vector<std::unique_ptr<QThread>> threads;
    for (size_t i = 0; i < next.size(); ++i) {
      threads.emplace_back(QThread::create([&, i] {
        for (int n = 0; n < each; ++n) {
          QMetaObject::invokeMethod(
              this,
              [&, i, n] {
                isInOrder = (next[i]++ == n) && isInOrder;
                if (next == all) loop.quit();
              },
              Qt::QueuedConnection);
        }
      }));
      threads.back()->start();
    }
    loop.exec();
    QVERIFY(isInOrder);
    for (const auto &thread : threads) thread->wait();
  }
  void loopEndsHoweverItsEndComes() {
    // The other thread's exit() falls into every moment of our turn; a lost one hangs until the test is killed.
    std::atomic<QEventLoop *> current = nullptr;
    std::atomic<bool> isOver = false;
    std::unique_ptr<QThread> thread(QThread::create([&] {
      while (!isOver) {
        if (QEventLoop *loop = current.exchange(nullptr)) loop->exit();
      }
    }));
    thread->start();
    for (int i = 0; i < 20'000; ++i) {
      QEventLoop loop;
      QMetaObject::invokeMethod(
          this,
          [&] {
            current = &loop;
            // Awakened by ourselves: the other thread's call finds that said already.
            if (i % 2 == 0) dispatcher()->wakeUp();
          },
          Qt::QueuedConnection);
      loop.exec();
    }
    isOver = true;
    thread->wait();
  }

 private:
  QAbstractEventDispatcher *dispatcher() const { return QAbstractEventDispatcher::instance(thread()); }
  /// One turn without waiting.
  bool turn() { return dispatcher()->processEvents(QEventLoop::AllEvents); }
  bool wait() { return dispatcher()->processEvents(QEventLoop::WaitForMoreEvents); }
};

EVENT_LOOP_TEST(EventLoopWakeUpsTest)

}  // namespace eventloopwakeups_test

#include "eventloopwakeups_test.moc"
