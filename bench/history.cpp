// SPDX-License-Identifier: Apache-2.0
// Samples per second through the whole plugin sql, from write() until they stand in the database, beside what the
// database itself takes from one writer, in the same run: SQLite by prepared inserts in WAL, 1,000 a transaction, and
// PostgreSQL by COPY (binary), 10,000 at a time, both into a plain table without an index. A trend of one point is
// asked for all the while. Options: --rows, --points, --durability, --postgres (starts a server in a temporary folder).
#include <QCommandLineParser>
#include <QCoreApplication>
#include <QDirIterator>
#include <QTemporaryDir>
#include <QTimer>

#include <libpq-fe.h>
#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>

#include "sqlsink.h"
#include "testing/testcontext.h"
#include "tests/postgresserver.h"

using namespace tagwire;
using namespace tagwire::sql;

namespace {

using std::chrono::steady_clock;

constexpr int handOver = 10'000;  ///< as the host does it
constexpr qint64 mostUnwritten = 4'000'000;

struct Options {
  qint64 rows = 5'000'000;
  int points = 1000;
  QByteArray durability = "relaxed";
};

void need(bool ok, const QString &what) {
  if (ok) return;
  std::fprintf(stderr, "failed: %s\n", qPrintable(what));
  std::exit(1);
}

double secondsSince(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

// Each point every 100 ms, as a poller brings them; the newest is of now.
Time timeOf(const Options &options, qint64 row) {
  static const Time end = std::chrono::system_clock::now();
  const qint64 scans = options.rows / options.points;
  return end - (scans - row / options.points) * std::chrono::milliseconds(100);
}

double sqliteLimit(const Options &options, const QString &path) {
  sqlite3 *database = nullptr;
  need(sqlite3_open(QFile::encodeName(path).constData(), &database) == SQLITE_OK, path);
  sqlite3_exec(database,
               "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE samples(ts INTEGER, tag INTEGER, "
               "value REAL, quality INTEGER)",
               nullptr, nullptr, nullptr);
  sqlite3_stmt *insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT INTO samples VALUES(?,?,?,?)", -1, &insert, nullptr);
  const auto start = steady_clock::now();
  for (qint64 row = 0; row < options.rows;) {
    sqlite3_exec(database, "BEGIN", nullptr, nullptr, nullptr);
    for (int i = 0; i < 1000 && row < options.rows; ++i, ++row) {
      sqlite3_bind_int64(insert, 1, timeOf(options, row).time_since_epoch().count() / 1000);
      sqlite3_bind_int64(insert, 2, row % options.points);
      sqlite3_bind_double(insert, 3, static_cast<double>(row) * 0.1);
      sqlite3_bind_int(insert, 4, 192);
      need(sqlite3_step(insert) == SQLITE_DONE, path);
      sqlite3_reset(insert);
    }
    need(sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK, path);
  }
  const double seconds = secondsSince(start);
  sqlite3_finalize(insert);
  sqlite3_close(database);
  return static_cast<double>(options.rows) / seconds;
}

template <class T>
void append(QByteArray &out, T value) {
  for (int shift = (sizeof(T) - 1) * 8; shift >= 0; shift -= 8) {
    out.append(static_cast<char>(static_cast<quint64>(value) >> shift));
  }
}

double copyLimit(const Options &options, const PostgresServer &server) {
  const QByteArray where = QStringLiteral("host=%1 port=%2 dbname=postgres user=postgres")
                               .arg(server.socketFolder())
                               .arg(server.port())
                               .toUtf8();
  PGconn *connection = PQconnectdb(where.constData());
  need(PQstatus(connection) == CONNECTION_OK, QString::fromUtf8(PQerrorMessage(connection)));
  PQclear(PQexec(connection, "CREATE TABLE bare(ts bigint, tag int, value float8, quality smallint)"));
  const auto start = steady_clock::now();
  QByteArray bytes;
  for (qint64 row = 0; row < options.rows;) {
    PQclear(PQexec(connection, "COPY bare FROM STDIN (FORMAT binary)"));
    bytes.resize(0);
    bytes.append("PGCOPY\n\377\r\n\0", 11);
    append(bytes, qint32(0));
    append(bytes, qint32(0));
    for (int i = 0; i < 10'000 && row < options.rows; ++i, ++row) {
      append(bytes, qint16(4));
      append(bytes, qint32(8));
      append(bytes, qint64(timeOf(options, row).time_since_epoch().count() / 1000));
      append(bytes, qint32(4));
      append(bytes, qint32(row % options.points));
      append(bytes, qint32(8));
      append(bytes, std::bit_cast<qint64>(static_cast<double>(row) * 0.1));
      append(bytes, qint32(2));
      append(bytes, qint16(192));
    }
    append(bytes, qint16(-1));
    need(PQputCopyData(connection, bytes.constData(), static_cast<int>(bytes.size())) == 1 &&
             PQputCopyEnd(connection, nullptr) == 1,
         QStringLiteral("COPY"));
    PGresult *result = PQgetResult(connection);
    need(PQresultStatus(result) == PGRES_COMMAND_OK, QString::fromUtf8(PQerrorMessage(connection)));
    PQclear(result);
    while ((result = PQgetResult(connection))) PQclear(result);
  }
  const double seconds = secondsSince(start);
  PQclear(PQexec(connection, "DROP TABLE bare"));
  PQfinish(connection);
  return static_cast<double>(options.rows) / seconds;
}

double metricOf(TestContext &context, const QByteArray &name) {
  for (const QByteArray &line : QByteArray::fromStdString(context.metrics().text()).split('\n')) {
    if (line.startsWith(name)) return line.mid(line.lastIndexOf(' ') + 1).toDouble();
  }
  return -1;
}

/// Feeds the plugin as the host does, asks it for a trend all the while, and waits until all is written.
class Run : public QObject {
 public:
  Run(const Options &options, const SqlConfig &config)
      : m_options(options), m_context(QStringLiteral("history")), m_sink(config, m_context) {
    QList<PointInfo> points;
    for (int i = 0; i < options.points; ++i) points << PointInfo{QStringLiteral("p%1").arg(i)};
    m_ids = m_context.declareUnder(QStringLiteral("plc1"), points);
    connect(&m_sink, &Plugin::written, this, [this] { m_isReady = true; });
    connect(&m_feed, &QTimer::timeout, this, &Run::feed);
    connect(&m_ask, &QTimer::timeout, this, &Run::ask);
    connect(&m_watch, &QTimer::timeout, this, &Run::watch);
    m_sink.start();
    while (metric("tagwire_sql_accepted_total") < 0) QCoreApplication::processEvents();
    m_start = steady_clock::now();
    m_feed.start(0);
    m_ask.start(1000);
    m_watch.start(200);
  }

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
      samples << Sample{
          m_ids[m_fed % m_options.points], {}, timeOf(m_options, m_fed), static_cast<double>(m_fed) * 0.1};
    }
    m_isReady = false;
    m_sink.write(samples);
  }

