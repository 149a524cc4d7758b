// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <random>

#include "draincase.h"
#include "historygap.h"
#include "testprogram.h"

namespace drainwork_test {

using namespace tagwire;
using namespace tagwire::sql;

/// From the spool into the store, whatever fails.
class DrainWorkTest : public QObject, private DrainCase {
  Q_OBJECT
 private Q_SLOTS:
  void init() { prepare(); }
  void cleanup() { kill(); }

  void whatIsAcceptedIsWrittenInOrder() {
    addSamples(0, 1000);
    addEvents(0, 10);
    settle();
    QCOMPARE(storedNumbers(), upTo(1000));
    QCOMPARE(m_database->names.front(), QStringLiteral("plc1/a"));
    QCOMPARE(m_database->events.size(), size_t(10));
    QCOMPARE(m_database->events.back().json, QByteArray("9"));
    const Ledger ledger = m_work->ledger();
    QCOMPARE(ledger.accepted, 1010);
    QCOMPARE(ledger.written, 1010);
  }

  void fewRecordsWaitForEachOther() {
    QVERIFY(step());
    QVERIFY(step());
    addSamples(0, 10);
    m_now += 1s;
    QVERIFY(step());
    QVERIFY(step());
    QCOMPARE(m_database->samples.size(), size_t(10));
    const int writes = m_database->writes;
    for (int i = 1; i < 20; ++i) {
      addSamples(i * 10, 10);
      QVERIFY(step());
    }
    QCOMPARE(m_database->writes, writes);
    m_now += 1s;
    QVERIFY(step());
    QCOMPARE(m_database->writes, writes + 1);
    QCOMPARE(storedNumbers(), upTo(200));
  }

  void onlyWhatFillsASliceDoesNotWait() {
    constexpr int slice = static_cast<int>(HistoryStore::sliceRecords);
    settle();
    addSamples(0, 10);
    for (int i = 0; i < 3; ++i) QVERIFY(step());
    const int writes = m_database->writes;
    QCOMPARE(m_database->samples.size(), size_t(10));
    addSamples(10, slice - 1);
    QVERIFY(!m_work->hasSlice());
    for (int i = 0; i < 5; ++i) QVERIFY(step());
    QCOMPARE(m_database->writes, writes);
    addSamples(slice + 9, 1);
    QVERIFY(m_work->hasSlice());
    QVERIFY(step());
    QCOMPARE(m_database->writes, writes + 1);
    QCOMPARE(m_database->samples.size(), size_t(slice) + 10);
  }

  void anOutageLosesNothing() {
    m_database->isAway = true;
    addSamples(0, 500);
    for (int i = 0; i < 20; ++i) {
      QVERIFY(step());
      m_now += 1s;
    }
    QCOMPARE(m_work->outage(), QStringLiteral("away"));
    QCOMPARE(m_work->ledger().spooled, 500);
    m_database->isAway = false;
    settle();
    QCOMPARE(storedNumbers(), upTo(500));
    QVERIFY(m_work->outage().isEmpty());
  }

  void attemptsGetRarer() {
    m_database->isAway = true;
    auto wait = 0ns;
    for (int i = 0; i < 20; ++i) {
      const auto next = m_work->step(m_now, begin);
      wait = next - m_now;
      m_now = next;
    }
    QVERIFY(wait > 20s);
    QVERIFY(wait < 40s);
  }

  void aLostAnswerIsNoReasonToWriteAgain() {
    bool fails = true;
    m_database->failsAfter = [&] { return std::exchange(fails, false); };
    addSamples(0, 100);
    settle();
    QCOMPARE(storedNumbers(), upTo(100));
    QCOMPARE(m_work->ledger().written, 100);
  }

  void whatIsNewComesBeforeTheBacklog() {
    m_database->isAway = true;
    const int backlog = static_cast<int>(HistoryStore::sliceRecords) * 2;
    addSamples(0, backlog);
    QVERIFY(step());
    m_database->isAway = false;
    m_now += 40s;
    QVERIFY(step());  // connects
    addSamples(backlog, 10);
    m_now += 1s;
    QVERIFY(step());
    QCOMPARE(storedNumbers(), (QList<qint64>(upTo(backlog + 10).mid(backlog))));
    settle();
    QList<qint64> all = storedNumbers();
    QCOMPARE(QList<qint64>(all.mid(10)), upTo(backlog));
    QVERIFY(m_database->largestWrite <= HistoryStore::sliceRecords);
  }

  void eventsDoNotWaitForTelemetryToBecomeQuiet() {
    QVERIFY(step());
    addEvents(0, 1);
    for (int i = 0; i < 200 && m_database->events.empty(); ++i) {
      addSamples(i * 20'000, 20'000);
      QVERIFY(step());
      m_now += 9ms;
    }
    QCOMPARE(m_database->events.size(), size_t(1));
  }

