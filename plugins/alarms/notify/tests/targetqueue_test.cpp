// SPDX-License-Identifier: Apache-2.0
#include "notify/targetqueue.h"

#include <QtTest>
#include "testprogram.h"

namespace targetqueue_test {

using namespace tagwire;
using namespace tagwire::alarms;
using namespace std::chrono_literals;

namespace {

Notice notice(qint64 id, Time created = {}, int attempts = 0) {
  return {.id = id,
          .target = QStringLiteral("ops"),
          .created = created,
          .notBefore = created,
          .attempts = attempts,
          .body = {}};
}

QList<qint64> idsOf(const QList<Notice> &notices) {
  QList<qint64> ids;
  for (const Notice &each : notices) ids << each.id;
  return ids;
}

}  // namespace

/// One queue with a clock that the test moves.
class TargetQueueTest : public QObject {
  Q_OBJECT

  using Ids = QList<qint64>;

  void makeQueue(TargetQueue::Limits limits = {}) {
    limits.jitter = 0;
    m_queue = std::make_unique<TargetQueue>(limits);
    m_now = fromMilliseconds(1'767'225'600'000);
    m_elapsed = 5s;
  }
  void fill(int count) {
    for (int i = 1; i <= count; ++i) QVERIFY(m_queue->add(notice(i, m_now), m_now, m_elapsed));
  }
  void pass(std::chrono::nanoseconds time) {
    m_now += time;
    m_elapsed += time;
  }
  Ids take() { return idsOf(m_queue->take(m_elapsed)); }
  TargetQueue::Failure fail(std::chrono::nanoseconds atLeast = {}) {
    return m_queue->failed(m_now, m_elapsed, atLeast);
  }
  TargetQueue::Failure refuse() { return m_queue->refused(m_now, m_elapsed); }

  std::unique_ptr<TargetQueue> m_queue;
  Time m_now;
  std::chrono::nanoseconds m_elapsed{0};

 private Q_SLOTS:
  void oneAtATimeInOrder() {
    makeQueue();
    QVERIFY(!m_queue->due(m_elapsed));
    for (const qint64 id : {2, 1, 3}) m_queue->add(notice(id, m_now), m_now, m_elapsed);
    QCOMPARE(take(), Ids{1});
    QCOMPARE(take(), Ids{});
    QVERIFY(!m_queue->due(m_elapsed));
    QCOMPARE(m_queue->delivered(), Ids{1});
    QCOMPARE(take(), Ids{2});
    QCOMPARE(m_queue->delivered(), Ids{2});
    QCOMPARE(take(), Ids{3});
    QCOMPARE(m_queue->delivered(), Ids{3});
    QVERIFY(!m_queue->due(m_elapsed));
  }

  void r3_23_pausesDoubleUpToFiveMinutes() {
    makeQueue();
    fill(2);
    for (const auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s}) {
      QCOMPARE(take(), Ids{1});
      const auto failure = fail();
      QCOMPARE(idsOf(failure.postponed), Ids{1});
      QVERIFY(failure.postponed.first().notBefore == m_now + pause);
      QVERIFY(m_queue->due(m_elapsed) == m_elapsed + pause);
      pass(pause - 1ns);
      QCOMPARE(take(), Ids{});
      pass(1ns);
    }
    QCOMPARE(m_queue->failures(), 11);
    QCOMPARE(take(), Ids{1});
    m_queue->delivered();
    QCOMPARE(m_queue->failures(), 0);
    QCOMPARE(take(), Ids{2});
    QVERIFY(fail().postponed.first().notBefore == m_now + 1s);  // begins anew
  }

  void theTargetMayAskForALongerPause() {
    makeQueue();
    fill(1);
    QCOMPARE(take(), Ids{1});
    QVERIFY(fail(20s).postponed.first().notBefore == m_now + 20s);
    pass(20s);
    QCOMPARE(take(), Ids{1});
    QVERIFY(fail(24h).postponed.first().notBefore == m_now + 5min);  // but for no longer than we would wait ourselves
  }

