// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include <future>

#include "postgres/postgresreader.h"
#include "postgres/postgresstore.h"
#include "postgresserver.h"
#include "postgresworks.h"
#include "testprogram.h"

namespace postgres_outage_test {

using namespace tagwire;
using namespace tagwire::sql;
using namespace std::chrono_literals;

/// What becomes of works when the server, the tables, the rights or the rows are not as they should be.
class PostgresOutageTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { QVERIFY2(m_server.start(), qPrintable(m_server.errorText())); }
  void init() {
    if (!m_server.isRunning()) QVERIFY2(m_server.start(), qPrintable(m_server.errorText()));
    m_server.thaw();
    m_server.rows(QStringLiteral("DROP SCHEMA public CASCADE; CREATE SCHEMA public; SELECT 1"));
  }

  void thePasswordIsUsedAndNeverShown() {
    m_server.rows(
        QStringLiteral("DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'open sesame'; "
                       "SELECT 1"));
    PostgresSettings settings = m_server.settings(QStringLiteral("guarded"));
    settings.location.host = QStringLiteral("127.0.0.1");
    settings.password = QStringLiteral("open sesame");
    PostgresStore store(settings);
    QCOMPARE(errorOf(store.open()), QString());
    settings.password = QStringLiteral("wrong sesame");
    PostgresStore other(settings);
    const auto refused = other.open();
    QVERIFY(!refused);
    QCOMPARE(refused.error().kind, StoreError::Kind::Outage);
    QVERIFY2(refused.error().text.contains(u"password authentication failed"), qPrintable(refused.error().text));
    QVERIFY(!refused.error().text.contains(u"sesame"));
  }

  void anOlderRuntimeLeavesNewerTablesAlone() {
    PostgresStore store(m_server.settings());
    QCOMPARE(errorOf(store.open()), QString());
    QCOMPARE(errorOf(store.open()), QString());
    m_server.rows(QStringLiteral("UPDATE tagwire_schema SET version = 99; SELECT 1"));
    const auto opened = store.open();
    QVERIFY(!opened);
    QVERIFY2(opened.error().text.contains(u"newer Tagwire"), qPrintable(opened.error().text));
    QVERIFY(!store.isOpen());
  }

  void aSchemaOfItsOwnIsMade() {
    PostgresSettings settings = m_server.settings();
    settings.location.schema = QStringLiteral("plant \"one\"");
    PostgresStore store(settings);
    QCOMPARE(errorOf(store.open()), QString());
    QCOMPARE(errorOf(store.write(workOf(oneOfEach()), lookup())), QString());
    QCOMPARE(m_server.one(QStringLiteral("SELECT count(*) > 5 FROM \"plant \"\"one\"\"\".history")),
             QStringLiteral("t"));
  }

  void aStoppedServerIsAnOutageAndNothingIsLostOrDoubled() {
    PostgresStore store(m_server.settings());
    QCOMPARE(errorOf(store.open()), QString());
    QCOMPARE(errorOf(store.write(work(0, 10), lookup())), QString());
    m_server.stop();
    const auto written = store.write(work(10, 20), lookup());
    QVERIFY(!written);
    QCOMPARE(written.error().kind, StoreError::Kind::Outage);
    QVERIFY(!store.isOpen());
    QVERIFY(!store.open());
    QVERIFY(m_server.start());
    QCOMPARE(errorOf(store.open()), QString());
    QCOMPARE(*store.delivered(QStringLiteral("spool")), QList<SpoolRange>({range(0, 10)}));
    QCOMPARE(errorOf(store.write(work(10, 20), lookup())), QString());
    QCOMPARE(*store.delivered(QStringLiteral("spool")), QList<SpoolRange>({range(0, 20)}));
    QCOMPARE(stored(), QStringLiteral("20|20"));
  }