  void ask() {
    HistoryTrendQuery query;
    query.points = {QStringLiteral("plc1/p%1").arg(answers.size() % m_options.points)};
    query.from = timeOf(m_options, 0);
    query.to = timeOf(m_options, m_options.rows);
    query.buckets = 500;
    const auto asked = steady_clock::now();
    m_sink.trend(
        [this, asked](const Result<HistoryPage> &page) {
          answers << secondsSince(asked) * 1000;
          if (!page) ++failures;
        },
        query);
  }

  void watch() {
    m_written = static_cast<qint64>(metric("tagwire_sql_written_total"));
    m_marks << std::pair(secondsSince(m_start), m_written);
    if (m_written < m_options.rows) return;
    const double seconds = secondsSince(m_start);
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

void show(const char *name, double limit, Run &run, double bytes, qint64 rows) {
  std::sort(run.answers.begin(), run.answers.end());
  std::printf("%-11s %12.0f %12.0f %6.2f %12.0f %10.1f %10.1f %6d\n", name, limit, run.rowsPerSecond,
              run.rowsPerSecond / limit, run.worstSecond, bytes / static_cast<double>(rows),
              run.answers.isEmpty() ? 0 : run.answers[run.answers.size() / 2], run.failures);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char **argv) {
  QCoreApplication application(argc, argv);
  QCommandLineParser parser;
  parser.addHelpOption();
  const QCommandLineOption rows(QStringLiteral("rows"), QStringLiteral("how many"), QStringLiteral("n"),
                                QStringLiteral("5000000"));
  const QCommandLineOption points(QStringLiteral("points"), QStringLiteral("of how many points"), QStringLiteral("n"),
                                  QStringLiteral("1000"));
  const QCommandLineOption durability(QStringLiteral("durability"), QStringLiteral("relaxed or sync"),
                                      QStringLiteral("how"), QStringLiteral("relaxed"));
  const QCommandLineOption postgres(QStringLiteral("postgres"), QStringLiteral("PostgreSQL, too"));
  parser.addOptions({rows, points, durability, postgres});
  parser.process(application);
  const Options options{parser.value(rows).toLongLong(), parser.value(points).toInt(),
                        parser.value(durability).toUtf8()};
  QTemporaryDir folder(QStringLiteral("/var/tmp/tagwire-bench-XXXXXX"));
  std::printf("%lld samples of %d points, durability %s\n", static_cast<long long>(options.rows), options.points,
              options.durability.constData());
  std::printf("%-11s %12s %12s %6s %12s %10s %10s %6s\n", "database", "limit rows/s", "rows/s", "ratio", "worst fifth",
              "bytes/row", "trend ms", "failed");
  const auto configFor = [&](const QString &database, const QString &spool) {
    const QByteArray json = "{\"database\":\"" + database.toUtf8() + "\",\"durability\":\"" + options.durability +
                            "\",\"spool\":{\"folder\":\"" + folder.filePath(spool).toUtf8() + "\"}}";
    QString errors;
    const auto config = readConfig<SqlConfig>(json, &errors);
    need(config.has_value(), errors);
    return *config;
  };
  {
    const QString bare = folder.filePath(QStringLiteral("bare.db"));
    const double limit = sqliteLimit(options, bare);
    QFile::remove(bare);
    const QString file = folder.filePath(QStringLiteral("history.db"));
    Run run(options, configFor(QStringLiteral("sqlite:") + file, QStringLiteral("lite.spool")));
    QCoreApplication::exec();
    run.stop();
    show("SQLite", limit, run, static_cast<double>(QFileInfo(file).size()), options.rows);
  }
  {
    SqlConfig config = configFor(QStringLiteral("sqlite:") + folder.filePath(QStringLiteral("events.db")),
                                 QStringLiteral("events.spool"));
    config.durability = Durability::Sync;
    EventRun run(config, 100'000);
    QCoreApplication::exec();
    std::printf("single events, durability sync: %.0f/s until written (the metrics are of the last second)\n",
                run.writtenPerSecond);
  }
  if (!parser.isSet(postgres)) return 0;
  PostgresServer server;
  need(server.start(), server.errorText());
  const double limit = copyLimit(options, server);
  const QString url = QStringLiteral("postgresql://postgres@localhost:%1/postgres?host=%2")
                          .arg(server.port())
                          .arg(server.socketFolder());
  const double before = server.one(QStringLiteral("SELECT pg_database_size('postgres')")).toDouble();
  Run run(options, configFor(url, QStringLiteral("postgres.spool")));
  QCoreApplication::exec();
  run.stop();
  server.one(QStringLiteral("CHECKPOINT"));
  const double after = server.one(QStringLiteral("SELECT pg_database_size('postgres')")).toDouble();
  show("PostgreSQL", limit, run, after - before, options.rows);
  return 0;
}
