// SPDX-License-Identifier: Apache-2.0
#include <QTemporaryDir>
#include <QTest>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "gapwork.h"
#include "otherprogram.h"
#include "sqlite/sqlitereader.h"
#include "sqlite/sqlitestore.h"
#include "storefixture.h"
#include "testprogram.h"

namespace sql_sqlitekeep_test {

using namespace tagwire;
using namespace tagwire::sql;

namespace {

constexpr Time moment{std::chrono::nanoseconds(1'770'733'530'123'456'789)};
constexpr std::chrono::milliseconds patience{300};

// The schema as version 1 made it.
constexpr const char *firstVersion =
    "CREATE TABLE points(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, number INTEGER, type TEXT NOT NULL,"
    " unit TEXT NOT NULL, description TEXT NOT NULL);"
    "CREATE TABLE qualities(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "INSERT INTO qualities(id, name) VALUES (0, 'good');"
    "CREATE TABLE samples(time_ns INTEGER NOT NULL, point_id INTEGER NOT NULL, repeat INTEGER NOT NULL,"
    " quality INTEGER NOT NULL, value, PRIMARY KEY(time_ns, point_id, repeat)) WITHOUT ROWID;"
    "CREATE TABLE positions(time_ns INTEGER NOT NULL, point_id INTEGER NOT NULL, repeat INTEGER NOT NULL,"
    " quality INTEGER NOT NULL, x REAL, y REAL, z REAL, tag TEXT, type TEXT, zone INTEGER, battery INTEGER,"
    " confidence REAL, gateway TEXT, sequence INTEGER, PRIMARY KEY(time_ns, point_id, repeat)) WITHOUT ROWID;"
    "CREATE TABLE events(id INTEGER PRIMARY KEY, epoch TEXT NOT NULL, sequence INTEGER, time_ns INTEGER NOT NULL,"
    " source TEXT NOT NULL, kind TEXT NOT NULL, json TEXT NOT NULL);"
    "CREATE INDEX events_by_time ON events(time_ns);"
    "CREATE VIEW history AS SELECT strftime('%Y-%m-%dT%H:%M:%S', s.time_ns / 1000000000, 'unixepoch')"
    " || printf('.%03dZ', s.time_ns / 1000000 % 1000) AS time, p.name, s.value, p.unit, q.name AS quality, s.time_ns,"
    " p.number, p.type FROM samples s CROSS JOIN points p ON p.id = s.point_id JOIN qualities q ON q.id = s.quality;"
    "CREATE VIEW position_history AS SELECT p.name, s.tag, s.x FROM positions s CROSS JOIN points p"
    " ON p.id = s.point_id JOIN qualities q ON q.id = s.quality;"
    "CREATE VIEW event_history AS SELECT kind, source, json, sequence, epoch, time_ns FROM events;"
    "PRAGMA application_id = 1415669623; PRAGMA user_version = 1;";

constexpr const char *firstVersionRows =
    "INSERT INTO points VALUES (3, 'plc1/a', 7, 'double', 'bar', 'pressure'), (5, 'rtls/tags/T', NULL, 'position',"
    " 'ft', ''), (9, 'plc1/on', NULL, 'bool', '', '');"
    "INSERT INTO qualities VALUES (4, 'bad:no_connection'), (5, 'uncertain:stale');"
    "INSERT INTO samples VALUES (1770733530123456789, 3, 0, 0, 1.5), (1770733530123456789, 3, 1, 4, 2.5),"
    " (1770733530123456790, 9, 0, 5, 1);"
    "INSERT INTO positions VALUES (1770733530123456789, 5, 0, 0, 1.0, 2.0, 3.0, 'T', 'Sim', 417, 80, 87.5, 'G', 17);"
    "INSERT INTO events VALUES (1, 'run', 42, 1770733530123456789, 'tagwire', 'system', '{}');";

}  // namespace

/// What becomes of a file in the long run: brought up to date, shortened by age, written by two, full.
class SqlSqliteKeepTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<StoreFixture> m_fixture;
  std::unique_ptr<SqliteStore> m_store;
  QString m_path;

  QString read(const char *sql) const { return OtherProgram(m_path).one(sql); }
  bool open() {
    m_store = std::make_unique<SqliteStore>(m_path, patience);
    const auto opened = m_store->open();
    if (!opened) qWarning("%s", qPrintable(opened.error().text));
    return opened.has_value();
  }
  bool write(const std::vector<StoredSample> &samples) {
    return m_store->write(StoreFixture::work(samples), m_fixture->lookup()).has_value();
  }
  /// How many steps there were to do at `now`; -1: an error.
  int maintain(Time now, const Retention &retention = {}) {
    for (int steps = 0; steps < 10'000; ++steps) {
      const auto more = m_store->maintain(now, retention);
      if (!more) qWarning("%s", qPrintable(more.error().text));
      if (!more) return -1;
      if (!*more) return steps;
    }
    return -1;
  }

