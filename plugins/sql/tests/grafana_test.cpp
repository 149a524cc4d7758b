// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTest>

#include "postgres/postgresstore.h"
#include "postgresserver.h"
#include "postgresworks.h"
#include "testprogram.h"

namespace grafana_test {

using namespace tagwire;
using namespace tagwire::sql;
using namespace std::chrono_literals;

namespace {

QJsonObject dashboard() {
  QFile file(QStringLiteral(TAGWIRE_GRAFANA "/tagwire-history.json"));
  return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object() : QJsonObject();
}

// What Grafana makes of its macros and variables.
QString expanded(QString sql) {
  static const QRegularExpression filter(QStringLiteral("\\$__timeFilter\\(([^)]*)\\)"));
  const QString from = QStringLiteral("'2026-01-01T00:00:00Z'");
  const QString to = QStringLiteral("'2026-01-01T01:00:00Z'");
  sql.replace(filter, QStringLiteral("\\1 BETWEEN %1 AND %2").arg(from, to));
  sql.replace(QStringLiteral("$__timeFrom()"), from).replace(QStringLiteral("$__timeTo()"), to);
  sql.replace(QStringLiteral("$__interval_ms"), QStringLiteral("60000"));
  sql.replace(QStringLiteral("${point:singlequote}"), QStringLiteral("'plc/p10','plc/texts'"));
  return sql.replace(QStringLiteral("${tag:singlequote}"), QStringLiteral("'T1'"));
}

StoredEvent alarm() {
  StoredEvent event;
  event.time = newYear + 10s;
  event.source = "alarms";
  event.kind = "alarm";
  event.json = "{\"rule_name\": \"too hot\", \"state\": \"ALARM\", \"priority\": 1}";
  return event;
}

}  // namespace

/// The dashboard and the role of packaging/grafana, with a history that the store has written.
class GrafanaTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    QVERIFY2(m_server.start(), qPrintable(m_server.errorText()));
    // Another program's table is nobody's business.
    m_server.rows(QStringLiteral("CREATE TABLE wages(x integer); SELECT 1"));
    writeHistory(QStringLiteral("public"), QStringLiteral("grafana"));
    writeHistory(QStringLiteral("Plant 2"), QStringLiteral("Grafana 2"));
  }

  void everyStatementOfTheDashboardFindsRows_data() {
    QTest::addColumn<QString>("sql");
    QTest::addColumn<QString>("role");
    for (const auto *role : {"grafana", "Grafana 2"}) addStatements(QLatin1String(role));
  }
  void everyStatementOfTheDashboardFindsRows() {
    QFETCH(QString, sql);
    QFETCH(QString, role);
    const QString statement = expanded(sql);
    QVERIFY2(!statement.contains(u"$_") && !statement.contains(u"${"), qPrintable(statement));
    const QStringList rows = m_server.rows(statement, QLatin1Char('\'') + role + u'\'');
    QVERIFY2(!rows.isEmpty() && !rows.first().startsWith(u"ERROR"), qPrintable(rows.value(0)));
  }
  void theRoleReadsTheHistoryOnly() {
    const QString read = m_server.one(QStringLiteral("SELECT * FROM wages"), QStringLiteral("grafana"));
    QVERIFY2(read.contains(u"permission denied"), qPrintable(read));
    const QString other = m_server.one(QStringLiteral("SELECT * FROM \"Plant 2\".points"), QStringLiteral("grafana"));
    QVERIFY2(other.contains(u"permission denied"), qPrintable(other));
  }
  void theDashboardHasStatements() { QVERIFY(dashboard()[QLatin1String("panels")].toArray().size() >= 4); }

  void theRoleMayNotWrite_data() {
    QTest::addColumn<QString>("sql");
    for (const char *sql : {"INSERT INTO gaps(since, until, records, reason) VALUES (now(), now(), 1, '') RETURNING 1",
                            "DELETE FROM recent_samples RETURNING 1", "UPDATE points SET unit = '' RETURNING 1",
                            "TRUNCATE samples", "DROP VIEW history", "CREATE TABLE mine(x integer)"}) {
      QTest::newRow(sql) << QString::fromLatin1(sql);
    }
  }
  void theRoleMayNotWrite() {
    QFETCH(QString, sql);
    const QString role = QStringLiteral("grafana");
    const QString readOnly = m_server.one(sql, role);
    QVERIFY2(readOnly.contains(u"read-only transaction") || readOnly.contains(u"permission denied"),
             qPrintable(readOnly));
    const QString byRights = m_server.one(QStringLiteral("SET default_transaction_read_only TO off; ") + sql, role);
    QVERIFY2(byRights.startsWith(u"ERROR"), qPrintable(byRights));
    const QString begun = m_server.one(QStringLiteral("BEGIN READ WRITE; ") + sql, role);
    QVERIFY2(begun.contains(u"permission denied") || begun.contains(u"must be owner"), qPrintable(begun));
  }

 private:
  void writeHistory(const QString &schema, const QString &role) {
    PostgresSettings settings = m_server.settings();
    settings.location.schema = schema;
    PostgresStore store(settings);
    QCOMPARE(errorOf(store.open()), QString());
    for (int run = 0; run < 2; ++run) runRoleFile(schema, role);
    // Partitions that come after the role was made are readable, too.
    WriteWork work = workOf(oneOfEach());
    work.samples.push_back(sample(10, newYear, 1.0));
    work.samples.push_back(sample(10, newYear + 10s, 2.0));
    work.events.push_back(alarm());
    QCOMPARE(errorOf(store.write(work, lookup())), QString());
    QCOMPARE(errorOf(store.maintain(newYear + 24h * 400, {})), QString());
    QCOMPARE(errorOf(store.write(workOf(oneOfEach()), lookup())), QString());
  }
  void addStatements(const QString &role) {
    const QJsonObject root = dashboard();
    for (const auto &panel : root[QLatin1String("panels")].toArray()) {
      const QJsonObject object = panel.toObject();
      for (const auto &target : object[QLatin1String("targets")].toArray()) {
        QTest::newRow(qPrintable(role + QStringLiteral(": ") + object[QLatin1String("title")].toString()))
            << target.toObject()[QLatin1String("rawSql")].toString() << role;
      }
    }
    for (const auto &variable : root[QLatin1String("templating")].toObject()[QLatin1String("list")].toArray()) {
      const QJsonObject object = variable.toObject();
      if (object[QLatin1String("type")].toString() != u"query") continue;
      QTest::newRow(qPrintable(role + QStringLiteral(": ") + object[QLatin1String("name")].toString()))
          << object[QLatin1String("query")].toString() << role;
    }
  }
  void runRoleFile(const QString &schema, const QString &role) {
    QProcess psql;
    psql.setProcessChannelMode(QProcess::MergedChannels);
    psql.start(
        QStringLiteral("psql"),
        {QStringLiteral("-X"), QStringLiteral("-v"), QStringLiteral("schema=") + schema, QStringLiteral("-v"),
         QStringLiteral("role=") + role, QStringLiteral("-h"), m_server.socketFolder(), QStringLiteral("-p"),
         QString::number(m_server.port()), QStringLiteral("-U"), QStringLiteral("postgres"), QStringLiteral("-f"),
         QStringLiteral(TAGWIRE_GRAFANA "/readonly-role.sql"), QStringLiteral("postgres")});
    QVERIFY(psql.waitForFinished(30'000));
    QVERIFY2(psql.exitCode() == 0, psql.readAll().constData());
  }

  PostgresServer m_server;
};

TAGWIRE_TEST(GrafanaTest)

}  // namespace grafana_test

#include "grafana_test.moc"
