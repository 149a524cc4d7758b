// SPDX-License-Identifier: Apache-2.0
// Samples per second through the whole plugin sql, from write() until they stand in the database, beside what the
// database itself takes from one writer, in the same run: SQLite by prepared inserts in WAL, 1,000 a transaction, and
// PostgreSQL by COPY (binary), 10,000 at a time, both into a plain table without an index. A trend of one point is
// asked for all the while. Options: --rows, --points, --step-ms, --decimals, --durability,
// --batch-interval-ms, --postgresql (instead of SQLite; starts a server in a temporary folder).
#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <cmath>

#include "history_limits.h"
#include "result.h"
#include "sqlsink.h"
#include "testing/testcontext.h"

using namespace tagwire;
using namespace tagwire::sql;
using namespace tagwire::bench;

namespace {

constexpr int handOver = 10'000;  ///< as the host does it
constexpr qint64 mostUnwritten = 4'000'000;

struct Options {
  qint64 rows = 5'000'000;
  int points = 1000;
  std::chrono::milliseconds step{100};
  bool hasDecimals = false;  ///< values with one decimal; else they use every bit
  QByteArray durability = "relaxed";
  QByteArray batchInterval = "500";  ///< ms

  // Each point every `step`, as a poller brings them; the newest is of now.
  Time timeOf(qint64 row) const { return end - (rows / points - row / points) * step; }
  double valueOf(qint64 row) const {
    const double value = std::sin(static_cast<double>(row) * 1e-5) * 100 + 0.1;
    return hasDecimals ? std::round(value * 10) / 10 : value;
  }
  PlainRow operator()(qint64 row) const { return {timeOf(row), static_cast<int>(row % points), valueOf(row)}; }

 private:
  Time end = std::chrono::system_clock::now();
};

double metricOf(TestContext &context, const QByteArray &name) {
  for (const QByteArray &line : QByteArray::fromStdString(context.metrics().text()).split('\n')) {
    if (line.startsWith(name)) return line.mid(line.lastIndexOf(' ') + 1).toDouble();
  }
  return -1;
}

/// Feeds the plugin as the host does, asks it for a trend all the while, and waits until all is written.
class Run : public QObject {
 public:
  Run(const Options &options, const SqlConfig &config, const PostgresServer *server = nullptr)
      : watch(server), m_options(options), m_context(QStringLiteral("history")), m_sink(config, m_context) {
    QList<PointInfo> points;
    for (int i = 0; i < options.points; ++i) points << PointInfo{QStringLiteral("p%1").arg(i)};
    m_ids = m_context.declareUnder(QStringLiteral("plc1"), points);
    connect(&m_sink, &Plugin::written, this, [this] { m_isReady = true; });
    connect(&m_feed, &QTimer::timeout, this, &Run::feed);
    connect(&m_ask, &QTimer::timeout, this, &Run::ask);
    connect(&m_watch, &QTimer::timeout, this, &Run::look);
    m_sink.start();
    while (metric("tagwire_sql_accepted_total") < 0) QCoreApplication::processEvents();
    m_start = steady_clock::now();
    watch.start();
    m_feed.start(0);
    m_ask.start(1000);
    m_watch.start(200);
  }

  Stopwatch watch;
  double rowsPerSecond = 0;
  double worstSecond = 0;  ///< the slowest fifth of the run, rows per second
  QList<double> answers;   ///< milliseconds
  int failures = 0;

  void stop() { m_sink.stop(); }

 private:
  void feed() {
    if (m_fed >= m_options.rows) return m_feed.stop();
    if (!m_isReady || m_fed - m_written > mostUnwritten) return;
    Samples samples;
    samples.reserve(handOver);
    for (int i = 0; i < handOver && m_fed < m_options.rows; ++i, ++m_fed) {
      samples << Sample{m_ids[m_fed % m_options.points], {}, m_options.timeOf(m_fed), m_options.valueOf(m_fed)};
    }
    m_isReady = false;
    m_sink.write(samples);
  }

  void ask() {
    HistoryTrendQuery query;
    query.points = {QStringLiteral("plc1/p%1").arg(answers.size() % m_options.points)};
    query.from = m_options.timeOf(0);
    query.to = m_options.timeOf(m_options.rows);
    query.buckets = 500;
    const auto asked = steady_clock::now();
    m_sink.trend(
        [this, asked](const Result<HistoryPage> &page) {
          answers << secondsSince(asked) * 1000;
          if (!page) ++failures;
        },
        query);
  }