  void housekeepingThatFailsIsNoOutage() {
    m_database->maintenanceFails = true;
    QVERIFY(step());
    for (int i = 0; i < 50; ++i) {
      addSamples(i * 10, 10);
      m_now += 1s;
      QVERIFY(step());
      QVERIFY(m_work->outage().isEmpty());
    }
    QCOMPARE(m_work->complaint(), QStringLiteral("housekeeping"));
    QVERIFY(m_database->samples.size() > 300);
    m_database->maintenanceFails = false;
    m_now += 3h;
    for (int i = 0; i < 5; ++i) QVERIFY(step());
    QVERIFY(m_work->complaint().isEmpty());
  }

  void anOutageIsNotOverBeforeSomethingIsWritten() {
    m_database->failsBefore = [] { return true; };
    addSamples(0, 10);
    for (int i = 0; i < 5; ++i) {
      QVERIFY(step());
      m_now += 1s;
    }
    QVERIFY(!m_work->outage().isEmpty());
    for (int i = 0; i < 50; ++i) {
      QVERIFY(step());
      m_now += 20s;
      QVERIFY(!m_work->outage().isEmpty());
    }
    m_database->failsBefore = {};
    settle();
    QVERIFY(m_work->outage().isEmpty());
  }

  void gapsAreMarkedWithTheEventThatTellsOfThem() {
    StoredEvent event{0, 0, {}, begin, "history", "system", "{\"kind\":\"history_gap\",\"text\":\"lost\"}"};
    const HistoryGap gap{begin, begin + 1h, 12, QStringLiteral("overflow")};
    markGap(event, gap);
    m_spool->add(event);
    QVERIFY(m_spool->commit().has_value());
    addEvents(0, 3);
    bool fails = true;
    m_database->failsAfter = [&] { return std::exchange(fails, false); };
    settle();
    QCOMPARE(m_database->gaps.size(), 1);
    QCOMPARE(m_database->gaps[0].records, 12);
    QCOMPARE(m_database->gaps[0].from, gap.from);
    QCOMPARE(m_database->gaps[0].to, gap.to);
    QCOMPARE(m_database->gaps[0].reason, gap.reason);
    QVERIFY(m_database->events.front().json.contains("lost"));
  }

  // Outages before and after the commit, refused records, kills and new starts, in any order.
  void aRandomWalkWithKills_data() {
    QTest::addColumn<int>("seed");
    for (int seed = 1; seed <= 6; ++seed) QTest::addRow("seed %d", seed) << seed;
  }
  void aRandomWalkWithKills() {
    QFETCH(int, seed);
    std::mt19937 random(static_cast<unsigned>(seed));
    const auto oneIn = [&](int n) { return random() % static_cast<unsigned>(n) == 0; };
    m_database->failsBefore = [&] { return oneIn(6); };
    m_database->failsAfter = [&] { return oneIn(6); };
    m_database->refusesSample = [](const StoredSample &sample) { return std::get<qint64>(sample.value) % 197 == 5; };
    int samples = 0;
    int events = 0;
    for (int i = 0; i < 400; ++i) {
      switch (random() % 8) {
        case 0: {
          const int count = static_cast<int>(random() % 300);
          addSamples(samples, count);
          samples += count;
          break;
        }
        case 1:
          addEvents(events++, 1);
          break;
        case 2:
          m_database->isAway = oneIn(2);
          break;
        case 3:
          m_now += 10s;
          break;
        case 4:
          if (oneIn(10)) {
            kill();
            boot();
          }
          break;
        default:
          QVERIFY(step());
          break;
      }
    }
    m_database->isAway = false;
    m_database->failsBefore = {};
    m_database->failsAfter = {};
    settle();
    QList<qint64> all = storedNumbers();
    const qint64 refused = m_work->ledger().quarantined;
    QCOMPARE(all.size() + refused, qsizetype(samples));
    std::sort(all.begin(), all.end());
    QVERIFY(std::adjacent_find(all.begin(), all.end()) == all.end());
    QCOMPARE(refused, qint64(samples) - all.size());
    for (const qint64 number : std::as_const(all)) QVERIFY(number % 197 != 5);
    QCOMPARE(m_database->events.size(), size_t(events));
    for (int i = 0; i < events; ++i) QCOMPARE(m_database->events[size_t(i)].json, QByteArray::number(i));
  }
};

TAGWIRE_TEST(DrainWorkTest)

}  // namespace drainwork_test

#include "drainwork_test.moc"
