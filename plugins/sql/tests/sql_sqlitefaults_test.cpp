// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "sqlitestorecase.h"
#include "testprogram.h"

namespace sql_sqlitefaults_test {

using namespace tagwire;
using namespace tagwire::sql;

/// What the store refuses, what holds it up, and what is there after a kill.
class SqlSqliteFaultsTest : public QObject, private SqliteStoreCase {
  Q_OBJECT
 private Q_SLOTS:
  void init() { begin(); }
  void cleanup() { end(); }

  void aPointThatNobodyKnowsIsRefusedAndNothingIsStored() {
    const PointKey point = m_fixture->add("plc1/a");
    const auto refused = write({StoreFixture::sample(point, moment, 1.0), StoreFixture::sample(4711, moment, 1.0)});
    QVERIFY(!refused.has_value());
    QCOMPARE(refused.error().kind, StoreError::Kind::Refused);
    QVERIFY(m_store->isOpen());
    QCOMPARE(read("SELECT (SELECT count(*) FROM recent_samples), (SELECT count(*) FROM points)"),
             QStringLiteral("0|0"));
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    QCOMPARE(read("SELECT name, value FROM history"), QStringLiteral("plc1/a|1.0"));
  }

  void aRowThatTheFilesOwnerForbidsIsRefused() {
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(
        OtherProgram(m_path).execute("CREATE TRIGGER no_13 BEFORE INSERT ON recent_samples WHEN new.value = 13 "
                                     "BEGIN SELECT raise(ABORT, 'no thirteen'); END"));
    const auto refused = write({StoreFixture::sample(point, moment, 1.0), StoreFixture::sample(point, moment, 13.0)});
    QVERIFY(!refused.has_value());
    QCOMPARE(refused.error().kind, StoreError::Kind::Refused);
    QVERIFY2(refused.error().text.contains(u"no thirteen"), qPrintable(refused.error().text));
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    QCOMPARE(read("SELECT value FROM history"), QStringLiteral("1.0"));
  }

  void aRefusedWorkIsNotDelivered() {
    WriteWork work = StoreFixture::work({StoreFixture::sample(4711, moment, 1.0)});
    work.spool = QStringLiteral("s");
    work.ranges = {{1, Stream::Telemetry, 0, 1}};
    QVERIFY(!m_store->write(work, m_fixture->lookup()).has_value());
    QVERIFY(m_store->delivered(work.spool).value().isEmpty());
  }

  void aLockIsWaitedForAndThenAnOutage() {
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    OtherProgram other(m_path);
    QVERIFY(other.execute("BEGIN IMMEDIATE"));
    const auto locked = write({StoreFixture::sample(point, moment, 2.0)});
    QVERIFY(!locked.has_value());
    QCOMPARE(locked.error().kind, StoreError::Kind::Outage);
    QVERIFY2(locked.error().text.contains(u"lock"), qPrintable(locked.error().text));
    QVERIFY(!m_store->isOpen());
    QVERIFY(!m_store->open().has_value());
    QVERIFY(other.execute("ROLLBACK"));
    QVERIFY(m_store->open().has_value());
    QVERIFY(write({StoreFixture::sample(point, moment, 2.0)}).has_value());
    QCOMPARE(read("SELECT group_concat(value, ' ') FROM history"), QStringLiteral("1.0 2.0"));
  }

  void aMovedFileIsAnOutageAndThenANewOneIsBegun() {
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    const QString moved = m_folder->filePath(QStringLiteral("moved.db"));
    QVERIFY(QFile::rename(m_path, moved));
    const auto gone = write({StoreFixture::sample(point, moment, 2.0)});
    QVERIFY(!gone.has_value());
    QCOMPARE(gone.error().kind, StoreError::Kind::Outage);
    QVERIFY2(gone.error().text.contains(u"moved"), qPrintable(gone.error().text));
    QVERIFY(m_store->open().has_value());
    QVERIFY(write({StoreFixture::sample(point, moment, 2.0)}).has_value());
    QCOMPARE(OtherProgram(moved).one("SELECT value FROM history"), QStringLiteral("1.0"));
    QCOMPARE(read("SELECT name, value FROM history"), QStringLiteral("plc1/a|2.0"));
  }

  void aDroppedTableIsMadeAgain() {
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(OtherProgram(m_path).execute("DROP TABLE recent_samples"));
    const auto outage = write({StoreFixture::sample(point, moment, 1.0)});
    QVERIFY(!outage.has_value());
    QCOMPARE(outage.error().kind, StoreError::Kind::Outage);
    QVERIFY(m_store->open().has_value());
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    QCOMPARE(read("SELECT value FROM history"), QStringLiteral("1.0"));
  }

  void interruptEndsWhatRunsAndOpenBeginsAnew() {
    const PointKey point = m_fixture->add("plc1/a");
    const auto samples = StoreFixture::slice(point, moment, std::chrono::milliseconds(1));
    m_store->interrupt();
    const auto interrupted = write(samples);
    QVERIFY(!interrupted.has_value());
    QCOMPARE(interrupted.error().kind, StoreError::Kind::Outage);
    QVERIFY(m_store->open().has_value());
    QCOMPARE(read("SELECT count(*) FROM runs"), QStringLiteral("0"));
    QVERIFY(write(samples).has_value());
    QCOMPARE(read("SELECT count(*) FROM history"), QString::number(HistoryStore::sliceRecords));
  }

