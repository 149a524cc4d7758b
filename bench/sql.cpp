// SPDX-License-Identifier: Apache-2.0
// Rows per second into a history of plugins/sql beside what its database takes at most, in the same run: prepared
// inserts of the C interface into a plain table, 1,000 a transaction; COPY BINARY, 10,000 a batch (--postgresql). With
// --year: how fast long ranges answer.
#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFileInfo>
#include <QTemporaryDir>

#include <algorithm>
#include <cmath>

#include "history_limits.h"
#include "postgres/postgresreader.h"
#include "postgres/postgresstore.h"
#include "query/historyquestions.h"
#include "result.h"
#include "sqlite/sqlitereader.h"
#include "sqlite/sqlitestore.h"

using namespace tagwire;
using namespace tagwire::sql;
using namespace tagwire::bench;

namespace {

constexpr Time begin{std::chrono::seconds(1'700'000'000)};

/// Many points, one after the other, each every `step`.
struct Load {
  int points = 1000;
  std::chrono::nanoseconds step = std::chrono::seconds(1);

  Time timeOf(qint64 row) const { return begin + row / points * step + std::chrono::nanoseconds(row % points * 1000); }
  static double valueOf(qint64 row) { return std::sin(static_cast<double>(row) * 1e-5) * 100 + 0.1; }
  PlainRow operator()(qint64 row) const { return {timeOf(row), static_cast<int>(row % points + 1), valueOf(row)}; }
};

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
  const Stopwatch limit = sqliteLimit(rows, folder + QStringLiteral("/limit.db"), load);
  std::printf("%lld rows of %d points: rows/s, rows per CPU second (with the limit as 1)\n",
              static_cast<long long>(rows), load.points);
  printRates("SQLite's limit, 1,000 a transaction", rows, limit, limit);
  std::printf("\n");
  const std::pair<qsizetype, const char *> batches[] = {{HistoryStore::sliceRecords, "store, 262,144 a transaction"},
                                                        {10'000, "store, 10,000 a transaction"},
                                                        {1'000, "store, 1,000 a transaction"}};
  for (const auto &[batch, what] : batches) {
    const QString path = folder + QStringLiteral("/history.db");
    Stopwatch watch;
    {
      SqliteStore store(path, std::chrono::seconds(5));
      need(store.open().has_value(), path);
      watch = timeToWrite(store, load, rows, batch);
      printRates(what, rows, watch, limit);
    }
    const double bytes = static_cast<double>(QFileInfo(path).size()) / static_cast<double>(rows);
    std::printf("  %.1f bytes a sample\n", bytes);
    const auto count = static_cast<double>(rows);
    report({QStringLiteral("SQLite store of the history, %1 rows a transaction")
                .arg(QLocale(QLocale::English).toString(qlonglong(batch))),
            QStringLiteral("rows/s"), count / watch.seconds(), Beside{"bare inserts", count / limit.seconds()}});
    if (batch == HistoryStore::sliceRecords) {
      report({QStringLiteral("a sample in SQLite with its share of the roll-ups"),
              QStringLiteral("bytes"),
              bytes,
              {},
              {},
              Target{Target::Sense::AtMost, 30}});
    }
    QFile::remove(path);
  }
}

void printTime(const char *what, qsizetype count, const char *unit, steady_clock::time_point start) {
  std::printf("    %-44s %7lld %-8s %7.1f ms\n", what, static_cast<long long>(count), unit, secondsSince(start) * 1000);
  std::fflush(stdout);
}

Result<HistoryPage> trendOf(HistoryQuestions &questions, const Load &load, qint64 rows, int points) {
  HistoryTrendQuery query;
  for (int i = 0; i < points; ++i) query.points << QStringLiteral("plc1/p%1").arg(i);
  query.from = load.timeOf(0);
  query.to = load.timeOf(rows);
  query.buckets = 500;
  return questions.trend(query, {steady_clock::now() + std::chrono::minutes(5)});
}

/// As REST asks: trends over all there is, and an hour of values in the middle. The first trend of each kind is told.
void ask(StoreReader &reader, const Load &load, qint64 rows) {
  HistoryQuestions questions(reader);
  const std::tuple<int, const char *> trends[] = {{1, "trend of 1 point, at most 500 buckets"},
                                                  {1, "the same again"},
                                                  {std::min(20, load.points), "trend of 20 points"},
                                                  {std::min(20, load.points), "the same again"}};
  for (const auto &[points, what] : trends) {
    const auto start = steady_clock::now();
    const auto page = trendOf(questions, load, rows, points);
    need(page.has_value(), page ? QString() : page.error());
    qsizetype buckets = 0;
    for (const HistorySeries &series : page->series) buckets += series.buckets.size();
    printTime(what, buckets, "buckets", start);
    if (std::string_view(what) != "the same again") {
      report({QStringLiteral("first trend of %1 of %2 points over all %3 days, 500 buckets")
                  .arg(points)
                  .arg(load.points)
                  .arg(std::chrono::duration_cast<std::chrono::hours>(load.timeOf(rows) - load.timeOf(0)).count() / 24),
              QStringLiteral("ms"),
              secondsSince(start) * 1000,
              {},
              {},
              Target{Target::Sense::AtMost, points == 1 ? 50.0 : 500.0}});
    }
  }
  const auto start = steady_clock::now();
  need(reader.begin(start + std::chrono::minutes(1), nullptr).has_value(), QStringLiteral("begin"));
  const qint64 point = reader.point(QStringLiteral("plc1/p7")).value()->id;
  need(reader.loadNewest({point}).has_value(), QStringLiteral("newest"));
  const Time middle = load.timeOf(rows / 2);
  qint64 values = 0;
  const auto read = reader.values(point, middle, middle + std::chrono::hours(1), false,
                                  [&](const HistoryValue &) { return ++values > 0; });
  need(read.has_value(), QStringLiteral("values"));
  reader.end();
  printTime("one hour of one point from the middle on", values, "values", start);
}

void comparePostgres(const Load &load, qint64 rows, bool isDurable) {
  PostgresServer server;
  need(server.start(), server.errorText());
  if (isDurable) {
    server.rows(QStringLiteral("ALTER SYSTEM SET fsync TO on"));
    server.rows(QStringLiteral("SELECT pg_reload_conf()"));
  }
  const double limit = static_cast<double>(rows) / copyLimit(rows, server, load).seconds();
  std::printf("%lld rows of %d points, fsync %s\n  %-40s %10.0f rows/s\n", static_cast<long long>(rows), load.points,
              isDurable ? "on" : "off", "COPY BINARY, 10,000 a batch", limit);
  for (const qsizetype batch : {HistoryStore::sliceRecords, qsizetype(10'000), qsizetype(1'000)}) {
    server.rows(QStringLiteral("DROP SCHEMA public CASCADE; CREATE SCHEMA public; SELECT 1"));
    PostgresStore store(server.settings());
    const auto opened = store.open();
    need(opened.has_value(), opened ? QString() : opened.error().text);
    const double rate = static_cast<double>(rows) / timeToWrite(store, load, rows, batch).seconds();
    const QString size = server.one(QStringLiteral("SELECT round(sum(pg_total_relation_size(oid)) / %1, 1) FROM "
                                                   "pg_class WHERE relname ~ '^(samples|rollups)' AND "
                                                   "relkind = 'r'")
                                        .arg(rows - rows % HistoryStore::sliceRecords));
    std::printf("  PostgresStore, %7lld a transaction %7s %10.0f rows/s (%.2f)  %s bytes a sample\n",
                static_cast<long long>(batch), "", rate, rate / limit, qPrintable(size));
    PostgresReader reader(server.settings());
    ask(reader, load, rows);
  }
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
  std::fflush(stdout);
  SqliteReader reader(path, std::chrono::seconds(5));
  ask(reader, load, rows);
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
  return exitCode;
}
