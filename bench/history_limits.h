// SPDX-License-Identifier: Apache-2.0
// What sql.cpp and history.cpp share: the clock, and what the databases take at most from one writer into a plain table
// without an index. Both make their rows with a `rowOf(number)`, whose time is part of the limit.
#pragma once

#include <QFile>

#include <libpq-fe.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "postgres/binaryformat.h"
#include "tests/postgresserver.h"

namespace tagwire::bench {

using std::chrono::steady_clock;

inline void need(bool ok, const QString &what) {
  if (ok) return;
  std::fprintf(stderr, "failed: %s\n", qPrintable(what));
  std::exit(1);
}

inline double secondsSince(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

/// Time of the wall and of the processor, while it runs: on a busy machine only the second tells anything.
class Stopwatch {
 public:
  /// With a `server`, its processes count as well.
  explicit Stopwatch(const sql::PostgresServer *server = nullptr) : m_server(server) {}

  void start() {
    m_start = steady_clock::now();
    m_cpuStart = cpuNow();
  }
  void stop() {
    m_seconds += secondsSince(m_start);
    m_cpuSeconds += cpuNow() - m_cpuStart;
  }
  double seconds() const { return m_seconds; }
  double cpuSeconds() const { return m_cpuSeconds; }

 private:
  double cpuNow() const {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC + (m_server ? m_server->cpuSeconds() : 0);
  }

  const sql::PostgresServer *m_server;
  steady_clock::time_point m_start;
  double m_cpuStart = 0;
  double m_seconds = 0;
  double m_cpuSeconds = 0;
};

struct PlainRow {
  Time time;
  int point = 0;
  double value = 0;
};

/// Prepared inserts in WAL, 1,000 a transaction, into a new file, which goes again.
template <class RowOf>
Stopwatch sqliteLimit(qint64 rows, const QString &path, const RowOf &rowOf) {
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
      const PlainRow plain = rowOf(row);
      sqlite3_bind_int64(insert, 1, plain.time.time_since_epoch().count());
      sqlite3_bind_int(insert, 2, plain.point);
      sqlite3_bind_double(insert, 3, plain.value);
      sqlite3_bind_int(insert, 4, 0);
      need(sqlite3_step(insert) == SQLITE_DONE, path);
      sqlite3_reset(insert);
    }
    need(sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK, path);
  }
  watch.stop();
  sqlite3_finalize(insert);
  sqlite3_close(database);
  QFile::remove(path);
  return watch;
}

/// COPY BINARY, 10,000 at a time, into a new table, which goes again.
template <class RowOf>
Stopwatch copyLimit(qint64 rows, const sql::PostgresServer &server, const RowOf &rowOf) {
  const QString where = QStringLiteral("host=%1 port=%2 dbname=postgres user=postgres");
  PGconn *connection = PQconnectdb(where.arg(server.socketFolder()).arg(server.port()).toUtf8().constData());
  need(PQstatus(connection) == CONNECTION_OK, QString::fromUtf8(PQerrorMessage(connection)));
  PQclear(PQexec(connection, "CREATE TABLE bare(ts timestamptz, tag integer, value float8, quality smallint)"));
  Stopwatch watch(&server);
  watch.start();
  for (qint64 row = 0; row < rows;) {
    PQclear(PQexec(connection, "COPY bare FROM STDIN (FORMAT binary)"));
    sql::CopyRows copy;
    for (int i = 0; i < 10'000 && row < rows; ++i, ++row) {
      const PlainRow plain = rowOf(row);
      copy.beginRow(4);
      copy.add(sql::Microseconds::of(plain.time));
      copy.add(qint32{plain.point});
      copy.add(plain.value);
      copy.add(qint16{0});
    }
    copy.end();
    need(PQputCopyData(connection, copy.bytes().constData(), static_cast<int>(copy.bytes().size())) == 1 &&
             PQputCopyEnd(connection, nullptr) == 1,
         QStringLiteral("COPY"));
    PGresult *result = PQgetResult(connection);
    need(PQresultStatus(result) == PGRES_COMMAND_OK, QString::fromUtf8(PQerrorMessage(connection)));
    for (; result; result = PQgetResult(connection)) PQclear(result);
  }
  watch.stop();
  PQclear(PQexec(connection, "DROP TABLE bare"));
  PQfinish(connection);
  return watch;
}

}  // namespace tagwire::bench
