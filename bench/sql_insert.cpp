// SPDX-License-Identifier: Apache-2.0
// Rows per second of the sql plugin's writer beside the bare C interface of SQLite with the same table, settings, rows
// and transactions, in the same run; and what an index on (point, time), which the plugin does without, would cost.
#include <QCoreApplication>
#include <QFile>
#include <QTemporaryDir>

#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <map>

#include "historywriter.h"
#include "schema.h"

using namespace tagwire;
using namespace tagwire::sql;

namespace {

constexpr int pointCount = 1000;
constexpr int rowsPerRun = 500'000;

void need(bool ok, const char *what) {
  if (ok) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::exit(1);
}

// 1,000 points, each every 100 ms, as a poller brings them.
Time timeOf(int row) {
  return Time(std::chrono::nanoseconds(1'700'000'000'000'000'000 + row / pointCount * 100'000'000LL));
}
double valueOf(int row) { return row * 0.1; }

struct Catalogue {
  Catalogue() {
    for (int i = 0; i < pointCount; ++i) {
      PointInfo info;
      info.name = QStringLiteral("p%1").arg(i);
      ids << table.declare(QStringLiteral("plc1"), QStringLiteral("plc1"), info).value();
    }
  }
  PointTable table;
  QList<PointId> ids;
};

void writeWithPlugin(benchmark::State &state) {
  const int batch = static_cast<int>(state.range(0));
  Catalogue catalogue;
  for (auto each : state) {
    state.PauseTiming();
    QTemporaryDir folder(QStringLiteral("/var/tmp/tagwire-bench-XXXXXX"));
    SqliteFile file;
    need(file.open(folder.filePath(QStringLiteral("history.db"))).has_value(), "open");
    auto writer = std::make_unique<HistoryWriter>(file, catalogue.table, QStringLiteral("bench"));
    need(writer->prepare().has_value(), "prepare");
    state.ResumeTiming();
    for (int row = 0; row < rowsPerRun;) {
      need(writer->begin().has_value(), "begin");
      for (int i = 0; i < batch && row < rowsPerRun; ++i, ++row) {
        const Sample sample{catalogue.ids[row % pointCount], Quality::good(), timeOf(row), valueOf(row)};
        need(writer->add(sample).has_value(), "add");
      }
      need(writer->commit().has_value(), "commit");
    }
    state.PauseTiming();
    writer.reset();
    file.close();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * rowsPerRun);
}

enum class Layout { AsShipped, Unordered, IndexOnPoint };

sqlite3 *openBare(const QString &path, Layout layout) {
  sqlite3 *database = nullptr;
  need(sqlite3_open(QFile::encodeName(path).constData(), &database) == SQLITE_OK, "open");
  const auto run = [database](const char *sql) {
    need(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
  };
  run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -2000");
  run(schemaSql);
  if (layout != Layout::AsShipped) {
    run("DROP VIEW history; DROP TABLE samples; CREATE TABLE samples(time_ns INTEGER NOT NULL, point_id INTEGER NOT "
        "NULL, "
        "repeat INTEGER NOT NULL, quality INTEGER NOT NULL, value)");
  }
  if (layout == Layout::IndexOnPoint) run("CREATE INDEX by_point ON samples(point_id, time_ns)");
  return database;
}

void insertBare(sqlite3 *database, int batch) {
  sqlite3_stmt *insert = nullptr;
  need(sqlite3_prepare_v2(database, "INSERT INTO samples VALUES(?,?,0,0,?)", -1, &insert, nullptr) == SQLITE_OK,
       "prepare");
  for (int row = 0; row < rowsPerRun;) {
    sqlite3_exec(database, "BEGIN", nullptr, nullptr, nullptr);
    for (int i = 0; i < batch && row < rowsPerRun; ++i, ++row) {
      sqlite3_bind_int64(insert, 1, timeOf(row).time_since_epoch().count());
      sqlite3_bind_int(insert, 2, row % pointCount + 1);
      sqlite3_bind_double(insert, 3, valueOf(row));
      need(sqlite3_step(insert) == SQLITE_DONE, "step");
      sqlite3_reset(insert);
    }
    need(sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK, "commit");
  }
  sqlite3_finalize(insert);
}

template <Layout layout>
void writeBare(benchmark::State &state) {
  for (auto each : state) {
    state.PauseTiming();
    QTemporaryDir folder(QStringLiteral("/var/tmp/tagwire-bench-XXXXXX"));
    sqlite3 *database = openBare(folder.filePath(QStringLiteral("bare.db")), layout);
    state.ResumeTiming();
    insertBare(database, static_cast<int>(state.range(0)));
    state.PauseTiming();
    sqlite3_close(database);
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * rowsPerRun);
}

BENCHMARK(writeBare<Layout::AsShipped>)->Name("bare/as_shipped")->Arg(1000)->Arg(10000)->UseRealTime()->MinTime(2);
BENCHMARK(writeWithPlugin)->Name("plugin")->Arg(1000)->Arg(10000)->UseRealTime()->MinTime(2);
BENCHMARK(writeBare<Layout::Unordered>)->Name("bare/no_order")->Arg(1000)->Arg(10000)->UseRealTime()->MinTime(2);
BENCHMARK(writeBare<Layout::IndexOnPoint>)
    ->Name("bare/index_on_point")
    ->Arg(1000)
    ->Arg(10000)
    ->UseRealTime()
    ->MinTime(2);

/// The usual table, and the rates once more to be set against the limit of this run.
class RatioReporter : public benchmark::ConsoleReporter {
 public:
  RatioReporter() : ConsoleReporter(OO_None) {}
  void ReportRuns(const std::vector<Run> &runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run &run : runs) {
      m_rates[run.benchmark_name()] = run.counters.at("items_per_second");
      m_perCpuSecond[run.benchmark_name()] =
          rowsPerRun * static_cast<double>(run.iterations) / run.cpu_accumulated_time;
    }
  }
  void Finalize() override {
    for (const char *batch : {"1000", "10000"}) {
      std::printf("rows in a transaction: %-5s            rows/s   rows per CPU second (with the limit as 1)\n", batch);
      print("bare SQLite, the plugin's table", "bare/as_shipped", batch);
      print("plugin", "plugin", batch);
      print("bare, table in no order", "bare/no_order", batch);
      print("bare, index on (point, time)", "bare/index_on_point", batch);
    }
  }

 private:
  void print(const char *label, const std::string &name, const std::string &batch) {
    const std::string rest = "/" + batch + "/min_time:2.000/real_time";
    const double limit = m_rates["bare/as_shipped" + rest];
    const double cpuLimit = m_perCpuSecond["bare/as_shipped" + rest];
    std::printf("  %-34s %9.0f (%.2f)  %9.0f (%.2f)\n", label, m_rates[name + rest], m_rates[name + rest] / limit,
                m_perCpuSecond[name + rest], m_perCpuSecond[name + rest] / cpuLimit);
  }

  std::map<std::string, double> m_rates;
  std::map<std::string, double> m_perCpuSecond;
};

}  // namespace

int main(int argc, char **argv) {
  QCoreApplication application(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  return 0;
}