  void anOldNoticeIsGivenUpOnceItFailsAgain() {
    makeQueue({.giveUpAfter = 60s});
    fill(1);
    pass(30s);
    m_queue->add(notice(2, m_now), m_now, m_elapsed);
    QCOMPARE(take(), Ids{1});
    QCOMPARE(fail().givenUp, Ids{});
    pass(30s);
    QCOMPARE(take(), Ids{1});
    const auto failure = fail();
    QCOMPARE(failure.givenUp, Ids{1});
    QVERIFY(!failure.isRefusal);
    QCOMPARE(idsOf(failure.postponed), Ids{});
    QCOMPARE(take(), Ids{});  // the pause holds for the next one too
    pass(2s);
    QCOMPARE(take(), Ids{2});
  }

  void allThatAreTooOldGoTogether() {
    makeQueue({.giveUpAfter = 60s});
    fill(500);
    pass(60s);
    m_queue->add(notice(501, m_now), m_now, m_elapsed);
    take();
    QCOMPARE(fail().givenUp.size(), 500);
    QCOMPARE(m_queue->size(), 1);
  }

  void anOldNoticeThatIsTakenIsDelivered() {
    makeQueue({.giveUpAfter = 60s});
    m_queue->add(notice(1, m_now - 48h), m_now, m_elapsed);
    QCOMPARE(take(), Ids{1});
    QCOMPARE(m_queue->delivered(), Ids{1});
  }

  void theWallClockMayBeSet() {
    makeQueue({.giveUpAfter = 60s});
    fill(1);
    QCOMPARE(take(), Ids{1});
    fail();
    m_now += 24h * 365;  // somebody sets the date
    m_elapsed += 1s;
    QCOMPARE(take(), Ids{1});
    QCOMPARE(fail().givenUp, Ids{});
    m_now -= 24h * 3650;
    m_elapsed += 2s;
    QCOMPARE(take(), Ids{1});
  }

  void theRateIsKept() {
    makeQueue({.perMinute = 3});
    fill(7);
    for (const qint64 id : {1, 2, 3}) {
      QCOMPARE(take(), Ids{id});
      m_queue->delivered();
      pass(10s);
    }
    QCOMPARE(take(), Ids{});
    QVERIFY(m_queue->due(m_elapsed) == m_elapsed + 30s);  // a minute after the first
    pass(30s);
    QCOMPARE(take(), Ids{4});
    m_queue->delivered();
    QVERIFY(m_queue->due(m_elapsed) == m_elapsed + 10s);
    pass(10min);
    for (const qint64 id : {5, 6, 7}) {
      QCOMPARE(take(), Ids{id});
      m_queue->delivered();
    }
  }

  void attemptsThatAreRepeatedDoNotCount() {
    makeQueue({.perMinute = 1});
    fill(2);
    for (int i = 0; i < 3; ++i) {
      QCOMPARE(take(), Ids{1});
      fail();
      pass(5s);
    }
    QCOMPARE(take(), Ids{1});
    m_queue->delivered();
    pass(44s);
    QCOMPARE(take(), Ids{});
    pass(1s);
    QCOMPARE(take(), Ids{2});
  }

  void whatComesWithinTheTimeGoesTogether() {
    makeQueue({.group = 10s});
    fill(2);
    QVERIFY(m_queue->due(m_elapsed) == m_elapsed + 10s);
    pass(9s);
    QCOMPARE(take(), Ids{});
    m_queue->add(notice(3, m_now), m_now, m_elapsed);
    pass(1s);
    QCOMPARE(take(), (Ids{1, 2, 3}));
    QCOMPARE(m_queue->delivered(), (Ids{1, 2, 3}));
    m_queue->add(notice(4, m_now), m_now, m_elapsed);
    QCOMPARE(take(), Ids{});
    pass(10s);
    QCOMPARE(take(), Ids{4});
  }

  void aGroupThatFailedStaysAsItWas() {
    makeQueue({.group = 10s});
    fill(2);
    pass(10s);
    QCOMPARE(take(), (Ids{1, 2}));
    m_queue->add(notice(3, m_now), m_now, m_elapsed);
    QCOMPARE(idsOf(fail().postponed), (Ids{1, 2}));
    pass(1s);
    QCOMPARE(take(), (Ids{1, 2}));
    QCOMPARE(m_queue->delivered(), (Ids{1, 2}));
    pass(9s);
    QCOMPARE(take(), Ids{3});
  }

