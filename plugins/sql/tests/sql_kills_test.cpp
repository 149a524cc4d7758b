// SPDX-License-Identifier: Apache-2.0
#include <QCoreApplication>
#include <QTemporaryDir>
#include <QTest>

#include <random>

#include "feeder.h"
#include "storage/sqliteconnection.h"
#include "testprogram.h"

namespace sql_kills_test {

using namespace tagwire;
using namespace tagwire::sql;

/// The sink killed -9 at random moments: every row that it accepted is in the file, once.
class SqlKillsTest : public QObject {
  Q_OBJECT

  // Fast enough that slices are written straight away, and few enough to be counted quickly.
  static constexpr int samplesPerSecond = 300'000;

  static void killed(int times, const char *durability) {
    QTemporaryDir folder;
    const QByteArray config = "{\"database\":\"sqlite:" + folder.filePath(QStringLiteral("history.db")).toUtf8() +
                              "\",\"durability\":\"" + durability +
                              "\",\"batch_interval_ms\":20,\"spool\":{\"folder\":\"" +
                              folder.filePath(QStringLiteral("spool")).toUtf8() + "\"}}";
    std::mt19937 random(42);
    QList<qint64> accepted;
    for (int boot = 0; boot < times; ++boot) {
      Feeder feeder(config, boot, samplesPerSecond);
      QVERIFY(feeder.start());
      QTRY_VERIFY(feeder.accepted() > 0);
      QTest::qWait(static_cast<int>(random() % 60));
      feeder.kill();
      accepted << feeder.accepted();
    }
    Feeder last(config, times, samplesPerSecond);
    QVERIFY(last.start());
    QTRY_VERIFY(last.accepted() > 0);
    const QByteArray ledger = last.finish();
    accepted << last.accepted();
    QVERIFY2(ledger.endsWith(" 0 0 0 0"), ledger.constData());

    SqliteConnection file;
    QVERIFY(file.openForReading(folder.filePath(QStringLiteral("history.db")), std::chrono::seconds(2)));
    QCOMPARE(file.word("PRAGMA integrity_check").value_or(QString()), QStringLiteral("ok"));
    QVERIFY(file.execute("PRAGMA temp_store = MEMORY; CREATE TEMP TABLE fed AS SELECT value FROM history"));
    QCOMPARE(file.number("SELECT count(*) - count(DISTINCT value) FROM fed").value_or(-1), 0);
    for (int boot = 0; boot < accepted.size(); ++boot) {
      const QByteArray sql = "SELECT count(*) FROM fed WHERE value >= " + QByteArray::number(boot * Feeder::perBoot) +
                             " AND value < " + QByteArray::number(boot * Feeder::perBoot + accepted[boot]);
      QCOMPARE(file.number(sql.constData()).value_or(-1), accepted[boot]);
      const QByteArray events =
          "SELECT count(DISTINCT json ->> 'json') FROM event_history WHERE kind = 'fed' AND "
          "json ->> 'json' BETWEEN " +
          QByteArray::number(boot * Feeder::perBoot) + " AND " +
          QByteArray::number(boot * Feeder::perBoot + accepted[boot] - 1);
      QCOMPARE(file.number(events.constData()).value_or(-1), accepted[boot] / Feeder::batch);
    }
    QCOMPARE(file.number("SELECT count(*) - count(DISTINCT json) FROM event_history WHERE kind = 'fed'").value_or(-1),
             0);
    qInfo() << "rows" << file.number("SELECT count(*) FROM fed").value_or(-1);
  }

 private Q_SLOTS:
  void relaxed() { killed(KILLS, "relaxed"); }
  void sync() { killed(KILLS, "sync"); }
};

TAGWIRE_TEST(SqlKillsTest)

}  // namespace sql_kills_test

#include "sql_kills_test.moc"