  void look() {
    m_written = static_cast<qint64>(metric("tagwire_sql_written_total"));
    m_marks << std::pair(secondsSince(m_start), m_written);
    if (m_written < m_options.rows) return;
    watch.stop();
    const double seconds = watch.seconds();
    rowsPerSecond = static_cast<double>(m_options.rows) / seconds;
    worstSecond = rowsPerSecond;
    double from = 0;
    qint64 rowsFrom = 0;
    for (const auto &[time, rows] : std::as_const(m_marks)) {
      if (time - from < seconds / 5) continue;
      worstSecond = std::min(worstSecond, static_cast<double>(rows - rowsFrom) / (time - from));
      from = time;
      rowsFrom = rows;
    }
    m_watch.stop();
    m_ask.stop();
    QCoreApplication::quit();
  }

  double metric(const QByteArray &name) { return metricOf(m_context, name); }

  const Options m_options;
  TestContext m_context;
  SqlSink m_sink;
  QList<PointId> m_ids;
  QTimer m_feed, m_ask, m_watch;
  steady_clock::time_point m_start;
  QList<std::pair<double, qint64>> m_marks;
  qint64 m_fed = 0;
  qint64 m_written = 0;
  bool m_isReady = true;
};

/// Single events, each handed over by itself as the host does, with durability sync: per second until
/// they are in the database.
class EventRun : public QObject {
 public:
  EventRun(const SqlConfig &config, int events)
      : m_context(QStringLiteral("history")), m_sink(config, m_context), m_events(events) {
    connect(&m_feed, &QTimer::timeout, this, &EventRun::feed);
    m_sink.start();
    m_start = steady_clock::now();
    m_feed.start(0);
  }
  double writtenPerSecond = 0;

 private:
  void feed() {
    for (int i = 0; i < 10 && m_fed < m_events; ++i, ++m_fed) {
      m_sink.notify({static_cast<quint64>(m_fed + 1), std::chrono::system_clock::now(), QStringLiteral("plc1"),
                     SystemEvent{QStringLiteral("bench"), QStringLiteral("something happened"), Severity::Info}});
    }
    if (m_fed < m_events) return;
    const double seconds = secondsSince(m_start);
    if (metric("tagwire_sql_written_total") < m_events) return;
    writtenPerSecond = m_events / seconds;
    m_feed.stop();
    m_sink.stop();
    QCoreApplication::quit();
  }
  double metric(const QByteArray &name) { return metricOf(m_context, name); }

