// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "gapwork.h"
#include "postgres/postgresreader.h"
#include "postgres/postgresstore.h"
#include "postgresserver.h"
#include "postgresworks.h"
#include "testprogram.h"

namespace postgres_bounds_test {

using namespace tagwire;
using namespace tagwire::sql;
using namespace std::chrono_literals;

/// What the store and the reader take in at once, and what they do at the edges of time, points and gaps.
class PostgresBoundsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { QVERIFY2(m_server.start(), qPrintable(m_server.errorText())); }
  void init() {
    m_server.rows(QStringLiteral("DROP SCHEMA public CASCADE; CREATE SCHEMA public; SELECT 1"));
    m_store = std::make_unique<PostgresStore>(m_server.settings());
    QCOMPARE(errorOf(m_store->open()), QString());
  }
  void cleanup() { m_store.reset(); }

  void longTextsAreMovedByTheirBytes() {
    constexpr int rows = 450;  // 192 kB each: 64 MiB are 342
    const QString text(65'536, QChar(0x20ac));
    for (int part = 0; part < 3; ++part) {
      std::vector<StoredSample> samples;
      for (int i = 0; i < rows / 3; ++i) samples.push_back(sample(4, newYear + (part * rows + i) * 1s, text));
      QCOMPARE(errorOf(m_store->write(workOf(samples), lookup())), QString());
    }
    const auto moved = m_store->maintain(newYear, {});
    QVERIFY2(moved && *moved, qPrintable(errorOf(moved)));
    QCOMPARE(recentRows(), rows - 342);
    QCOMPARE(m_server.one(QStringLiteral("SELECT sum(count) FROM samples")), QStringLiteral("342"));
  }

  void theNewestValuesOfAReaderAreBounded() {
    QCOMPARE(errorOf(m_store->write(workOf({sample(4, newYear, QStringLiteral("a"))}), lookup())), QString());
    m_server.rows(
        QStringLiteral("INSERT INTO recent_samples(point_id, time, received, quality, kind, text) SELECT r.point_id, "
                       "r.time, r.received, 0, r.kind, repeat('\u20ac', 65536) FROM recent_samples r, "
                       "generate_series(1, 1400)"));
    PostgresReader reader(m_server.settings());
    QVERIFY(reader.begin(soon(), nullptr).has_value());
    const auto loaded = reader.loadNewest({1});
    QVERIFY(!loaded);
    QVERIFY2(loaded.error().contains(u"fewer points"), qPrintable(loaded.error()));
  }

  // Else a server too slow for a whole slice would never get one done.
  void theFirstRowsAreMovedInASmallStep() {
    std::vector<StoredSample> samples;
    for (int i = 0; i < 9'000; ++i) samples.push_back(sample(3, newYear + i * 1s, double(i)));
    QCOMPARE(errorOf(m_store->write(workOf(samples), lookup())), QString());
    const Time later = newYear + 24h * 1000;
    QCOMPARE(errorOf(m_store->maintain(later, {})), QString());
    QCOMPARE(recentRows(), 9'000 - 4'096);
    for (int i = 0; i < 20 && m_store->maintain(later, {}).value_or(false); ++i) continue;
    QCOMPARE(recentRows(), 0);
    QCOMPARE(m_server.one(QStringLiteral("SELECT count(DISTINCT value) FROM history")), QStringLiteral("9000"));
  }

  void oldRowsAreFoundByAnIndex() {
    QCOMPARE(m_server.one(
                 QStringLiteral("SELECT string_agg(indexdef, ' ' ORDER BY indexdef) FROM pg_indexes WHERE indexname IN "
                                "('samples_by_time', 'positions_by_time', 'rollups_by_level')")),
             QStringLiteral("CREATE INDEX positions_by_time ON ONLY public.positions USING btree (first) "
                            "CREATE INDEX rollups_by_level ON public.rollups USING btree (level, start) "
                            "CREATE INDEX samples_by_time ON ONLY public.samples USING btree (first)"));
  }

  // On the day that has 23 hours in Berlin.
  void aSessionWithSummerTimeSeesAllOfADay() {
    const Time day = fromMilliseconds(1'774'742'400'000);  // 2026-03-29
    QCOMPARE(errorOf(m_store->write(workOf({sample(3, day, 1.0), sample(3, day + 23h + 45min, 2.0)}), lookup())),
             QString());
    QCOMPARE(errorOf(m_store->maintain(day + 24h * 1000, {})), QString());
    QCOMPARE(recentRows(), 0);
    QCOMPARE(m_server.one(QStringLiteral("SET TimeZone TO 'Europe/Berlin'; SELECT value FROM history_between("
                                         "'2026-03-29 23:30Z', '2026-03-30 00:00Z', 'plc/doubles')")),
             QStringLiteral("2"));
  }

  // Such as a version 1 of the tables had.
  void olderFunctionsAreReplaced() {
    m_store->close();
    m_server.rows(QStringLiteral(
        "CREATE OR REPLACE FUNCTION history_between(since timestamptz, until timestamptz, VARIADIC names text[]) "
        "RETURNS SETOF history LANGUAGE sql STABLE AS 'SELECT * FROM history WHERE false'; "
        "UPDATE tagwire_schema SET version = 1; SELECT 1"));
    QCOMPARE(errorOf(m_store->open()), QString());
    QCOMPARE(errorOf(m_store->write(workOf({sample(3, newYear, 1.0)}), lookup())), QString());
    QCOMPARE(
        m_server.one(QStringLiteral("SELECT value FROM history_between('2025-01-01', '2027-01-01', 'plc/doubles')")),
        QStringLiteral("1"));
  }

  void anImportLeavesPointsAsTheyAre() {
    WriteWork work = workOf({sample(2, newYear, qint64{1})});
    work.spool = QStringLiteral("site");
    QCOMPARE(errorOf(m_store->write(work, lookup())), QString());
    const auto imported = [](PointKey key) {
      const QString name = key == 2 ? QStringLiteral("plc/integers") : QStringLiteral("plc/fresh");
      return std::make_shared<const StoredPoint>(StoredPoint{name, {}, ValueType::Int});
    };
    const auto rows = workOf({sample(2, newYear + 1s, qint64{2}), sample(9, newYear, qint64{3})});
    QCOMPARE(errorOf(m_store->write(rows, imported)), QString());
    QCOMPARE(m_server.rows(QStringLiteral("SELECT name, number, unit, description FROM points ORDER BY id")),
             QStringList({QStringLiteral("plc/integers|7|kW|power"), QStringLiteral("plc/fresh|NULL||")}));
    QCOMPARE(m_server.one(QStringLiteral("SELECT count(*) FROM history WHERE name = 'plc/integers'")),
             QStringLiteral("2"));
  }

  void aPointOfWhichNothingIsKnownIsRefused() {
    const auto none = [](PointKey) { return StoredPointPointer(); };
    const auto written = m_store->write(workOf({sample(3, newYear, 1.0)}), none);
    QVERIFY(!written);
    QCOMPARE(written.error().kind, StoreError::Kind::Refused);
    QVERIFY(m_store->isOpen());
  }

  void aPointThatATriggerKeepsAwayIsAnOutage() {
    m_server.rows(
        QStringLiteral("CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
                       "CREATE TRIGGER away BEFORE INSERT ON points FOR EACH ROW EXECUTE FUNCTION away(); SELECT 1"));
    const auto written = m_store->write(workOf({sample(3, newYear, 1.0)}), lookup());
    QVERIFY(!written);
    QCOMPARE(written.error().kind, StoreError::Kind::Outage);
    QVERIFY2(written.error().text.contains(u"plc/doubles"), qPrintable(written.error().text));
    QVERIFY(!m_store->isOpen());
    QCOMPARE(recentRows(), 0);
  }

  void aGapThatGoesOnIsOneRow() {
    const auto mark = [&](Time from, Time to, const char *reason) {
      QCOMPARE(errorOf(m_store->write(gapWork({from, to, 2, QLatin1String(reason)}), {})), QString());
    };
    mark(newYear, newYear + 5s, "overflow");
    mark(newYear + 5s, newYear + 9s, "overflow");
    mark(newYear + 3s, newYear + 4s, "damaged");
    mark(newYear + 8s, newYear + 12s, "overflow");
    mark(newYear + 20s, newYear + 21s, "overflow");
    QCOMPARE(
        m_server.rows(QStringLiteral("SELECT extract(epoch FROM until - since)::integer, records, reason FROM gaps "
                                     "ORDER BY id")),
        QStringList({QStringLiteral("12|6|overflow"), QStringLiteral("1|2|damaged"), QStringLiteral("1|2|overflow")}));
  }

  void gapsOfTwoSitesStayApart() {
    PostgresStore other(m_server.settings());
    QCOMPARE(errorOf(other.open()), QString());
    const auto mark = [&](PostgresStore &site, Time from, Time to, qint64 records) {
      QCOMPARE(errorOf(site.write(gapWork({from, to, records, QStringLiteral("overflow")}), {})), QString());
    };
    mark(*m_store, newYear, newYear + 10s, 1);
    mark(other, newYear + 5s, newYear + 15s, 20);
    mark(*m_store, newYear + 10s, newYear + 12s, 300);
    mark(other, newYear + 15s, newYear + 16s, 4000);
    QCOMPARE(m_server.rows(QStringLiteral("SELECT extract(epoch FROM until - since)::integer, records FROM gaps "
                                          "ORDER BY id")),
             QStringList({QStringLiteral("12|301"), QStringLiteral("11|4020")}));
  }

  void newestGivesWhatIsBetweenItsTimes() {
    std::vector<StoredSample> samples;
    for (int i = 9; i >= 0; --i) samples.push_back(sample(3, newYear + i * 1s, double(i)));
    QCOMPARE(errorOf(m_store->write(workOf(samples), lookup())), QString());
    PostgresReader reader(m_server.settings());
    QVERIFY(reader.begin(soon(), nullptr).has_value());
    QVERIFY(reader.loadNewest({1}).has_value());
    QList<double> numbers;
    QVERIFY(reader.newest(1, newYear + 3s, newYear + 6s, [&](const HistoryValue &value) {
      numbers << std::get<double>(value.value);
      return true;
    }));
    QCOMPARE(numbers, QList<double>({3, 4, 5}));
    // Before 1970 and at both ends, too.
    QVERIFY(reader.before(1, Time::max()).value().has_value());
    QVERIFY(!reader.before(1, Time::min()).value().has_value());
    reader.end();
  }

  void whatTakesTooLongSaysWhatIsAllowed() {
    PostgresReader reader(m_server.settings());
    const auto begun = reader.begin(std::chrono::steady_clock::now() + 3s, nullptr);
    QVERIFY2(begun, qPrintable(begun ? QString() : begun.error()));
    PostgresConnection locker;
    QVERIFY(locker.open(m_server.settings()).has_value());
    QVERIFY(locker.execute("BEGIN; LOCK TABLE recent_samples").has_value());
    const auto loaded = reader.loadNewest({1});
    QVERIFY(!loaded);
    QVERIFY2(loaded.error().contains(u"it takes too long"), qPrintable(loaded.error()));
  }

 private:
  static std::chrono::steady_clock::time_point soon() { return std::chrono::steady_clock::now() + 60s; }
  int recentRows() const { return m_server.one(QStringLiteral("SELECT count(*) FROM recent_samples")).toInt(); }

  PostgresServer m_server;
  std::unique_ptr<PostgresStore> m_store;
};

TAGWIRE_TEST(PostgresBoundsTest)

}  // namespace postgres_bounds_test

#include "postgres_bounds_test.moc"
