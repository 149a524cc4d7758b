// SPDX-License-Identifier: Apache-2.0
#include <QProcess>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

#include <sqlite3.h>

#include "storage/sqliteconnection.h"
#include "storage/statement.h"
#include "testprogram.h"

namespace storekill_test {

using namespace tagwire;

namespace {

constexpr int columnsOfAll = 3;

/// Every row of a query, columns separated by '|'.
QStringList rowsOf(const QString &path, const char *sql) {
  SqliteConnection connection;
  Statement statement;
  if (!connection.open(path, std::chrono::seconds(1)) || !statement.prepare(connection.handle(), sql)) return {};
  QStringList rows;
  while (statement.step() == SQLITE_ROW) {
    QStringList columns;
    for (int i = 0; i < columnsOfAll; ++i) columns << QString::fromUtf8(statement.text(i));
    rows << columns.join(u'|');
  }
  return rows;
}

}  // namespace

/// A program that stores is killed at moments that nobody chose, again and again in the same folder.
class StoreKillTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void r3_22_whatWasToldStoredIsThereAfterKill9OnceAndInOrder() {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("alarms.db"));
    qint64 lastTold = 0;
    for (int kill = 0; kill < TAGWIRE_KILLS; ++kill) {
      QProcess victim;
      victim.start(QCoreApplication::applicationFilePath(), {QStringLiteral("store-victim"), folder.path()});
      QVERIFY(victim.waitForReadyRead(20'000));
      const int more = QRandomGenerator::global()->bounded(1, 60);
      for (int i = 0; i < more; ++i) victim.waitForReadyRead(10);
      victim.kill();
      QVERIFY(victim.waitForFinished());
      for (const QByteArray &line : victim.readAllStandardOutput().split('\n')) {
        if (line.isEmpty()) continue;
        bool isNumber = false;
        const qint64 number = line.toLongLong(&isNumber);
        QVERIFY2(isNumber, line.constData());
        QVERIFY2(number > lastTold, line.constData());
        lastTold = number;
      }
      QCOMPARE(rowsOf(path, "PRAGMA integrity_check").value(0), QStringLiteral("ok||"));
      // Each number once, none left out, in order: as many records as the highest number, which is that of the last.
      const QString last =
          QString::number(rowsOf(path, "SELECT count(*) FROM alarm_history").value(0).chopped(2).toLongLong());
      QCOMPARE(rowsOf(path, "SELECT max(alarm_id), max(id), count(*) FROM alarm_history WHERE id = alarm_id").value(0),
               QStringLiteral("%1|%1|%1").arg(last));
      QVERIFY2(last.toLongLong() >= lastTold, qPrintable(QStringLiteral("%1 told, %2 there").arg(lastTold).arg(last)));
      // And what the rules remember is that of their last record.
      QCOMPARE(rowsOf(path,
                      "SELECT count(*) FROM alarm_state AS s WHERE memory <> (SELECT max(alarm_id) FROM "
                      "alarm_history WHERE rule_id = s.rule_id)")
                   .value(0),
               QStringLiteral("0||"));
      lastTold = last.toLongLong();  // the next goes on from there
    }
    QVERIFY(lastTold > TAGWIRE_KILLS);
  }
};

TAGWIRE_TEST(StoreKillTest)

}  // namespace storekill_test

#include "storekill_test.moc"
