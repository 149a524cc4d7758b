// SPDX-License-Identifier: Apache-2.0
// What every event loop of Qt owes its users. Built twice: for EpollDispatcher, and for Qt's own, so that what is
// demanded here is what Qt does. Sockets; wake-ups and timers have files of their own.
#include <QAbstractEventDispatcher>
#include <QSocketNotifier>
#include <QTemporaryFile>
#include <QTest>
#include <QThread>
#include <QTimer>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "eventloopmain.h"
#include "socketpair.h"

namespace eventloop_test {

class EventLoopTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void readerIsToldAsLongAsThereIsSomething() {
    SocketPair pair;
    int told = 0;
    QSocketNotifier reader(pair.here, QSocketNotifier::Read);
    connect(&reader, &QSocketNotifier::activated, this, [&] { ++told; });
    turn();
    QCOMPARE(told, 0);
    pair.feed();
    QVERIFY(turn());
    QVERIFY(turn());
    QCOMPARE(told, 2);
    pair.drain();
    turn();
    QCOMPARE(told, 2);
  }
  void writerIsToldWhileThereIsRoom() {
    SocketPair pair;
    int told = 0;
    QSocketNotifier writer(pair.here, QSocketNotifier::Write);
    connect(&writer, &QSocketNotifier::activated, this, [&] { ++told; });
    turn();
    QCOMPARE(told, 1);
    pair.fill();
    turn();
    QCOMPARE(told, 1);
    writer.setEnabled(false);
    turn();
    QCOMPARE(told, 1);
  }
  void urgentByteIsAnException() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    QCOMPARE(::bind(listener, reinterpret_cast<sockaddr *>(&address), size), 0);
    QCOMPARE(::listen(listener, 1), 0);
    ::getsockname(listener, reinterpret_cast<sockaddr *>(&address), &size);
    const int there = ::socket(AF_INET, SOCK_STREAM, 0);
    QCOMPARE(::connect(there, reinterpret_cast<sockaddr *>(&address), size), 0);
    const int here = ::accept(listener, nullptr, nullptr);
    int told = 0;
    QSocketNotifier urgent(here, QSocketNotifier::Exception);
    connect(&urgent, &QSocketNotifier::activated, this, [&] {
      ++told;
      urgent.setEnabled(false);
    });
    turn();
    QCOMPARE(told, 0);
    QCOMPARE(::send(there, "!", 1, MSG_OOB), ssize_t(1));
    QTRY_COMPARE(told, 1);
    for (const int each : {listener, there, here}) ::close(each);
  }
  void severalNotifiersShareADescriptor() {
    SocketPair pair;
    QByteArray told;
    QSocketNotifier reader(pair.here, QSocketNotifier::Read);
    QSocketNotifier writer(pair.here, QSocketNotifier::Write);
    QSocketNotifier urgent(pair.here, QSocketNotifier::Exception);
    connect(&reader, &QSocketNotifier::activated, this, [&] { told += 'r'; });
    connect(&writer, &QSocketNotifier::activated, this, [&] { told += 'w'; });
    connect(&urgent, &QSocketNotifier::activated, this, [&] { told += 'e'; });
    pair.feed();
    turn();
    QCOMPARE(told, QByteArray("rw"));
    writer.setEnabled(false);
    turn();
    QCOMPARE(told, QByteArray("rwr"));
    reader.setEnabled(false);
    writer.setEnabled(true);
    turn();
    QCOMPARE(told, QByteArray("rwrw"));
    // A peer that hung up concerns everybody who listens.
    reader.setEnabled(true);
    told.clear();
    pair.closeThere();
    turn();
    QVERIFY(told.contains('r') && told.contains('w'));
  }
  void disabledOrDeletedMeanwhileIsNotTold_data() {
    QTest::addColumn<bool>("isDeleted");
    QTest::newRow("disabled") << false;
    QTest::newRow("deleted") << true;
  }
  void disabledOrDeletedMeanwhileIsNotTold() {
    QFETCH(bool, isDeleted);
    SocketPair first;
    SocketPair second;
    std::unique_ptr<QSocketNotifier> one;
    std::unique_ptr<QSocketNotifier> other;
    int told = 0;
    const auto make = [&](const SocketPair &pair, std::unique_ptr<QSocketNotifier> &own,
                          std::unique_ptr<QSocketNotifier> &victim) {
      own = std::make_unique<QSocketNotifier>(pair.here, QSocketNotifier::Read);
      connect(own.get(), &QSocketNotifier::activated, this, [&] {
        ++told;
        victim->setEnabled(false);
        if (isDeleted) victim.reset();
      });
      pair.feed();
    };
    make(first, one, other);
    make(second, other, one);
    turn();
    QCOMPARE(told, 1);  // whichever came first
    first.drain();
    second.drain();
  }
  void readerMayDisableTheWriterOfItsDescriptor() {
    SocketPair pair;
    QByteArray told;
    QSocketNotifier writer(pair.here, QSocketNotifier::Write);
    QSocketNotifier reader(pair.here, QSocketNotifier::Read);
    connect(&writer, &QSocketNotifier::activated, this, [&] {
      told += 'w';
      reader.setEnabled(false);
    });
    connect(&reader, &QSocketNotifier::activated, this, [&] {
      told += 'r';
      writer.setEnabled(false);
    });
    pair.feed();
    turn();
    QCOMPARE(told.size(), 1);  // whichever came first
  }
  void mayBeDeletedInItsOwnSlot() {
    SocketPair pair;
    int told = 0;
    auto *reader = new QSocketNotifier(pair.here, QSocketNotifier::Read);
    connect(reader, &QSocketNotifier::activated, this, [&] {
      ++told;
      delete reader;
    });
    pair.feed();
    turn();
    turn();
    QCOMPARE(told, 1);
  }
  void numberThatComesBackInTheSameTurnIsAnotherFile() {
    SocketPair first;
    SocketPair second;
    std::unique_ptr<SocketPair> fresh;
    std::unique_ptr<QSocketNotifier> freshReader;
    int old = 0;
    int news = 0;
    QSocketNotifier one(first.here, QSocketNotifier::Read);
    QSocketNotifier other(second.here, QSocketNotifier::Read);
    // Whoever is told first closes the other's descriptor, and a new file gets its number.
    const auto swap = [&](SocketPair &victim, QSocketNotifier &notifier) {
      ++old;
      one.setEnabled(false);
      notifier.setEnabled(false);
      const int number = victim.here;
      victim.closeHere();
      fresh = std::make_unique<SocketPair>();
      if (fresh->here != number) fresh->moveHere(number);
      freshReader = std::make_unique<QSocketNotifier>(number, QSocketNotifier::Read);
      connect(freshReader.get(), &QSocketNotifier::activated, this, [&] { ++news; });
    };
    connect(&one, &QSocketNotifier::activated, this, [&] { swap(second, other); });
    connect(&other, &QSocketNotifier::activated, this, [&] { swap(first, one); });
    first.feed();
    second.feed();
    turn();
    QCOMPARE(old, 1);
    one.setEnabled(false);
    other.setEnabled(false);
    turn();
    QCOMPARE(news, 0);
    fresh->feed();
    turn();
    QCOMPARE(news, 1);
    QCOMPARE(old, 1);
  }
  void numberThatWasClosedTooEarlyServesItsNextFile() {
    auto gone = std::make_unique<SocketPair>();
    auto reader = std::make_unique<QSocketNotifier>(gone->here, QSocketNotifier::Read);
    turn();
    const int number = gone->here;
    gone.reset();  // wrong: its notifier is still there
    reader.reset();
    SocketPair pair;
    if (pair.here != number) pair.moveHere(number);
    int told = 0;
    QSocketNotifier next(number, QSocketNotifier::Read);
    connect(&next, &QSocketNotifier::activated, this, [&] { ++told; });
    pair.feed();
    turn();
    QCOMPARE(told, 1);
  }
  void fileIsAlwaysReady() {
    QTemporaryFile file;
    QVERIFY(file.open());
    int told = 0;
    QSocketNotifier reader(file.handle(), QSocketNotifier::Read);
    connect(&reader, &QSocketNotifier::activated, this, [&] { ++told; });
    QVERIFY(wait());
    QVERIFY(wait());
    QCOMPARE(told, 2);
    reader.setEnabled(false);
    turn();
    QCOMPARE(told, 2);
  }
  void moreThanOneTurnTakesAreAllTold() {
    std::vector<std::unique_ptr<SocketPair>> pairs;
    std::vector<std::unique_ptr<QSocketNotifier>> readers;
    std::vector<int> told(300, 0);
    for (size_t i = 0; i < told.size(); ++i) {
      pairs.push_back(std::make_unique<SocketPair>());
      readers.push_back(std::make_unique<QSocketNotifier>(pairs[i]->here, QSocketNotifier::Read));
      connect(readers[i].get(), &QSocketNotifier::activated, this, [&told, i] { ++told[i]; });
      pairs[i]->feed();
    }
    // Nobody reads, so all stay ready: however many fit into a turn, everybody has its own.
    for (int i = 0; i < 10; ++i) turn();
    QVERIFY(std::all_of(told.begin(), told.end(), [](int count) { return count >= 3 && count <= 10; }));
  }
  void excludedSocketsWaitAndAllElseGoesOn() {
    SocketPair pair;
    int told = 0;
    int ticks = 0;
    QSocketNotifier reader(pair.here, QSocketNotifier::Read);
    connect(&reader, &QSocketNotifier::activated, this, [&] { ++told; });
    pair.feed();
    const auto turnWithout = [&] {
      dispatcher()->processEvents(QEventLoop::ExcludeSocketNotifiers | QEventLoop::WaitForMoreEvents);
    };
    QTimer::singleShot(20, Qt::PreciseTimer, this, [&] { ++ticks; });
    while (ticks == 0) turnWithout();
    const auto tick = [&] {
      ++ticks;
      dispatcher()->wakeUp();
    };
    std::unique_ptr<QThread> thread(
        QThread::create([&] { QMetaObject::invokeMethod(this, tick, Qt::QueuedConnection); }));
    thread->start();
    while (ticks == 1) turnWithout();
    thread->wait();
    QCOMPARE(told, 0);
    turn();
    QCOMPARE(told, 1);
  }
  void nestedLoopServesWhatTheOuterTurnHadBegun() {
    SocketPair first;
    SocketPair second;
    QEventLoop nested;
    int depth = 0;
    int deepest = 0;
    QList<int> told;
    QSocketNotifier one(first.here, QSocketNotifier::Read);
    QSocketNotifier other(second.here, QSocketNotifier::Read);
    // The first one waits in a loop of its own for what only the second one does.
    const auto take = [&](const SocketPair &pair) {
      told << pair.here;
      deepest = std::max(deepest, ++depth);
      pair.drain();
      if (told.size() == 1) {
        nested.exec();
      } else {
        nested.quit();
      }
      --depth;
    };
    connect(&one, &QSocketNotifier::activated, this, [&] { take(first); });
    connect(&other, &QSocketNotifier::activated, this, [&] { take(second); });
    first.feed();
    second.feed();
    turn();
    QCOMPARE(told.size(), 2);
    QCOMPARE(deepest, 2);
    turn();
    QVERIFY(!turn());
  }

 private:
  QAbstractEventDispatcher *dispatcher() const { return QAbstractEventDispatcher::instance(thread()); }
  /// One turn without waiting.
  bool turn() { return dispatcher()->processEvents(QEventLoop::AllEvents); }
  bool wait() { return dispatcher()->processEvents(QEventLoop::WaitForMoreEvents); }
};

EVENT_LOOP_TEST(EventLoopTest)

}  // namespace eventloop_test

#include "eventloop_test.moc"
