// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QRegularExpression>

#include "draincase.h"
#include "testprogram.h"

namespace drainwork_refusals_test {

using namespace tagwire;
using namespace tagwire::sql;

/// What the store refuses for its content, and the quarantine that keeps it.
class DrainWorkRefusalsTest : public QObject, private DrainCase {
  Q_OBJECT
 private Q_SLOTS:
  void init() { prepare(); }
  void cleanup() { kill(); }

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
};

TAGWIRE_TEST(DrainWorkRefusalsTest)

}  // namespace drainwork_refusals_test

#include "drainwork_refusals_test.moc"
