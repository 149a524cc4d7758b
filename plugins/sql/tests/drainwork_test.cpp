// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <numeric>
#include <random>

#include "drainwork.h"
#include "historygap.h"
#include "memorystore.h"

using namespace tagwire;
using namespace tagwire::sql;
using namespace std::chrono_literals;

/// From the spool into the store, whatever fails.
class DrainWorkTest : public QObject {
  Q_OBJECT

  static constexpr Time begin{std::chrono::seconds(1'770'000'000)};

  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<MemoryDatabase> m_database;
  std::shared_ptr<Spool> m_spool;
  std::unique_ptr<Quarantine> m_quarantine;
  std::unique_ptr<DrainWork> m_work;
  DrainWork::Moment m_now;
  PointKey m_key = 0;

  /// As the program does at its start.
  void boot() {
    SpoolSettings settings;
    settings.folder = m_folder->filePath(QStringLiteral("spool"));
    settings.segmentBytes = 64 * 1024;
    m_spool = std::make_shared<Spool>(settings);
    QVERIFY(m_spool->open().has_value());
    m_key = m_spool->keyOf({QStringLiteral("plc1/a")});
    m_quarantine = std::make_unique<Quarantine>(m_folder->filePath(QStringLiteral("quarantine.db")));
    DrainSettings drain;
    drain.makeStore = [this] { return std::make_unique<MemoryStore>(*m_database); };
    m_work = std::make_unique<DrainWork>(m_spool, *m_quarantine, drain);
  }

  void kill() {
    m_work.reset();
    m_quarantine.reset();
    m_spool.reset();
  }

  void addSamples(int first, int count) {
    for (int i = first; i < first + count; ++i) {
      m_spool->add(StoredSample{0, m_key, {}, false, begin + i * 1ms, begin + i * 1ms, qint64(i)});
    }
    QVERIFY(m_spool->commit().has_value());
  }

  void addEvents(int first, int count) {
    for (int i = first; i < first + count; ++i) {
      m_spool->add(StoredEvent{0, quint64(i), "epoch", begin + i * 1ms, "plc1", "system", QByteArray::number(i)});
    }
    QVERIFY(m_spool->commit().has_value());
  }

  bool step() {
    m_now += 1ms;
    const auto next = m_work->step(m_now, begin);
    const Ledger ledger = m_work->ledger();
    if (ledger.difference() != 0) qWarning() << "difference" << ledger.difference();
    return ledger.difference() == 0 && next >= m_now;
  }

  void settle() {
    for (int i = 0; i < 10'000; ++i) {
      QVERIFY(step());
      m_now += 40s;  // over any pause
      if (m_work->ledger().spooled == 0 && m_work->outage().isEmpty() && i > 5) return;
    }
    QFAIL("it never ends");
  }

  QList<qint64> storedNumbers() const {
    QList<qint64> all;
    for (const StoredSample &sample : m_database->samples) all << std::get<qint64>(sample.value);
    return all;
  }

  static QList<qint64> upTo(int count) {
    QList<qint64> all(count);
    std::iota(all.begin(), all.end(), 0);
    return all;
  }

 private Q_SLOTS:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_database = std::make_unique<MemoryDatabase>();
    m_now = DrainWork::Moment(1h);
    boot();
  }
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

  void aRecordThatIsRefusedIsSetAsideAndTheOthersWritten() {
    m_database->refusesSample = [](const StoredSample &sample) { return std::get<qint64>(sample.value) % 100 == 42; };
    m_database->refusesEvent = [](const StoredEvent &event) { return event.json == "3"; };
    addSamples(0, 1000);
    addEvents(0, 5);
    settle();
    QCOMPARE(m_database->samples.size(), size_t(990));
    QCOMPARE(m_database->events.size(), size_t(4));
    QCOMPARE(m_work->ledger().quarantined, 11);
    const auto page = m_quarantine->page(0, 100);
    QVERIFY(page);
    QCOMPARE(page->total, 11);
    QCOMPARE(page->records[0].what, QStringLiteral("event:system"));
    QCOMPARE(page->records[1].what, QStringLiteral("plc1/a"));
    QCOMPARE(page->records[1].content, QStringLiteral("42 good"));
    QCOMPARE(page->records[1].reason, QStringLiteral("this will not do"));
    QCOMPARE(page->records[1].time, begin + 42ms);
  }

  void aRecordIsTriedAgainWhenAsked() {
    m_database->refusesSample = [](const StoredSample &sample) { return std::get<qint64>(sample.value) == 5; };
    addSamples(0, 10);
    settle();
    QCOMPARE(m_work->ledger().quarantined, 1);
    QCOMPARE(m_quarantine->requeue({}).value_or(0), 1);
    for (int i = 0; i < 5; ++i) QVERIFY(step());
    QCOMPARE(m_work->ledger().quarantined, 1);  // refused again
    m_database->refusesSample = {};
    QCOMPARE(m_quarantine->requeue({1}).value_or(0), 1);
    bool fails = true;
    m_database->failsAfter = [&] { return std::exchange(fails, false); };  // and the answer is lost
    for (int i = 0; i < 10; ++i) {
      QVERIFY(step());
      m_now += 40s;
    }
    QCOMPARE(m_work->ledger().quarantined, 0);
    QCOMPARE(m_work->ledger().written, 10);
    QCOMPARE(m_database->samples.size(), size_t(10));
    QCOMPARE(m_database->names.back(), QStringLiteral("plc1/a"));
  }

  void aRecordCanBeGivenUp() {
    m_database->refusesSample = [](const StoredSample &) { return true; };
    addSamples(0, 7);
    settle();
    QCOMPARE(m_work->ledger().quarantined, 7);
    QCOMPARE(m_work->discard({1, 2, 99}).value_or(0), 2);
    QVERIFY(step());
    QCOMPARE(m_work->ledger().discarded, 2);
    QCOMPARE(m_work->discard({}).value_or(0), 5);
    QVERIFY(step());
    QCOMPARE(m_work->ledger().quarantined, 0);
    QVERIFY(m_database->samples.empty());
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

  void aRecordIsNotInBothPlaces_data() {
    QTest::addColumn<bool>("withKill");
    QTest::newRow("a lost connection") << false;
    QTest::newRow("a kill") << true;
  }
  // It was put into quarantine, but that could not be entered into the store any more; then somebody mends the
  // database.
  void aRecordIsNotInBothPlaces() {
    QFETCH(bool, withKill);
    int writes = 0;
    m_database->refusesSample = [](const StoredSample &) { return true; };
    m_database->failsBefore = [&] { return ++writes == 2; };
    addSamples(0, 1);
    for (int i = 0; i < 20 && writes < 2; ++i) {
      QVERIFY(step());
      m_now += 1s;
    }
    QCOMPARE(writes, 2);
    QCOMPARE(m_quarantine->count(), 1);
    m_database->refusesSample = {};
    if (withKill) {
      kill();
      boot();
    }
    settle();
    QCOMPARE(m_database->samples.size(), size_t(1));
    QCOMPARE(m_quarantine->count(), 0);
    QCOMPARE(m_work->ledger().difference(), 0);
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

  void aQuarantineThatIsDeletedIsMadeAnewAndCounted() {
    m_database->refusesSample = [](const StoredSample &) { return true; };
    addSamples(0, 3);
    settle();
    QCOMPARE(m_work->ledger().quarantined, 3);
    for (const char *end : {"", "-wal", "-shm"}) {
      QVERIFY(QFile::remove(m_folder->filePath(QStringLiteral("quarantine.db") + QLatin1String(end))));
    }
    addSamples(3, 2);
    settle();
    QCOMPARE(m_work->ledger().quarantined, 2);
    QCOMPARE(m_work->ledger().damaged, 3);
    kill();
    boot();
    settle();
    QCOMPARE(m_work->ledger().quarantined, 2);
  }

  void aQuarantineThatIsDamagedIsPutAsideAndSaid() {
    kill();
    QFile file(m_folder->filePath(QStringLiteral("quarantine.db")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray(8192, 'x'));
    file.close();
    boot();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("not a database.*put aside as")));
    addSamples(0, 3);
    settle();
    QCOMPARE(m_database->samples.size(), size_t(3));
    QCOMPARE(QDir(m_folder->path()).entryList({QStringLiteral("quarantine.db.damaged-*")}).size(), 1);
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

QTEST_GUILESS_MAIN(DrainWorkTest)
#include "drainwork_test.moc"
