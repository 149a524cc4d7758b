// SPDX-License-Identifier: Apache-2.0
#include "postgres/postgresreader.h"
#include "postgres/postgresstore.h"
#include "postgresserver.h"
#include "testprogram.h"
#include "toolcase.h"

namespace postgres_import_test {

using namespace tagwire;
using namespace tagwire::sql;

/// `tagwire history import` into a real PostgreSQL.
class PostgresImportTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { QVERIFY2(m_server.start(), qPrintable(m_server.errorText())); }
  void init() { m_server.rows(QStringLiteral("DROP SCHEMA public CASCADE; CREATE SCHEMA public; SELECT 1")); }

  void aDryRunBeforeTheFirstStartSaysThatNothingIsThere() {
    PostgresReader reader(m_server.settings());
    const auto result = imported(reader, nullptr, csv(5), "--dry-run");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(result.told, QStringList{QStringLiteral(
                              "the database has no tables of a history yet (the program or an import makes them): "
                              "every line counts as new")});
    QCOMPARE(result.counts.lines, 5);
    QCOMPARE(result.counts.present, 0);
    QCOMPARE(m_server.one(QStringLiteral("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")),
             QStringLiteral("0"));
  }

  void aRowThatIsRefusedIsNamedAndTheOthersStored() {
    PostgresStore store(m_server.settings());
    QVERIFY(store.open());
    m_server.rows(QStringLiteral("ALTER TABLE recent_samples ADD CONSTRAINT sane CHECK (number <> 15); SELECT 1"));
    PostgresReader reader(m_server.settings());
    const auto result = imported(reader, &store, csv(40), "--skip-bad");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(result.counts.stored, 39);
    QCOMPARE(result.counts.bad, 1);
    QCOMPARE(result.told.size(), 1);
    QVERIFY2(result.told.first().startsWith(u"values.csv:17: the database refuses it: ") &&
                 result.told.first().contains(u"sane"),
             qPrintable(result.told.first()));
    QCOMPARE(m_server.one(QStringLiteral("SELECT count(*) FROM history WHERE historical")), QStringLiteral("39"));
  }

 private:
  static QByteArray csv(int lines) {
    QByteArray csv("time_ms,point,value\n");
    for (int i = 0; i < lines; ++i) {
      csv += QByteArray::number(1'767'225'600'000 + i) + ",plc1/a," + QByteArray::number(i) + '\n';
    }
    return csv;
  }

  PostgresServer m_server;
};

TAGWIRE_TEST(PostgresImportTest)

}  // namespace postgres_import_test

#include "postgres_import_test.moc"
