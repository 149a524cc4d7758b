// SPDX-License-Identifier: Apache-2.0
// What EpollDispatcher alone does; what every event loop does stands in eventloop_test.cpp.
#include "epolldispatcher.h"

#include <QDir>
#include <QElapsedTimer>
#include <QRegularExpression>
#include <QSocketNotifier>
#include <QTest>
#include <QThread>
#include <QTimer>

#include <cstddef>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "eventloopmain.h"
#include "socketpair.h"

namespace epolldispatcher_test {

namespace {

/// For this thread there is no epoll_pwait2, as on Linux before 5.11. False when that can't be had.
bool forbidNanoseconds() {
  sock_filter filter[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 0, 1),
                          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

class EpollDispatcherTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void kernelIsToldRightBeforeTheWaitAndOnlyWhatDiffers() {
    SocketPair pair;
    QSocketNotifier reader(pair.here, QSocketNotifier::Read);
    QVERIFY(!asked().contains(pair.here));
    turn();
    const QByteArray reading = asked().value(pair.here);
    QVERIFY(!reading.isEmpty());
    QSocketNotifier writer(pair.here, QSocketNotifier::Write);
    QCOMPARE(asked().value(pair.here), reading);
    writer.setEnabled(false);
    turn();
    QCOMPARE(asked().value(pair.here), reading);
    writer.setEnabled(true);
    turn();
    QVERIFY(asked().value(pair.here) != reading);
    // The last one's end is told at once: its descriptor is going to be closed.
    writer.setEnabled(false);
    reader.setEnabled(false);
    QVERIFY(!asked().contains(pair.here));
  }
  void closedDescriptorIsNamedAndItsNotifierDisabled() {
    SocketPair pair;
    QSocketNotifier reader(pair.here, QSocketNotifier::Read);
    QSocketNotifier writer(pair.here, QSocketNotifier::Write);
    const QString said = QStringLiteral("Socket notifiers of descriptor %1 are disabled: .+").arg(pair.here);
    pair.closeHere();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(said));
    turn();
    QVERIFY(!reader.isEnabled());
    QVERIFY(!writer.isEnabled());
    turn();
  }
  void secondNotifierOfTheSameKindHolds() {
    SocketPair pair;
    int first = 0;
    int second = 0;
    QSocketNotifier one(pair.here, QSocketNotifier::Read);
    connect(&one, &QSocketNotifier::activated, this, [&] { ++first; });
    turn();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("Two socket notifiers for descriptor")));
    QSocketNotifier other(pair.here, QSocketNotifier::Read);
    connect(&other, &QSocketNotifier::activated, this, [&] { ++second; });
    pair.feed();
    turn();
    QCOMPARE(first, 0);
    QCOMPARE(second, 1);
    one.setEnabled(false);  // does not end the other's
    turn();
    QCOMPARE(second, 2);
  }
  void fileThatChangesUnderItsNotifiersIsFollowed_data() {
    QTest::addColumn<int>("type");
    QTest::newRow("joined by a writer") << int(QSocketNotifier::Write);
    QTest::newRow("replaced by a reader") << int(QSocketNotifier::Read);
  }
  void fileThatChangesUnderItsNotifiersIsFollowed() {
    QFETCH(int, type);
    SocketPair pair;
    QSocketNotifier stays(pair.here, QSocketNotifier::Read);
    turn();
    const int number = pair.here;
    pair.closeHere();  // wrong: its notifier is still there
    SocketPair next;
    if (next.here != number) next.moveHere(number);
    const bool isReplaced = type == QSocketNotifier::Read;
    if (isReplaced) QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("Two socket notifiers")));
    QSocketNotifier comes(number, static_cast<QSocketNotifier::Type>(type));
    int stayed = 0;
    int came = 0;
    connect(&stays, &QSocketNotifier::activated, this, [&] { ++stayed; });
    connect(&comes, &QSocketNotifier::activated, this, [&] { ++came; });
    next.feed();
    turn();
    QCOMPARE(came, 1);
    QCOMPARE(stayed, isReplaced ? 0 : 1);
  }
  void fileThatOutlivesItsClosedDescriptorDoesNotWakeUs() {
    SocketPair pair;
    const int copy = ::dup(pair.here);
    auto reader = std::make_unique<QSocketNotifier>(pair.here, QSocketNotifier::Read);
    SocketPair bystander;
    int told = 0;
    QSocketNotifier innocent(bystander.here, QSocketNotifier::Read);
    connect(&innocent, &QSocketNotifier::activated, this, [&] { ++told; });
    turn();
    const int number = pair.here;
    QVERIFY(asked().contains(number));
    pair.closeHere();  // wrong: its notifier is still there, and the copy keeps the file open
    reader.reset();
    pair.feed();
    bool isOver = false;
    QTimer::singleShot(20, this, [&] { isOver = true; });
    int turns = 0;
    for (; !isOver; ++turns) QAbstractEventDispatcher::instance()->processEvents(QEventLoop::WaitForMoreEvents);
    QVERIFY2(turns < 10, qPrintable(QString::number(turns)));
    QVERIFY(!asked().contains(number));
    bystander.feed();
    turn();
    QCOMPARE(told, 1);
    ::close(copy);
  }
  void kernelWithoutNanosecondsKeepsTime() {
    bool isForbidden = false;
    qint64 took = 0;
    int ticks = 0;
    int turns = 0;
    const std::unique_ptr<QThread> thread(QThread::create([&] {
      isForbidden = forbidNanoseconds();
      QElapsedTimer elapsed;
      elapsed.start();
      QTimer timer;
      timer.setTimerType(Qt::PreciseTimer);
      connect(&timer, &QTimer::timeout, &timer, [&] { ++ticks; });
      timer.start(7);
      for (; ticks < 5; ++turns) QAbstractEventDispatcher::instance()->processEvents(QEventLoop::WaitForMoreEvents);
      took = elapsed.nsecsElapsed();
    }));
    thread->setEventDispatcher(new tagwire::EpollDispatcher);
    thread->start();
    QVERIFY(thread->wait());
    if (!isForbidden) QSKIP("no seccomp here");
    QVERIFY(took >= 35'000'000);
    QVERIFY2(turns <= 20, qPrintable(QString::number(turns)));
  }
  void threadsHaveOneOfTheirOwn() {
    // The end falls into every moment of a turn; a lost one hangs until the test is killed.
    for (int i = 0; i < 500; ++i) {
      QThread thread;
      thread.setEventDispatcher(new tagwire::EpollDispatcher);
      thread.start();
      QObject object;
      object.moveToThread(&thread);
      bool isThere = false;
      if (i % 2 == 0) {
        QMetaObject::invokeMethod(
            &object, [&] { isThere = true; }, Qt::BlockingQueuedConnection);
        QVERIFY(isThere);
      }
      thread.quit();
      QVERIFY(thread.wait());
    }
  }

 private:
  bool turn() { return QAbstractEventDispatcher::instance()->processEvents(QEventLoop::AllEvents); }

  /// What the kernel says epoll was asked for, by descriptor: /proc/self/fdinfo has "tfd: 7 events: 19 …".
  static QHash<int, QByteArray> asked() {
    QHash<int, QByteArray> found;
    const auto descriptors = QDir(QStringLiteral("/proc/self/fdinfo")).entryInfoList(QDir::Files);
    for (const QFileInfo &each : descriptors) {
      QFile file(each.filePath());
      if (!file.open(QIODevice::ReadOnly)) continue;
      for (const QByteArray &line : file.readAll().split('\n')) {
        const QList<QByteArray> words = line.simplified().split(' ');
        if (words.size() > 3 && words[0] == "tfd:") found.insert(words[1].toInt(), words[3]);
      }
    }
    return found;
  }
};

EVENT_LOOP_TEST(EpollDispatcherTest)

}  // namespace epolldispatcher_test

#include "epolldispatcher_test.moc"