  void interruptFromAnotherThreadEndsALongWrite() {
    const PointKey point = m_fixture->add("plc1/a");
    std::atomic_bool hasBegun = false;
    std::thread other([&] {
      while (!hasBegun) std::this_thread::yield();
      m_store->interrupt();
    });
    const auto written = m_store->write(StoreFixture::work(StoreFixture::slice(point, moment, std::chrono::seconds(1))),
                                        [&](PointKey key) {
                                          hasBegun = true;
                                          return m_fixture->lookup()(key);
                                        });
    other.join();
    QVERIFY(!written.has_value());
    QCOMPARE(written.error().kind, StoreError::Kind::Outage);
    QVERIFY(!m_store->isOpen());
    QVERIFY(m_store->open().has_value());
    QCOMPARE(read("SELECT count(*) FROM history"), QStringLiteral("0"));
  }

  void aKilledProgramLosesNothingCommittedAndLeavesNothingHalf() {
    const PointKey point = m_fixture->add("plc1/a");
    m_store.reset();
    const pid_t child = ::fork();
    if (child == 0) {
      SqliteStore store(m_path, busyTimeout);
      if (!store.open()) ::_exit(1);
      if (!store.write(StoreFixture::work({StoreFixture::sample(point, moment, 1.0)}), m_fixture->lookup())) ::_exit(2);
      auto samples = StoreFixture::slice(point, moment, std::chrono::milliseconds(1));
      int calls = 0;
      const PointLookup killer = [&](PointKey key) {
        ++calls;
        if (key != point) ::raise(SIGKILL);
        return m_fixture->lookup()(key);
      };
      samples.back().point = point + 1;
      (void)store.write(StoreFixture::work(samples), killer);
      ::_exit(3);
    }
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    m_store = std::make_unique<SqliteStore>(m_path, busyTimeout);
    QVERIFY(m_store->open().has_value());
    QVERIFY(write({StoreFixture::sample(point, moment, 4.0)}).has_value());
    QCOMPARE(read("SELECT group_concat(value, ' ') FROM history"), QStringLiteral("1.0 4.0"));
    QCOMPARE(read("PRAGMA integrity_check"), QStringLiteral("ok"));
  }

  void otherProgramsReadWhileItIsWritten() {
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    OtherProgram other(m_path);
    QVERIFY(other.execute("BEGIN"));
    QCOMPARE(other.one("SELECT count(*) FROM history"), QStringLiteral("1"));
    QVERIFY(write(StoreFixture::slice(point, moment, std::chrono::milliseconds(1))).has_value());
    QVERIFY(settle());
    QCOMPARE(other.one("SELECT count(*) FROM history"), QStringLiteral("1"));  // its picture stays
    QVERIFY(other.execute("COMMIT"));
    QCOMPARE(other.one("SELECT count(*) FROM history"), QString::number(HistoryStore::sliceRecords + 1));
  }

  void filesAreForTheOwnerOnly() {
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}).has_value());
    for (const char *suffix : {"", "-wal", "-shm"}) {
      struct stat status {};
      QCOMPARE(::stat((QFile::encodeName(m_path) + suffix).constData(), &status), 0);
      QCOMPARE(status.st_mode & 0777, mode_t(0600));
    }
  }

  void filesOfOthersAreLeftAlone() {
    const QString path = m_folder->filePath(QStringLiteral("other.db"));
    QVERIFY(OtherProgram(path).execute("CREATE TABLE samples(mine)"));
    const auto foreign = SqliteStore(path, busyTimeout).open();
    QVERIFY(!foreign.has_value());
    QVERIFY2(foreign.error().text.contains(u"another program"), qPrintable(foreign.error().text));
    QCOMPARE(OtherProgram(path).one("SELECT group_concat(name) FROM sqlite_schema"), QStringLiteral("samples"));
    QCOMPARE(OtherProgram(path).one("PRAGMA journal_mode"), QStringLiteral("delete"));

    m_store->close();
    QVERIFY(OtherProgram(m_path).execute("PRAGMA user_version = 3"));
    const auto newer = m_store->open();
    QVERIFY(!newer.has_value());
    QVERIFY2(newer.error().text.contains(u"newer version"), qPrintable(newer.error().text));

    QFile noise(m_folder->filePath(QStringLiteral("noise.db")));
    QVERIFY(noise.open(QIODevice::WriteOnly));
    noise.write(QByteArray(10'000, 'x'));
    noise.close();
    const auto damaged = SqliteStore(noise.fileName(), busyTimeout).open();
    QVERIFY(!damaged.has_value());
    QCOMPARE(damaged.error().kind, StoreError::Kind::Outage);
    QVERIFY2(damaged.error().text.contains(u"not a database"), qPrintable(damaged.error().text));
    QVERIFY(noise.open(QIODevice::ReadOnly));
    QCOMPARE(noise.readAll(), QByteArray(10'000, 'x'));
  }
};

TAGWIRE_TEST(SqlSqliteFaultsTest)

}  // namespace sql_sqlitefaults_test

#include "sql_sqlitefaults_test.moc"