  TestContext m_context;
  SqlSink m_sink;
  const int m_events;
  int m_fed = 0;
  QTimer m_feed;
  steady_clock::time_point m_start;
};

void show(const char *name, const Stopwatch &limit, const Run &run, double bytes, const Options &options) {
  QList<double> answers = run.answers;
  std::sort(answers.begin(), answers.end());
  const auto rows = static_cast<double>(options.rows);
  const double most = rows / limit.seconds();
  const double mostOfCpu = rows / limit.cpuSeconds();
  const double ofCpu = rows / run.watch.cpuSeconds();
  std::printf("%-11s %12s %12s %6s %12s %12s %12s %6s %10s %10s %7s\n", "database", "limit rows/s", "rows/s", "ratio",
              "worst fifth", "limit/CPU s", "rows/CPU s", "ratio", "bytes/row", "trend ms", "failed");
  std::printf("%-11s %12.0f %12.0f %6.2f %12.0f %12.0f %12.0f %6.2f %10.1f %10.1f %7d\n", name, most, run.rowsPerSecond,
              run.rowsPerSecond / most, run.worstSecond, mostOfCpu, ofCpu, ofCpu / mostOfCpu, bytes / rows,
              answers.isEmpty() ? 0 : answers[answers.size() / 2], run.failures);
  const bool isSqlite = std::string_view(name) == "SQLite";
  const char *bare = isSqlite ? "bare inserts" : "COPY";
  const QString whole = QStringLiteral("plugin sql into %1, spool and roll-ups included").arg(QLatin1String(name));
  report({whole,
          QStringLiteral("rows/s"),
          run.rowsPerSecond,
          Beside{bare, most},
          {},
          Target{Target::Sense::AtLeast, isSqlite ? 0.6 : 0.5, Target::Of::Limit}});
  report({whole + QStringLiteral(", by CPU time"), QStringLiteral("rows per CPU s"), ofCpu, Beside{bare, mostOfCpu}});
}

SqlConfig configOf(const Options &options, const QString &database, const QString &spool) {
  const QByteArray json = "{\"database\":\"" + database.toUtf8() + "\",\"durability\":\"" + options.durability +
                          "\",\"batch_interval_ms\":" + options.batchInterval + ",\"spool\":{\"folder\":\"" +
                          spool.toUtf8() + "\"}}";
  QString errors;
  const auto config = readConfig<SqlConfig>(json, &errors);
  need(config.has_value(), errors);
  return *config;
}

void measureSqlite(const Options &options, const QString &folder) {
  const Stopwatch limit = sqliteLimit(options.rows, folder + QStringLiteral("/bare.db"), options);
  const QString file = folder + QStringLiteral("/history.db");
  Run run(options, configOf(options, QStringLiteral("sqlite:") + file, folder + QStringLiteral("/spool")));
  QCoreApplication::exec();
  run.stop();
  show("SQLite", limit, run, static_cast<double>(QFileInfo(file).size()), options);
}

void measureEvents(Options options, const QString &folder) {
  options.durability = "sync";
  EventRun run(configOf(options, QStringLiteral("sqlite:") + folder + QStringLiteral("/events.db"),
                        folder + QStringLiteral("/events.spool")),
               100'000);
  QCoreApplication::exec();
  std::printf("single events, durability sync: %.0f/s until written (the metrics are of the last second)\n",
              run.writtenPerSecond);
  report({QStringLiteral("single events into SQLite, durability sync"),
          QStringLiteral("events/s"),
          run.writtenPerSecond,
          {},
          {},
          Target{Target::Sense::AtLeast, 10'000}});
}

void measurePostgres(const Options &options, const QString &folder) {
  PostgresServer server;
  need(server.start(), server.errorText());
  const Stopwatch limit = copyLimit(options.rows, server, options);
  const QString url = QStringLiteral("postgresql://postgres@localhost:%1/postgres?host=%2")
                          .arg(server.port())
                          .arg(server.socketFolder());
  const auto size = [&] { return server.one(QStringLiteral("SELECT pg_database_size('postgres')")).toDouble(); };
  const double before = size();
  Run run(options, configOf(options, url, folder + QStringLiteral("/spool")), &server);
  QCoreApplication::exec();
  run.stop();
  server.one(QStringLiteral("CHECKPOINT"));
  show("PostgreSQL", limit, run, size() - before, options);
}

}  // namespace

int main(int argc, char **argv) {
  QCoreApplication application(argc, argv);
  QCommandLineParser parser;
  parser.addHelpOption();
  const QCommandLineOption rows(QStringLiteral("rows"), QStringLiteral("how many"), QStringLiteral("N"),
                                QStringLiteral("5000000"));
  const QCommandLineOption points(QStringLiteral("points"), QStringLiteral("of how many points"), QStringLiteral("N"),
                                  QStringLiteral("1000"));
  const QCommandLineOption step(QStringLiteral("step-ms"), QStringLiteral("between two values of a point"),
                                QStringLiteral("ms"), QStringLiteral("100"));
  const QCommandLineOption decimals(QStringLiteral("decimals"), QStringLiteral("values with one decimal"));
  const QCommandLineOption durability(QStringLiteral("durability"), QStringLiteral("relaxed or sync"),
                                      QStringLiteral("how"), QStringLiteral("relaxed"));
  const QCommandLineOption postgres(QStringLiteral("postgresql"), QStringLiteral("into PostgreSQL instead of SQLite"));
  const QCommandLineOption interval(
      QStringLiteral("batch-interval-ms"),
      QStringLiteral("as the key of the plugin: longer on a busy machine, where slices do "
                     "not fill as they would"),
      QStringLiteral("ms"), QStringLiteral("500"));
  parser.addOptions({rows, points, step, decimals, durability, postgres, interval});
  parser.process(application);
  Options options;
  options.rows = std::max(1LL, parser.value(rows).toLongLong());
  options.points = std::max(1, parser.value(points).toInt());
  options.step = std::chrono::milliseconds(std::max(1, parser.value(step).toInt()));
  options.hasDecimals = parser.isSet(decimals);
  options.durability = parser.value(durability).toUtf8();
  options.batchInterval = parser.value(interval).toUtf8();
  const QTemporaryDir folder(QStringLiteral("/var/tmp/tagwire-bench-XXXXXX"));
  need(folder.isValid(), QStringLiteral("/var/tmp"));
  std::printf("%lld samples of %d points every %lld ms, %s, durability %s\n", static_cast<long long>(options.rows),
              options.points, static_cast<long long>(options.step.count()),
              options.hasDecimals ? "one decimal" : "every bit used", options.durability.constData());
  if (parser.isSet(postgres)) {
    measurePostgres(options, folder.path());
  } else {
    measureSqlite(options, folder.path());
    measureEvents(options, folder.path());
  }
  return exitCode;
}