  void aFrozenServerIsGivenUpInTimeAndItsCommitIsWaitedFor() {
    PostgresSettings settings = m_server.settings();
    settings.statementTimeout = 2s;
    settings.connectTimeout = 2s;
    makeTables();
    PostgresStore store(settings);
    QCOMPARE(errorOf(store.open()), QString());
    QCOMPARE(errorOf(store.write(work(0, 10), lookup())), QString());
    m_server.freeze();
    const auto written = store.write(work(10, 20), lookup());
    QVERIFY(!written);
    QCOMPARE(written.error().kind, StoreError::Kind::Outage);
    QVERIFY(!store.isOpen());
    QVERIFY(!store.open());
    m_server.thaw();
    QTRY_VERIFY(store.isOpen() || store.open().has_value());
    const auto delivered = store.delivered(QStringLiteral("spool"));
    QVERIFY2(delivered.has_value(), qPrintable(errorOf(delivered)));
    if (*delivered == QList<SpoolRange>({range(0, 10)}))
      QCOMPARE(errorOf(store.write(work(10, 20), lookup())), QString());
    QCOMPARE(*store.delivered(QStringLiteral("spool")), QList<SpoolRange>({range(0, 20)}));
    QCOMPARE(stored(), QStringLiteral("20|20"));
  }

