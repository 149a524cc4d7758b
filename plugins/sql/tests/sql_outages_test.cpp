// SPDX-License-Identifier: Apache-2.0
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include "feeder.h"
#include "postgresserver.h"
#include "testprogram.h"

namespace sql_outages_test {

using namespace tagwire;
using namespace tagwire::sql;

/// A PostgreSQL server that comes and goes under load: nothing is lost, nothing is there twice.
class SqlOutagesTest : public QObject {
  Q_OBJECT

  static constexpr int rate = 50'000;  ///< samples a second

  PostgresServer m_server;
  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<Feeder> m_feeder;
  int m_boot = 0;

  QByteArray config() const {
    const PostgresLocation at = m_server.settings().location;
    const QString url =
        QStringLiteral("postgresql://%1@localhost:%2/%3?host=%4").arg(at.user).arg(at.port).arg(at.database, at.host);
    return "{\"database\":\"" + url.toUtf8() + "\"," +
           "\"batch_interval_ms\":50,\"statement_timeout_ms\":1000,\"spool\":{\"folder\":\"" +
           m_folder->filePath(QStringLiteral("spool")).toUtf8() + "\"}}";
  }

  /// Until so many more are accepted.
  bool feedFor(qint64 records) {
    const qint64 goal = m_feeder->accepted() + records;
    return tagwire::testing::waitFor([&] { return m_feeder->accepted() >= goal; });
  }

  void check(const char *expectedEnd = " 0 0 0 0") {
    const QByteArray ledger = m_feeder->finish();
    QVERIFY2(ledger.endsWith(expectedEnd), ledger.constData());
    const qint64 fed = m_feeder->accepted();
    const qint64 base = m_boot * Feeder::perBoot;
    QCOMPARE(m_server.one(
                 QStringLiteral(
                     "SELECT count(*), count(DISTINCT number), min(number), max(number) FROM (SELECT value::bigint AS "
                     "number FROM history) h WHERE number >= %1")
                     .arg(base)),
             QStringLiteral("%1|%1|%2|%3").arg(fed).arg(base).arg(base + fed - 1));
    QCOMPARE(m_server.one(QStringLiteral("SELECT count(*), count(DISTINCT (json->>'json')::bigint) FROM events WHERE "
                                         "kind = 'fed' AND (json->>'json')::bigint >= %1")
                              .arg(base)),
             QStringLiteral("%1|%1").arg(fed / Feeder::batch));
  }

 private Q_SLOTS:
  void initTestCase() { QVERIFY2(m_server.start(), qPrintable(m_server.errorText())); }
  void init() {
    if (!m_server.isRunning()) QVERIFY2(m_server.start(), qPrintable(m_server.errorText()));
    m_folder = std::make_unique<QTemporaryDir>();
    m_feeder = std::make_unique<Feeder>(config(), ++m_boot, rate);
    QVERIFY(m_feeder->start());
    QVERIFY(feedFor(10'000));
  }
  void cleanup() {
    m_server.thaw();
    m_feeder.reset();
  }

  void aServerThatStops() {
    m_server.stop();
    QVERIFY(feedFor(50'000));
    QVERIFY(m_server.start());
    QVERIFY(feedFor(10'000));
    check();
  }

  void aServerThatFreezes() {
    m_server.freeze();
    QVERIFY(feedFor(120'000));  // over the statement's time-out
    m_server.thaw();
    QVERIFY(feedFor(10'000));
    check();
  }

#ifdef TAGWIRE_LONG
  void aServerThatIsKilled() {
    m_server.kill();
    QVERIFY(feedFor(20'000));
    QVERIFY(m_server.start());
    QVERIFY(feedFor(10'000));
    check();
  }

  void aServerThatRestartsAgainAndAgain() {
    for (int i = 0; i < 30; ++i) {
      i % 2 == 0 ? m_server.stop() : m_server.kill();
      QVERIFY(feedFor(10'000));
      QVERIFY(m_server.start());
      QVERIFY(feedFor(20'000));
    }
    check();
  }

  void aTableThatIsMissing() {
    m_server.one(QStringLiteral("ALTER TABLE events RENAME TO elsewhere"));
    QVERIFY(feedFor(20'000));
    const QString moved = QStringLiteral("INSERT INTO events OVERRIDING SYSTEM VALUE SELECT * FROM elsewhere");
    QVERIFY(tagwire::testing::waitFor([&] { return m_server.one(moved).isEmpty(); }));  // it was made anew
    m_server.one(QStringLiteral("DROP TABLE elsewhere"));
    QVERIFY(feedFor(10'000));
    check();
  }

  void aDatabaseThatIsReadOnly() {
    const QString newSessions = QStringLiteral(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
        "application_name = 'tagwire'");
    m_server.one(QStringLiteral("ALTER DATABASE postgres SET default_transaction_read_only = on"));
    m_server.one(newSessions);
    QVERIFY(feedFor(50'000));
    m_server.one(
        QStringLiteral("BEGIN READ WRITE; ALTER DATABASE postgres RESET default_transaction_read_only; COMMIT"));
    m_server.one(newSessions);
    QVERIFY(feedFor(10'000));
    check();
  }

  void theFeederIsKilledWhileTheServerIsAway() {
    m_server.stop();
    QVERIFY(feedFor(50'000));
    m_feeder->kill();
    const qint64 accepted = m_feeder->accepted();
    const qint64 base = m_boot * Feeder::perBoot;
    QVERIFY(m_server.start());
    m_feeder = std::make_unique<Feeder>(config(), ++m_boot, rate);
    QVERIFY(m_feeder->start());
    QVERIFY(feedFor(10'000));
    check();
    QCOMPARE(
        m_server.one(
            QStringLiteral("SELECT count(DISTINCT value) FROM history WHERE value::bigint >= %1 AND value::bigint < %2")
                .arg(base)
                .arg(base + accepted)),
        QString::number(accepted));
  }
#endif
};

TAGWIRE_TEST(SqlOutagesTest)

}  // namespace sql_outages_test

#include "sql_outages_test.moc"
