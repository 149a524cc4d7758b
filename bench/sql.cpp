// SPDX-License-Identifier: Apache-2.0
// Rows per second into a history of plugins/sql beside what its database takes at most, in the same run: prepared
// inserts of the C interface into a plain table, 1,000 a transaction; COPY BINARY, 10,000 a batch (--postgresql). With
// --year: how fast long ranges answer.
#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFileInfo>
#include <QTemporaryDir>

#include <sqlite3.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "postgres/postgresreader.h"
#include "postgres/postgresstore.h"
#include "sqlite/sqlitereader.h"
#include "sqlite/sqlitestore.h"
#include "tests/postgresserver.h"

using namespace tagwire;
using namespace tagwire::sql;

namespace {

using std::chrono::steady_clock;
constexpr Time begin{std::chrono::seconds(1'700'000'000)};

void need(bool ok, const QString &what) {
  if (ok) return;
  std::fprintf(stderr, "failed: %s\n", qPrintable(what));
  std::exit(1);
}

double secondsSince(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

/// Time of the wall and of the processor, while it runs: on a busy machine only the second tells anything.
class Stopwatch {
 public:
  void start() {
    m_start = steady_clock::now();
    m_cpuStart = std::clock();
  }
  void stop() {
    m_seconds += secondsSince(m_start);
    m_cpuSeconds += static_cast<double>(std::clock() - m_cpuStart) / CLOCKS_PER_SEC;
  }
  double seconds() const { return m_seconds; }
  double cpuSeconds() const { return m_cpuSeconds; }

 private:
  steady_clock::time_point m_start;
  std::clock_t m_cpuStart = 0;
  double m_seconds = 0;
  double m_cpuSeconds = 0;
};

/// Many points, one after the other, each every `step`.
struct Load {
  int points = 1000;
  std::chrono::nanoseconds step = std::chrono::seconds(1);

  Time timeOf(qint64 row) const { return begin + row / points * step + std::chrono::nanoseconds(row % points * 1000); }
  static double valueOf(qint64 row) { return std::sin(static_cast<double>(row) * 1e-5) * 100 + 0.1; }
};

Stopwatch limitOf(const Load &load, qint64 rows, const QString &path) {
  sqlite3 *database = nullptr;
  need(sqlite3_open(QFile::encodeName(path).constData(), &database) == SQLITE_OK, path);
  sqlite3_exec(database,
               "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
               "CREATE TABLE samples(ts INTEGER, tag INTEGER, value REAL, quality INTEGER)",
               nullptr, nullptr, nullptr);
  sqlite3_stmt *insert = nullptr;
  need(sqlite3_prepare_v2(database, "INSERT INTO samples VALUES(?,?,?,?)", -1, &insert, nullptr) == SQLITE_OK, path);
  Stopwatch watch;
  watch.start();
  for (qint64 row = 0; row < rows;) {
    sqlite3_exec(database, "BEGIN", nullptr, nullptr, nullptr);
    for (int i = 0; i < 1000 && row < rows; ++i, ++row) {
      sqlite3_bind_int64(insert, 1, load.timeOf(row).time_since_epoch().count());
      sqlite3_bind_int64(insert, 2, row % load.points + 1);
      sqlite3_bind_double(insert, 3, Load::valueOf(row));
      sqlite3_bind_int64(insert, 4, 0);
      need(sqlite3_step(insert) == SQLITE_DONE, QStringLiteral("insert"));
      sqlite3_reset(insert);
    }
    need(sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK, QStringLiteral("commit"));
  }
  watch.stop();
  sqlite3_finalize(insert);
  sqlite3_close(database);
  return watch;
}

PointLookup pointsOf(const Load &load) {
  auto points = std::make_shared<std::vector<StoredPointPointer>>();
  for (int i = 0; i < load.points; ++i) {
    StoredPoint point;
    point.name = QStringLiteral("plc1/p%1").arg(i);
    points->push_back(std::make_shared<StoredPoint>(point));
  }
  return [points](PointKey key) { return (*points)[key - 1]; };
}

/// The time to make the samples is left out.
Stopwatch timeToWrite(HistoryStore &store, const Load &load, qint64 rows, qsizetype batch) {
  const PointLookup points = pointsOf(load);
  Stopwatch watch;
  for (qint64 row = 0; row < rows;) {
    WriteWork work;
    work.spool = QStringLiteral("bench");
    for (qsizetype i = 0; i < batch && row < rows; ++i, ++row) {
      StoredSample sample;
      sample.point = static_cast<PointKey>(row % load.points + 1);
      sample.time = load.timeOf(row);
      sample.received = sample.time + std::chrono::milliseconds(20);
      sample.value = Load::valueOf(row);
      work.samples.push_back(std::move(sample));
    }
    const auto last = static_cast<quint64>(row);
    work.ranges = {{1, Stream::Telemetry, last - work.samples.size(), last}};
    watch.start();
    const auto written = store.write(work, points);
    need(written.has_value(), written ? QString() : written.error().text);
    for (bool hasMore = true; hasMore;) {
      const auto maintained = store.maintain(load.timeOf(row), {});
      need(maintained.has_value(), maintained ? QString() : maintained.error().text);
      hasMore = *maintained;
    }
    watch.stop();
  }
  return watch;
}

void printRates(const char *what, qint64 rows, const Stopwatch &watch, const Stopwatch &limit) {
  const auto count = static_cast<double>(rows);
  std::printf("  %-36s %9.0f (%.2f) %9.0f (%.2f)", what, count / watch.seconds(), limit.seconds() / watch.seconds(),
              count / watch.cpuSeconds(), limit.cpuSeconds() / watch.cpuSeconds());
}

void compareRates(const Load &load, qint64 rows, const QString &folder) {
  const Stopwatch limit = limitOf(load, rows, folder + QStringLiteral("/limit.db"));
  QFile::remove(folder + QStringLiteral("/limit.db"));
  std::printf("%lld rows of %d points: rows/s, rows per CPU second (with the limit as 1)\n",
              static_cast<long long>(rows), load.points);
  printRates("SQLite's limit, 1,000 a transaction", rows, limit, limit);
  std::printf("\n");
  const std::pair<qsizetype, const char *> batches[] = {{HistoryStore::sliceRecords, "store, 262,144 a transaction"},
                                                        {10'000, "store, 10,000 a transaction"},
                                                        {1'000, "store, 1,000 a transaction"}};
  for (const auto &[batch, what] : batches) {
    const QString path = folder + QStringLiteral("/history.db");
    {
      SqliteStore store(path, std::chrono::seconds(5));
      need(store.open().has_value(), path);
      printRates(what, rows, timeToWrite(store, load, rows, batch), limit);
    }
    std::printf("  %.1f bytes a sample\n", static_cast<double>(QFileInfo(path).size()) / static_cast<double>(rows));
    QFile::remove(path);
  }
}

/// COPY BINARY into a plain table.
double copyLimitOf(const Load &load, qint64 rows, const PostgresSettings &settings) {
  PostgresConnection connection;
  need(connection.open(settings).has_value(), QStringLiteral("connect"));
  need(connection.execute("CREATE TABLE bare(ts timestamptz, tag integer, value double precision, quality smallint)")
           .has_value(),
       QStringLiteral("table"));
  double seconds = 0;
  for (qint64 row = 0; row < rows;) {
    const auto start = steady_clock::now();
    CopyRows copy;
    for (int i = 0; i < 10'000 && row < rows; ++i, ++row) {
      copy.beginRow(4);
      copy.add(Microseconds::of(load.timeOf(row)));
      copy.add(static_cast<qint32>(row % load.points + 1));
      copy.add(Load::valueOf(row));
      copy.add(qint16{0});
    }
    copy.end();
    need(connection.copyIn("COPY bare FROM STDIN (FORMAT binary)", copy).has_value(), QStringLiteral("COPY"));
    seconds += secondsSince(start);
  }
  need(connection.execute("DROP TABLE bare").has_value(), QStringLiteral("drop"));
  return static_cast<double>(rows) / seconds;
}

void askPostgres(const PostgresSettings &settings, const Load &load, qint64 rows) {
  PostgresReader reader(settings);
  const Time end = load.timeOf(rows);
  for (const auto length : {std::chrono::seconds(60), std::chrono::seconds(3600), std::chrono::seconds(86'400)}) {
    const auto start = steady_clock::now();
    need(reader.begin(start + std::chrono::minutes(1), nullptr).has_value(), QStringLiteral("begin"));
    const qint64 row = reader.point(QStringLiteral("plc1/p0")).value()->id;
    need(reader.loadNewest({row}).has_value(), QStringLiteral("newest"));
    qint64 values = 0;
    const auto read = reader.values(row, end - length, end, false, [&](const HistoryValue &) { return ++values > 0; });
    need(read.has_value(), QStringLiteral("values"));
    reader.end();
    std::printf("    last %lld s of one point: %lld values in %.1f ms\n", static_cast<long long>(length.count()),
                static_cast<long long>(values), secondsSince(start) * 1000);
  }
}

void comparePostgres(const Load &load, qint64 rows, bool isDurable) {
  PostgresServer server;
  need(server.start(), server.errorText());
  if (isDurable) {
    server.rows(QStringLiteral("ALTER SYSTEM SET fsync TO on"));
    server.rows(QStringLiteral("SELECT pg_reload_conf()"));
  }
  const double limit = copyLimitOf(load, rows, server.settings());
  std::printf("%lld rows of %d points, fsync %s\n  %-40s %10.0f rows/s\n", static_cast<long long>(rows), load.points,
              isDurable ? "on" : "off", "COPY BINARY, 10,000 a batch", limit);
  for (const qsizetype batch : {HistoryStore::sliceRecords, qsizetype(10'000), qsizetype(1'000)}) {
    server.rows(QStringLiteral("DROP SCHEMA public CASCADE; CREATE SCHEMA public; SELECT 1"));
    PostgresStore store(server.settings());
    const auto opened = store.open();
    need(opened.has_value(), opened ? QString() : opened.error().text);
    const double rate = rateOf(store, load, rows, batch);
    const QString size = server.one(QStringLiteral("SELECT round(sum(pg_total_relation_size(oid)) / %1, 1) FROM "
                                                   "pg_class WHERE relname ~ '^(samples|rollups)' AND "
                                                   "relkind = 'r'")
                                        .arg(rows - rows % HistoryStore::sliceRecords));
    std::printf("  PostgresStore, %7lld a transaction %7s %10.0f rows/s (%.2f)  %s bytes a sample\n",
                static_cast<long long>(batch), "", rate, rate / limit, qPrintable(size));
    askPostgres(server.settings(), load, rows);
  }
}

void askTrends(const QString &path, const Load &load, int days) {
  SqliteReader reader(path, std::chrono::seconds(5));
  for (const int points : {1, 20}) {
    const auto start = steady_clock::now();
    need(reader.begin(start + std::chrono::minutes(1), nullptr).has_value(), path);
    QList<qint64> rows;
    for (int i = 0; i < points; ++i) rows << reader.point(QStringLiteral("plc1/p%1").arg(i)).value()->id;
    need(reader.loadNewest(rows).has_value(), path);
    qint64 rollups = 0;
    for (const qint64 row : rows) {
      const auto read = reader.rollups(row, RollupLevel::Hour, begin, begin + std::chrono::hours(24) * days,
                                       [&](const Rollup &) { return ++rollups > 0; });
      need(read.has_value(), path);
    }
    reader.end();
    std::printf("  hours of %d of %d points over %d days: %lld roll-ups in %.1f ms\n", points, load.points, days,
                static_cast<long long>(rollups), secondsSince(start) * 1000);
  }
  const auto start = steady_clock::now();
  need(reader.begin(start + std::chrono::minutes(1), nullptr).has_value(), path);
  const qint64 row = reader.point(QStringLiteral("plc1/p7")).value()->id;
  need(reader.loadNewest({row}).has_value(), path);
  qint64 values = 0;
  const Time middle = begin + std::chrono::hours(12) * days;
  const auto read = reader.values(row, middle, middle + std::chrono::hours(1), false,
                                  [&](const HistoryValue &) { return ++values > 0; });
  need(read.has_value(), path);
  std::printf("  one hour of one point in the middle: %lld values in %.1f ms\n", static_cast<long long>(values),
              secondsSince(start) * 1000);
}

void writeYear(Load load, int days, const QString &folder) {
  load.step = std::chrono::minutes(1);
  const qint64 rows = qint64(days) * 24 * 60 * load.points;
  const QString path = folder + QStringLiteral("/year.db");
  SqliteStore store(path, std::chrono::seconds(5));
  need(store.open().has_value(), path);
  const double rate = static_cast<double>(rows) / timeToWrite(store, load, rows, HistoryStore::sliceRecords).seconds();
  std::printf("%d days of one value a minute of %d points: %lld rows, %.0f rows/s, %.1f bytes a sample\n", days,
              load.points, static_cast<long long>(rows), rate,
              static_cast<double>(QFileInfo(path).size()) / static_cast<double>(rows));
  askTrends(path, load, days);
}

}  // namespace

int main(int argc, char **argv) {
  QCoreApplication application(argc, argv);
  QCommandLineParser parser;
  const QCommandLineOption rows(QStringLiteral("rows"), QStringLiteral("how many"), QStringLiteral("N"),
                                QStringLiteral("5000000"));
  const QCommandLineOption points(QStringLiteral("points"), QStringLiteral("how many"), QStringLiteral("N"),
                                  QStringLiteral("1000"));
  const QCommandLineOption step(QStringLiteral("step-ms"), QStringLiteral("between two values of a point"),
                                QStringLiteral("ms"), QStringLiteral("1000"));
  const QCommandLineOption year(QStringLiteral("year"), QStringLiteral("long ranges instead of rates"));
  const QCommandLineOption days(QStringLiteral("days"), QStringLiteral("how long the year is"), QStringLiteral("N"),
                                QStringLiteral("60"));
  const QCommandLineOption keep(QStringLiteral("keep"), QStringLiteral("leave the file of --year, and say where"));
  const QCommandLineOption postgres(QStringLiteral("postgresql"), QStringLiteral("into PostgreSQL instead of SQLite"));
  const QCommandLineOption durable(QStringLiteral("fsync"), QStringLiteral("PostgreSQL waits for the disk"));
  parser.addOptions({postgres, durable, keep, rows, points, step, year, days});
  parser.addHelpOption();
  parser.process(application);
  Load load;
  load.points = std::max(1, parser.value(points).toInt());
  load.step = std::chrono::milliseconds(std::max(1, parser.value(step).toInt()));
  QTemporaryDir folder(QStringLiteral("/var/tmp/tagwire-bench-XXXXXX"));
  need(folder.isValid(), QStringLiteral("/var/tmp"));
  if (parser.isSet(postgres)) {
    comparePostgres(load, std::max(1, parser.value(rows).toInt()), parser.isSet(durable));
  } else if (parser.isSet(year)) {
    folder.setAutoRemove(!parser.isSet(keep));
    if (parser.isSet(keep)) std::printf("%s\n", qPrintable(folder.path()));
    writeYear(load, std::max(1, parser.value(days).toInt()), folder.path());
  } else {
    compareRates(load, std::max(1, parser.value(rows).toInt()), folder.path());
  }
  return 0;
}