  // The connection goes at any step of a work, the answer to COMMIT among them.
  void killedBackendsLoseAndDoubleNothing() {
    PostgresStore store(m_server.settings());
    quint64 next = 0;
    int outages = 0;
    std::atomic_bool stops = false;
    std::atomic_int works = 0;
    makeTables();
    auto killer = std::async(std::launch::async, [&] {
      // However slow the machine is, something gets done between two blows.
      for (int before = 0; !stops;) {
        m_server.rows(QStringLiteral("SELECT pg_sleep(0.01 + random() * 0.03)"));
        if (works == before) continue;
        before = works;
        m_server.rows(
            QStringLiteral("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                           "application_name = 'tagwire'"));
      }
    });
    for (int tries = 0; outages < 20 && tries < 100'000; ++tries) {
      if (!store.isOpen()) {
        if (!store.open()) continue;
        const auto delivered = store.delivered(QStringLiteral("spool"));
        if (!delivered) continue;
        next = delivered->isEmpty() ? 0 : delivered->last().next;
      }
      const auto written = store.write(work(next, next + 100), lookup());
      written ? void((next += 100, ++works)) : void(++outages);
    }
    stops = true;
    killer.wait();
    QCOMPARE(outages, 20);
    QTRY_VERIFY(store.isOpen() || store.open().has_value());
    const auto delivered = store.delivered(QStringLiteral("spool"));
    QVERIFY2(delivered.has_value(), qPrintable(errorOf(delivered)));
    const quint64 end = delivered->last().next;
    QCOMPARE(*delivered, QList<SpoolRange>({range(0, end)}));
    QCOMPARE(stored(), QStringLiteral("%1|%1").arg(end));
  }

  void twoConnectionsOfOneSpoolDoNotOverlap() {
    PostgresSettings settings = m_server.settings();
    settings.statementTimeout = 1s;
    makeTables();
    PostgresStore first(settings), second(settings), other(settings);
    QVERIFY(first.open() && second.open() && other.open());
    QVERIFY(first.delivered(QStringLiteral("spool")));
    const auto refused = second.delivered(QStringLiteral("spool"));
    QVERIFY(!refused);
    QCOMPARE(refused.error().kind, StoreError::Kind::Outage);
    QVERIFY(other.delivered(QStringLiteral("another spool")));
    first.close();
    QVERIFY(second.open());
    QTRY_VERIFY(second.isOpen() ? second.delivered(QStringLiteral("spool")).has_value() : !second.open());
  }

  void twoSitesWriteIntoOneDatabase() {
    const auto site = [this](const QString &spool) {
      PostgresStore store(m_server.settings());
      QString errors = errorOf(store.open());
      for (quint64 i = 0; i < 20; ++i) {
        WriteWork some = work(i * 100, i * 100 + 100);
        some.spool = spool;
        errors += errorOf(store.write(some, lookup()));
        if (i % 5 == 4) errors += errorOf(store.maintain(newYear + 24h * 10000, {}));
      }
      return errors;
    };
    auto one = std::async(std::launch::async, site, QStringLiteral("one"));
    auto two = std::async(std::launch::async, site, QStringLiteral("two"));
    QCOMPARE(one.get() + two.get(), QString());
    QCOMPARE(stored(), QStringLiteral("4000|2000"));
    QCOMPARE(m_server.one(QStringLiteral("SELECT count(*) FROM points")), QStringLiteral("1"));
    PostgresStore store(m_server.settings());
    QVERIFY(store.open());
    QCOMPARE(errorOf(store.maintain(newYear + 24h * 20000, {})), QString());
    QCOMPARE(m_server.one(QStringLiteral("SELECT sum(count) FROM trends WHERE level = 'day'")), QStringLiteral("4000"));
  }

  void missingRightsAndTablesAreOutages() {
    PostgresStore owner(m_server.settings());
    QCOMPARE(errorOf(owner.open()), QString());
    m_server.rows(
        QStringLiteral("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA public TO guest; "
                       "GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest; SELECT 1"));
    PostgresStore guest(m_server.settings(QStringLiteral("guest")));
    QCOMPARE(errorOf(guest.open()), QString());
    const auto forbidden = guest.write(work(0, 10), lookup());
    QVERIFY(!forbidden);
    QCOMPARE(forbidden.error().kind, StoreError::Kind::Outage);
    QVERIFY2(forbidden.error().text.contains(u"permission denied") && forbidden.error().text.contains(u"give the role"),
             qPrintable(forbidden.error().text));
    m_server.rows(QStringLiteral("DROP OWNED BY guest; DROP ROLE guest; SELECT 1"));

    QCOMPARE(errorOf(owner.write(work(0, 10), lookup())), QString());
    const QString point = m_server.one(QStringLiteral("SELECT id FROM points"));
    m_server.rows(QStringLiteral("DROP TABLE recent_samples CASCADE; DROP TABLE rollups CASCADE; SELECT 1"));
    const auto missing = owner.write(work(10, 20), lookup());
    QVERIFY(!missing);
    QCOMPARE(missing.error().kind, StoreError::Kind::Outage);
    QCOMPARE(errorOf(owner.open()), QString());
    QCOMPARE(errorOf(owner.write(work(10, 20), lookup())), QString());
    QCOMPARE(stored(), QStringLiteral("10|10"));
    QCOMPARE(m_server.one(QStringLiteral("SELECT id FROM points")), point);
  }

  void aReadOnlyDatabaseIsAnOutage() {
    PostgresStore store(m_server.settings());
    QCOMPARE(errorOf(store.open()), QString());
    m_server.rows(QStringLiteral("ALTER DATABASE postgres SET default_transaction_read_only TO on; SELECT 1"));
    QCOMPARE(errorOf(store.open()), QString());
    const auto written = store.write(work(0, 10), lookup());
    m_server.rows(
        QStringLiteral("BEGIN READ WRITE; ALTER DATABASE postgres RESET "
                       "default_transaction_read_only; COMMIT; SELECT 1"));
    QVERIFY(!written);
    QCOMPARE(written.error().kind, StoreError::Kind::Outage);
    QVERIFY2(written.error().text.contains(u"standby"), qPrintable(written.error().text));
  }

  void aRowThatTheDatabaseRefusesStoresNothingOfItsWork_data() {
    QTest::addColumn<QString>("rule");
    QTest::newRow("check") << QStringLiteral("ALTER TABLE recent_samples ADD CHECK (number <> 15)");
    QTest::newRow("trigger") << QStringLiteral(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.number = 15 THEN RAISE EXCEPTION "
        "'not "
        "fifteen'; END IF; RETURN new; END $$; CREATE TRIGGER t BEFORE INSERT ON recent_samples FOR EACH ROW EXECUTE "
        "FUNCTION refuse()");
    QTest::newRow("at commit") << QStringLiteral(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.number = 15 THEN RAISE EXCEPTION "
        "'not "
        "fifteen'; END IF; RETURN new; END $$; CREATE CONSTRAINT TRIGGER t AFTER INSERT ON recent_samples DEFERRABLE "
        "INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()");
  }
  void aRowThatTheDatabaseRefusesStoresNothingOfItsWork() {
    QFETCH(QString, rule);
    PostgresStore store(m_server.settings());
    QCOMPARE(errorOf(store.open()), QString());
    m_server.rows(rule + QStringLiteral("; SELECT 1"));
    const auto written = store.write(work(10, 20), lookup());
    QVERIFY(!written);
    QCOMPARE(written.error().kind, StoreError::Kind::Refused);
    QVERIFY(store.isOpen());
    QCOMPARE(store.delivered(QStringLiteral("spool"))->size(), 0);
    QCOMPARE(errorOf(store.write(work(10, 15), lookup())), QString());
    QCOMPARE(errorOf(store.write(work(16, 20), lookup())), QString());
    QCOMPARE(stored(), QStringLiteral("9|9"));
    QCOMPARE(*store.delivered(QStringLiteral("spool")), QList<SpoolRange>({range(10, 15), range(16, 20)}));
    QCOMPARE(errorOf(store.keepBoots(QStringLiteral("spool"), {8})), QString());
    QCOMPARE(store.delivered(QStringLiteral("spool"))->size(), 0);
  }

  void interruptBringsACallBack() {
    PostgresSettings settings = m_server.settings();
    settings.statementTimeout = 60s;
    PostgresStore store(settings);
    QCOMPARE(errorOf(store.open()), QString());
    m_server.freeze();
    auto writing = std::async(std::launch::async, [&] { return store.write(work(0, 10), lookup()); });
    QCOMPARE(writing.wait_for(100ms), std::future_status::timeout);
    store.interrupt();
    const auto written = writing.get();
    m_server.thaw();
    QVERIFY(!written);
    QVERIFY2(written.error().text.contains(u"interrupted"), qPrintable(written.error().text));
  }

  void aReaderStopsAtItsDeadlineOrWhenToldTo() {
    PostgresStore store(m_server.settings());
    QCOMPARE(errorOf(store.open()), QString());
    PostgresReader reader(m_server.settings());
    QVERIFY(reader.begin(std::chrono::steady_clock::now() + 60s, nullptr));
    reader.end();
    m_server.freeze();
    QVERIFY(!reader.begin(std::chrono::steady_clock::now() + 200ms, nullptr));
    m_server.thaw();
    auto stops = std::make_shared<std::atomic_bool>(false);
    QVERIFY(reader.begin(std::chrono::steady_clock::now() + 60s, stops));
    m_server.freeze();
    auto reading = std::async(std::launch::async, [&] { return reader.gaps(Time::min(), Time::max()); });
    QCOMPARE(reading.wait_for(100ms), std::future_status::timeout);
    *stops = true;
    QVERIFY(!reading.get());
    m_server.thaw();
  }

  void aReaderSurvivesARestartOfTheServer() {
    PostgresStore store(m_server.settings());
    QCOMPARE(errorOf(store.open()), QString());
    PostgresReader reader(m_server.settings());
    QVERIFY(reader.begin(std::chrono::steady_clock::now() + 60s, nullptr));
    reader.end();
    m_server.stop();
    QVERIFY(m_server.start());
    QVERIFY(reader.begin(std::chrono::steady_clock::now() + 60s, nullptr));
    QVERIFY(reader.gaps(Time::min(), Time::max()));
    reader.end();
  }

 private:
  // Making them takes longer than the short time-outs of some tests.
  void makeTables() {
    PostgresStore store(m_server.settings());
    QCOMPARE(errorOf(store.open()), QString());
  }
  static SpoolRange range(quint64 first, quint64 next) { return {7, Stream::Telemetry, first, next}; }
  static WriteWork work(quint64 first, quint64 next) {
    WriteWork work{QStringLiteral("spool"), {range(first, next)}, {}, {}, {}};
    for (quint64 i = first; i < next; ++i)
      work.samples.push_back(sample(3, newYear + std::chrono::seconds(i), double(i)));
    return work;
  }
  QString stored() { return m_server.one(QStringLiteral("SELECT count(*), count(DISTINCT value) FROM history")); }

  PostgresServer m_server;
};

TAGWIRE_TEST(PostgresOutageTest)

}  // namespace postgres_outage_test

#include "postgres_outage_test.moc"