 private Q_SLOTS:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_fixture = std::make_unique<StoreFixture>();
    m_path = m_folder->filePath(QStringLiteral("history.db"));
  }
  void cleanup() { m_store.reset(); }

  void aFileOfVersionOneIsReadAtOnceAndMoved() {
    QVERIFY(OtherProgram(m_path).execute(firstVersion));
    QVERIFY(OtherProgram(m_path).execute(firstVersionRows));
    const char *values =
        "SELECT time, name, value, unit, quality, time_ns, number, type FROM history "
        "ORDER BY time_ns, value";
    const QString before = read(values);
    QCOMPARE(before.count(u'\n'), 2);
    QVERIFY(open());
    QCOMPARE(read("PRAGMA user_version"), QStringLiteral("2"));
    QCOMPARE(read(values), before);
    const char *positions =
        "SELECT name, tag, x, y, z, quality, zone, battery, confidence, gateway, sequence, type, "
        "accuracy FROM position_history";
    const QString position = QStringLiteral("rtls/tags/T|T|1.0|2.0|3.0|good|417|80|87.5|G|17|Sim|NULL");
    QCOMPARE(read(positions), position);
    QCOMPARE(read("SELECT kind, sequence, time_ns FROM event_history"),
             QStringLiteral("system|42|1770733530123456789"));
    // Ended before anything was moved: it goes on with the next one.
    QVERIFY(open());
    QVERIFY(maintain(moment) > 0);
    QCOMPARE(read(values), before);
    QCOMPARE(read(positions), position);
    QCOMPARE(read("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'old%'"), QStringLiteral("0"));
    QCOMPARE(read("SELECT name, tag FROM points WHERE tag <> ''"), QStringLiteral("rtls/tags/T|T"));
    QCOMPARE(read("SELECT name, count, good FROM trends WHERE level = 'day' ORDER BY name"),
             QStringLiteral("plc1/a|2|1\nplc1/on|1|0\nrtls/tags/T|1|1"));
    QCOMPARE(read("PRAGMA integrity_check"), QStringLiteral("ok"));
    QVERIFY(open());
    QCOMPARE(read(values), before);
  }

  void newRowsGoIntoAnOldFileWhileItIsMoved() {
    QVERIFY(OtherProgram(m_path).execute(firstVersion));
    QVERIFY(OtherProgram(m_path).execute(firstVersionRows));
    QVERIFY(open());
    const PointKey point = m_fixture->add("plc1/a", ValueType::Double, "bar");
    QVERIFY(write({StoreFixture::sample(point, moment + std::chrono::seconds(1), 3.5)}));
    QCOMPARE(read("SELECT value FROM history WHERE name = 'plc1/a' ORDER BY time_ns, value"),
             QStringLiteral("1.5\n2.5\n3.5"));
    QVERIFY(maintain(moment + std::chrono::hours(48)) > 0);
    SqliteReader reader(m_path, patience);
    QVERIFY(reader.begin(StoreFixture::soon(), nullptr).has_value());
    QList<Value> values;
    QVERIFY(reader
                .values(3, Time(), Time::max(), false,
                        [&](const HistoryValue &value) {
                          values << value.value;
                          return true;
                        })
                .has_value());
    QCOMPARE(values, QList<Value>({1.5, 2.5, 3.5}));
  }

  void aLargeOldFileIsMovedInSlicesThatAreCompleteEach() {
    QVERIFY(OtherProgram(m_path).execute(firstVersion));
    QVERIFY(OtherProgram(m_path).execute(
        "INSERT INTO points VALUES (1, 'a', NULL, 'double', '', ''), (2, 'b', NULL, 'double', '', '');"
        "INSERT INTO samples WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 299999)"
        " SELECT 1770000000000000000 + i / 2 * 1000000000, 1 + i % 2, 0, 0, i * 1.0 FROM n"));
    QVERIFY(open());
    const char *all = "SELECT count(*), sum(value), count(DISTINCT value) FROM history";
    const QString before = QStringLiteral("300000|44999850000.0|300000");
    for (int step = 1; step <= 2; ++step) {
      const auto more = m_store->maintain(moment, {});
      QVERIFY(more.has_value() && *more);
      QCOMPARE(read("SELECT count(*) FROM runs"), QString::number(step));
      QCOMPARE(read(all), before);
      QVERIFY(open());  // as after the end of the program
    }
    QVERIFY(maintain(moment) >= 0);
    QCOMPARE(read(all), before);
    QCOMPARE(read("SELECT sum(count), sum(mean * numbers) FROM trends WHERE level = 'hour'"),
             QStringLiteral("300000|44999850000.0"));
  }

  void longTextsOfAnOldFileAreMovedInStepsOfBoundedSize() {
    QVERIFY(OtherProgram(m_path).execute(firstVersion));
    QVERIFY(OtherProgram(m_path).execute(
        "INSERT INTO points VALUES (1, 'a', NULL, 'text', '', '');"
        "INSERT INTO samples WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 599)"
        " SELECT 1770000000000000000 + i, 1, 0, 0, printf('%.*c', 65536, 'x') FROM n"));
    QVERIFY(open());
    const auto more = m_store->maintain(moment, {});
    QVERIFY(more.has_value() && *more);
    QCOMPARE(read("SELECT count FROM runs"), QStringLiteral("512"));
    QCOMPARE(read("SELECT count(*), max(time_ns) FROM old_samples"), QStringLiteral("88|1770000000000000087"));
    QVERIFY(maintain(moment) >= 0);
    QCOMPARE(read("SELECT count(*) FROM history"), QStringLiteral("600"));
  }

  void whatOfAnOldFileIsNotMovedYetIsToldAsAGap() {
    QVERIFY(OtherProgram(m_path).execute(firstVersion));
    QVERIFY(OtherProgram(m_path).execute(firstVersionRows));
    QVERIFY(OtherProgram(m_path).execute("INSERT INTO samples VALUES (1770000000000000000, 3, 0, 0, 0.5)"));
    QVERIFY(open());
    SqliteReader reader(m_path, patience);
    QVERIFY(reader.begin(StoreFixture::soon(), nullptr).has_value());
    const auto gaps = reader.gaps(moment - std::chrono::hours(1), moment).value();
    QCOMPARE(gaps.size(), 1);
    QCOMPARE(gaps.first().from, Time(std::chrono::nanoseconds(1'770'000'000'000'000'000)));
    QCOMPARE(gaps.first().to, moment + std::chrono::nanoseconds(1));
    QCOMPARE(gaps.first().records, 0);
    QCOMPARE(gaps.first().reason, QStringLiteral("migrating"));
    QVERIFY(reader.gaps(moment + std::chrono::hours(1), moment + std::chrono::hours(2)).value().isEmpty());
    reader.end();
    QVERIFY(maintain(moment) > 0);
    QVERIFY(reader.begin(StoreFixture::soon(), nullptr).has_value());
    QVERIFY(reader.gaps(Time(), Time::max()).value().isEmpty());
  }

  void oneClockFarAheadKeepsNoOtherPointsOfItsRun() {
    QVERIFY(open());
    const PointKey first = m_fixture->add("plc1/a");
    const PointKey ahead = m_fixture->add("plc1/b");
    const PointKey last = m_fixture->add("plc1/c");
    constexpr qsizetype each = HistoryStore::sliceRecords / 2;
    const auto step = std::chrono::milliseconds(1);
    auto samples = StoreFixture::slice(first, moment, step, each);
    samples.push_back(StoreFixture::sample(ahead, moment + std::chrono::hours(24 * 365 * 70), 4711.0));
    const auto others = StoreFixture::slice(last, moment, step, each);
    samples.insert(samples.end(), others.begin(), others.end());
    QVERIFY(write(samples));
    const Time now = moment + std::chrono::hours(100);
    Retention retention;
    retention.samples = std::chrono::hours(50);
    const auto more = m_store->maintain(now, retention);
    QVERIFY(more.has_value() && *more);
    const qint64 left = 2 * each + 1 - 10'000;
    QCOMPARE(read("SELECT count(*) FROM history"), QString::number(left));
    QCOMPARE(read("SELECT count(*), min(value) FROM history WHERE name = 'plc1/a'"),
             QStringLiteral("%1|10000.0").arg(each - 10'000));
    SqliteReader reader(m_path, patience);
    QVERIFY(reader.begin(StoreFixture::soon(), nullptr).has_value());
    std::vector<HistoryValue> values;
    const auto read2 = reader.values(1, moment, moment + 10'010 * step, false, [&](const HistoryValue &value) {
      values.push_back(value);
      return true;
    });
    QVERIFY(read2.has_value());
    QCOMPARE(values.size(), size_t(10));
    QCOMPARE(values.front().value, Value(10'000.0));
    QCOMPARE(values.front().time, moment + 10'000 * step);
    reader.end();
    QVERIFY(maintain(now, retention) > 20);
    QCOMPARE(read("SELECT name, value FROM history"), QStringLiteral("plc1/b|4711.0"));
    QCOMPARE(read("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM chunks), (SELECT count(*) FROM samples)"),
             QStringLiteral("1|1|1"));
    // New rows keep out of the way of those that are left.
    QVERIFY(write(StoreFixture::slice(first, now, step)));
    QCOMPARE(read("SELECT count(*) FROM history"), QString::number(HistoryStore::sliceRecords + 1));
  }

  void oldRunsGoInSmallSteps() {
    QVERIFY(open());
    const PointKey point = m_fixture->add("plc1/a");
    const auto step = std::chrono::milliseconds(10);
    QVERIFY(write(StoreFixture::slice(point, moment, step)));  // about 44 minutes
    const Time later = moment + std::chrono::hours(100);
    QVERIFY(write(StoreFixture::slice(point, later, step)));
    Retention retention;
    retention.samples = std::chrono::hours(90);
    // Not before all of it is older.
    QVERIFY(maintain(moment + std::chrono::hours(90), retention) >= 0);
    QCOMPARE(read("SELECT count(*) FROM runs"), QStringLiteral("2"));
    const auto first = m_store->maintain(later, retention);
    QVERIFY(first.has_value() && *first);
    const QString left = QString::number(2 * HistoryStore::sliceRecords - 10'000);
    QCOMPARE(read("SELECT count(*) FROM samples"), left);
    QCOMPARE(read("SELECT count(*) FROM history"), left);
    // What is left of a run that goes is still read right.
    SqliteReader reader(m_path, patience);
    QVERIFY(reader.begin(StoreFixture::soon(), nullptr).has_value());
    std::vector<HistoryValue> values;
    QVERIFY(reader
                .values(1, moment + 9'990 * step, moment + 10'010 * step, false,
                        [&](const HistoryValue &value) {
                          values.push_back(value);
                          return true;
                        })
                .has_value());
    QCOMPARE(values.size(), size_t(10));
    QCOMPARE(values.front().value, Value(10'000.0));
    reader.end();
    QVERIFY(maintain(later, retention) > 20);
    QCOMPARE(read("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM chunks), (SELECT count(*) FROM samples)"),
             QStringLiteral("1|1|%1").arg(HistoryStore::sliceRecords));
    QCOMPARE(read("SELECT count(*) FROM trends WHERE level = 'day'"), QStringLiteral("2"));  // kept for ever
    // The room is used again.
    const auto size = QFileInfo(m_path).size();
    QVERIFY(write(StoreFixture::slice(point, later + std::chrono::hours(1), step, HistoryStore::sliceRecords)));
    m_store->close();
    QVERIFY(QFileInfo(m_path).size() < size + size / 4);
  }

  void eachClassGoesByItsOwnAge() {
    QVERIFY(open());
    const PointKey value = m_fixture->add("plc1/a");
    const PointKey tag = m_fixture->add("rtls/tags/T", ValueType::Position, "", "T");
    const Time day = startOf(RollupLevel::Day, moment);
    for (int i = 0; i < 4; ++i) {  // four runs, a day each
      std::vector<StoredSample> samples;
      for (int j = 0; j < 3 * 3600; ++j) {
        samples.push_back(
            StoreFixture::sample(value, day + std::chrono::hours(24 * i) + j * std::chrono::seconds(1), 1.0));
      }
      samples.push_back(StoreFixture::sample(tag, day + std::chrono::hours(24 * i), {}));
      WriteWork work = StoreFixture::work(samples);
      work.events = {{0, 0, "e", day + std::chrono::hours(24 * i), "x", "alarm", "{}"}};
      QVERIFY(m_store->write(work, m_fixture->lookup()).has_value());
      QVERIFY(
          m_store->write(gapWork({samples[0].time, samples[9].time, 3, QStringLiteral("overflow")}), {}).has_value());
      QVERIFY(maintain(day + std::chrono::hours(24 * i + 48)) >= 0);
    }
    const char *counts =
        "SELECT (SELECT count(*) FROM samples), (SELECT count(*) FROM positions), (SELECT count(*) "
        "FROM events), (SELECT count(*) FROM gaps), (SELECT group_concat(n) FROM (SELECT count(*) AS n "
        "FROM rollups WHERE point_id = 1 GROUP BY level))";
    QCOMPARE(read(counts), QStringLiteral("43200|4|4|4|720,12,4"));
    using std::chrono::hours;
    Retention retention;
    retention.samples = hours(24 * 1);
    retention.positions = hours(24 * 2);
    retention.events = hours(24 * 3);
    retention.minutes = hours(24 * 1);
    retention.hours = hours(24 * 2);
    // A day and 13 hours after the beginning of the last day.
    QVERIFY(maintain(day + hours(24 * 4 + 13), retention) >= 0);
    QCOMPARE(read(counts), QStringLiteral("0|1|2|0|3,4"));
  }

  void lateRowsThatAreTooOldGoFromTheNewestToo() {
    QVERIFY(open());
    const PointKey point = m_fixture->add("plc1/a");
    const Time now = moment + std::chrono::hours(100);
    auto late = StoreFixture::sample(point, moment, 1.0);
    late.received = now;
    QVERIFY(write({late, StoreFixture::sample(point, now, 2.0)}));
    Retention retention;
    retention.samples = std::chrono::hours(50);
    QVERIFY(maintain(now, retention) >= 0);
    QCOMPARE(read("SELECT value FROM history"), QStringLiteral("2.0"));
    QCOMPARE(read("SELECT count(*) FROM recent_samples"), QStringLiteral("1"));
  }

  void twoProgramsWriteIntoOneFile() {
    QVERIFY(open());
    const PointKey a = m_fixture->add("plc1/a");
    SqliteStore other(m_path, std::chrono::seconds(5));
    QVERIFY(other.open().has_value());
    StoreFixture others;
    const PointKey b = others.add("plc1/b");  // the same key, another point
    QCOMPARE(a, b);
    for (int i = 0; i < 5; ++i) {
      QVERIFY(write({StoreFixture::sample(a, moment + i * std::chrono::seconds(1), double(i))}));
      auto imported = StoreFixture::sample(b, moment + i * std::chrono::seconds(1), double(i));
      imported.isHistorical = true;
      QVERIFY(other.write(StoreFixture::work({imported}), others.lookup()).has_value());
    }
    QVERIFY(
        other.write(StoreFixture::work(StoreFixture::slice(b, moment, std::chrono::milliseconds(1))), others.lookup())
            .has_value());
    QVERIFY(maintain(moment + std::chrono::hours(48)) >= 0);
    QCOMPARE(read("SELECT name, historical, count(*) FROM history GROUP BY name, historical"),
             QStringLiteral("plc1/a|0|5\nplc1/b|0|262144\nplc1/b|1|5"));
    QCOMPARE(read("SELECT name, sum(count) FROM trends WHERE level = 'day' GROUP BY name"),
             QStringLiteral("plc1/a|5\nplc1/b|262149"));
    QCOMPARE(read("PRAGMA integrity_check"), QStringLiteral("ok"));
  }

  /// A file that may not grow any more stands for a full disk.
  void aFullDiskIsAnOutageAndLeavesNothingHalf() {
    QVERIFY(open());
    const PointKey point = m_fixture->add("plc1/a");
    QVERIFY(write({StoreFixture::sample(point, moment, 1.0)}));
    m_store.reset();
    const pid_t child = ::fork();
    if (child == 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      SqliteStore store(m_path, patience);
      if (!store.open()) ::_exit(1);
      const rlimit limit{2'000'000, 2'000'000};
      if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(2);
      const auto samples = StoreFixture::slice(point, moment, std::chrono::milliseconds(1));
      const auto full = store.write(StoreFixture::work(samples), m_fixture->lookup());
      ::_exit(!full && full.error().kind == StoreError::Kind::Outage && !store.isOpen() ? 0 : 3);
    }
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(WIFEXITED(status));
    QCOMPARE(WEXITSTATUS(status), 0);
    QVERIFY(open());
    QCOMPARE(read("SELECT count(*) FROM history"), QStringLiteral("1"));
    QCOMPARE(read("PRAGMA integrity_check"), QStringLiteral("ok"));
    QVERIFY(write(StoreFixture::slice(point, moment, std::chrono::milliseconds(1))));
    QCOMPARE(read("SELECT count(*) FROM history"), QString::number(HistoryStore::sliceRecords + 1));
  }
};

TAGWIRE_TEST(SqlSqliteKeepTest)

}  // namespace sql_sqlitekeep_test

#include "sql_sqlitekeep_test.moc"