  void aFullGroupDoesNotWait() {
    makeQueue({.group = 10min});
    fill(150);
    QCOMPARE(take().size(), TargetQueue::mostInGroup);
    m_queue->delivered();
    QCOMPARE(take(), Ids{});
    pass(10min);
    QCOMPARE(take().size(), 50);
  }

  void aMessageThatIsRefusedHoldsUpNoOther() {
    makeQueue();
    fill(3);
    for (int i = 1; i < TargetQueue::mostRefusals; ++i) {
      QCOMPARE(take(), Ids{1});
      QCOMPARE(refuse().givenUp, Ids{});
      pass(5min);
    }
    QCOMPARE(take(), Ids{1});
    const auto failure = refuse();
    QCOMPARE(failure.givenUp, Ids{1});
    QVERIFY(failure.isRefusal);
    QCOMPARE(take(), Ids{2});
    QCOMPARE(m_queue->delivered(), Ids{2});
    QCOMPARE(take(), Ids{3});
  }

  void aTargetThatRefusesAllIsTriedOn() {
    makeQueue({.giveUpAfter = 1h});
    fill(2);
    for (int i = 0; i < TargetQueue::mostRefusals; ++i) {
      QCOMPARE(take(), Ids{1});
      refuse();
      pass(1min);
    }
    for (int i = 0; i < 10; ++i) {
      QCOMPARE(take(), Ids{2});
      QCOMPARE(refuse().givenUp, Ids{});
      pass(5min);
    }
    QCOMPARE(take(), Ids{2});
    QCOMPARE(m_queue->delivered(), Ids{2});
  }

  void aGroupThatIsRefusedIsTriedOneByOne() {
    makeQueue({.group = 10s});
    fill(3);
    pass(10s);
    for (int i = 0; i < TargetQueue::mostRefusals; ++i) {
      QCOMPARE(take(), (Ids{1, 2, 3}));
      QCOMPARE(refuse().givenUp, Ids{});
      pass(5min);
    }
    QCOMPARE(take(), Ids{1});
    m_queue->delivered();
    for (int i = 0; i < TargetQueue::mostRefusals; ++i) {
      QCOMPARE(take(), Ids{2});
      QCOMPARE(refuse().givenUp, i + 1 < TargetQueue::mostRefusals ? Ids{} : Ids{2});
      pass(5min);
    }
    QCOMPARE(take(), Ids{3});
  }

  void aBoundedNumberWaits() {
    makeQueue();
    fill(TargetQueue::mostWaiting);
    QVERIFY(!m_queue->add(notice(20'000, m_now), m_now, m_elapsed));
    QCOMPARE(m_queue->size(), TargetQueue::mostWaiting);
    take();
    m_queue->delivered();
    QVERIFY(m_queue->add(notice(20'000, m_now), m_now, m_elapsed));
  }

  void r3_22_pausesGoOnAfterARestart() {
    makeQueue();
    Notice first = notice(1, m_now - 1h, 6);
    first.notBefore = m_now + 20s;
    m_queue->add(first, m_now, m_elapsed);
    m_queue->add(notice(2, m_now), m_now, m_elapsed);
    QCOMPARE(take(), Ids{});
    pass(20s);
    QCOMPARE(take(), Ids{1});
    const Notice postponed = fail().postponed.first();
    QCOMPARE(postponed.attempts, 7);
    QVERIFY(postponed.notBefore == m_now + 64s);
  }

  void anAbsurdTimeOfBeforeDoesNotBind() {
    makeQueue();
    Notice first = notice(1, m_now + 24h * 300, 1000);  // written while the clock was wrong
    first.notBefore = m_now + 24h * 300;
    m_queue->add(first, m_now, m_elapsed);
    pass(5min);
    QCOMPARE(take(), Ids{1});
  }

  void whatWasCutShortIsDueAgain() {
    makeQueue();
    fill(1);
    QCOMPARE(take(), Ids{1});
    m_queue->release();
    QCOMPARE(take(), Ids{1});
  }
};

TAGWIRE_TEST(TargetQueueTest)

}  // namespace targetqueue_test

#include "targetqueue_test.moc"
