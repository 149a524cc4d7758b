// SPDX-License-Identifier: Apache-2.0
// Records per second through core/spool, beside a SQLite file that is used as one (WAL, a row for each
// record, read and deleted again): the same records, the same bytes, the same number in a commit, in the same run.
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "result.h"
#include "spool/recordcoding.h"
#include "spool/spool.h"

using namespace tagwire;
using namespace tagwire::spool;

namespace {

constexpr int pointCount = 1000;
constexpr int perCommit = 10'000;

void need(bool ok, const char *what) {
  if (ok) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::exit(1);
}

// 1,000 points, each every 100 ms, as a poller brings them.
StoredSample sampleOf(qint64 index, PointKey key) {
  StoredSample sample;
  sample.point = key;
  sample.time = Time(std::chrono::nanoseconds(1'700'000'000'000'000'000 + index / pointCount * 100'000'000LL));
  sample.received = sample.time + std::chrono::microseconds(700);
  sample.value = static_cast<double>(index) * 0.1;
  return sample;
}

struct Rates {
  double write = 0;  ///< records per second
  double read = 0;
  double both = 0;  ///< two threads at once
  double bytes = 0;
};

class SpoolRun {
 public:
  SpoolRun(bool isSync, qint64 records) : m_records(records) {
    m_settings.folder = m_folder.filePath(QStringLiteral("spool"));
    m_settings.isSync = isSync;
    m_settings.mostBytes = 16LL * 1024 * 1024 * 1024;
    m_settings.leastFreeShare = 0;
  }
  Rates measure() {
    Rates rates;
    {
      Spool spool(m_settings);
      need(spool.open().has_value(), "open");
      rates.write = rate([&] { add(spool); });
      rates.bytes = static_cast<double>(spool.figures(Stream::Telemetry).bytes) / static_cast<double>(m_records);
      rates.read = rate([&] { drain(spool); });
    }
    Spool spool(m_settings);
    need(spool.open().has_value(), "open");
    rates.both = rate([&] {
      std::thread adding([&] { add(spool); });
      drain(spool);
      adding.join();
    });
    return rates;
  }
  /// Opening with everything still there.
  double reopenSeconds() {
    {
      Spool spool(m_settings);
      need(spool.open().has_value(), "open");
      add(spool);
    }
    QElapsedTimer timer;
    timer.start();
    Spool spool(m_settings);
    need(spool.open().has_value(), "open");
    return static_cast<double>(timer.nsecsElapsed()) * 1e-9;
  }

 private:
  template <class Work>
  double rate(Work work) const {
    QElapsedTimer timer;
    timer.start();
    work();
    return static_cast<double>(m_records) / (static_cast<double>(timer.nsecsElapsed()) * 1e-9);
  }
  void add(Spool &spool) const {
    std::vector<PointKey> keys;
    for (int i = 0; i < pointCount; ++i) {
      StoredPoint point;
      point.name = QStringLiteral("plc1/p%1").arg(i);
      keys.push_back(spool.keyOf(point));
    }
    for (qint64 i = 0; i < m_records; ++i) {
      spool.add(sampleOf(i, keys[static_cast<size_t>(i % pointCount)]));
      if (i % perCommit == perCommit - 1) need(spool.commit().has_value(), "commit");
    }
  }
  void drain(Spool &spool) const {
    for (qint64 sum = 0; sum < m_records;) {
      const SpoolBatch batch = spool.readOldest(Stream::Telemetry, perCommit);
      sum += static_cast<qint64>(batch.samples.size());
      if (batch.range.isEmpty()) {
        std::this_thread::yield();
      } else {
        spool.delivered(batch.range);
      }
    }
  }

  QTemporaryDir m_folder{QStringLiteral("/var/tmp/tagwire-bench-XXXXXX")};
  SpoolSettings m_settings;
  const qint64 m_records;
};

/// A table as a spool: rows in order, read in order, deleted when they are done with.
class SqliteRun {
 public:
  SqliteRun(bool isSync, qint64 records) : m_records(records) {
    need(sqlite3_open(QFile::encodeName(m_folder.filePath(QStringLiteral("spool.db"))).constData(), &m_database) ==
             SQLITE_OK,
         "open");
    execute("PRAGMA journal_mode = WAL");
    execute(isSync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    execute("CREATE TABLE spool(sequence INTEGER PRIMARY KEY, record BLOB NOT NULL)");
  }
  ~SqliteRun() { sqlite3_close(m_database); }
  SqliteRun(const SqliteRun &) = delete;
  SqliteRun &operator=(const SqliteRun &) = delete;

  Rates measure() {
    Rates rates;
    QElapsedTimer timer;
    timer.start();
    write();
    rates.write = static_cast<double>(m_records) / (static_cast<double>(timer.nsecsElapsed()) * 1e-9);
    timer.start();
    drain();
    rates.read = static_cast<double>(m_records) / (static_cast<double>(timer.nsecsElapsed()) * 1e-9);
    // There is one writer at a time, and deleting is writing: one after the other is what two threads get.
    rates.both = 1 / (1 / rates.write + 1 / rates.read);
    return rates;
  }

 private:
  void execute(const char *sql) { need(sqlite3_exec(m_database, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql); }
  sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement = nullptr;
    need(sqlite3_prepare_v2(m_database, sql, -1, &statement, nullptr) == SQLITE_OK, sql);
    return statement;
  }
  void write() {
    sqlite3_stmt *insert = prepare("INSERT INTO spool VALUES(?, ?)");
    RecordBuffer record;
    for (qint64 i = 0; i < m_records; ++i) {
      if (i % perCommit == 0) execute("BEGIN");
      record.clear();
      appendSample(record, 0, static_cast<quint64>(i), sampleOf(i, static_cast<PointKey>(i % pointCount + 1)));
      sqlite3_bind_int64(insert, 1, i);
      sqlite3_bind_blob(insert, 2, record.bytes(), static_cast<int>(record.size()), SQLITE_STATIC);
      need(sqlite3_step(insert) == SQLITE_DONE, "insert");
      sqlite3_reset(insert);
      if (i % perCommit == perCommit - 1) execute("COMMIT");
    }
    sqlite3_finalize(insert);
  }
  void drain() {
    sqlite3_stmt *select = prepare("SELECT sequence, record FROM spool ORDER BY sequence LIMIT ?");
    sqlite3_stmt *remove = prepare("DELETE FROM spool WHERE sequence <= ?");
    for (qint64 sum = 0; sum < m_records;) {
      std::vector<StoredSample> samples;
      sqlite3_bind_int(select, 1, perCommit);
      qint64 last = 0;
      while (sqlite3_step(select) == SQLITE_ROW) {
        last = sqlite3_column_int64(select, 0);
        const auto *bytes = static_cast<const char *>(sqlite3_column_blob(select, 1));
        need(readSample(viewOf(bytes, sqlite3_column_bytes(select, 1)), samples.emplace_back()), "decode");
      }
      sqlite3_reset(select);
      sum += static_cast<qint64>(samples.size());
      sqlite3_bind_int64(remove, 1, last);
      need(sqlite3_step(remove) == SQLITE_DONE, "delete");
      sqlite3_reset(remove);
    }
    sqlite3_finalize(select);
    sqlite3_finalize(remove);
  }

  QTemporaryDir m_folder{QStringLiteral("/var/tmp/tagwire-bench-XXXXXX")};
  sqlite3 *m_database = nullptr;
  const qint64 m_records;
};

void print(const char *name, const Rates &rates, const Rates &limit) {
  std::printf("  %-18s %9.0f (%5.2f)  %9.0f (%5.2f)  %9.0f (%5.2f)\n", name, rates.write, rates.write / limit.write,
              rates.read, rates.read / limit.read, rates.both, rates.both / limit.both);
}

}  // namespace

int main(int argc, char **argv) {
  const qint64 records = argc > 1 ? std::max(1LL, std::atoll(argv[1])) * perCommit : 200LL * perCommit;
  std::printf("records/s, %d in a commit     add, commit        read, delete       both at once   (SQLite as 1)\n",
              perCommit);
  for (const bool isSync : {false, true}) {
    std::printf("%s\n", isSync ? "on the disk (sync; FULL)" : "in the system's cache (relaxed; NORMAL)");
    const Rates sqlite = SqliteRun(isSync, records).measure();
    const Rates spool = SpoolRun(isSync, records).measure();
    print("SQLite", sqlite, sqlite);
    print("segments", spool, sqlite);
    bench::report({QStringLiteral("spool, in and out at once, %1")
                       .arg(isSync ? QStringLiteral("on the disk") : QStringLiteral("in the system's cache")),
                   QStringLiteral("records/s"),
                   spool.both,
                   {},
                   bench::Beside{"SQLite as a spool", sqlite.both}});
    if (!isSync) std::printf("  bytes per record in segments: %.1f\n", spool.bytes);
  }
  const double seconds = SpoolRun(false, records).reopenSeconds();
  std::printf("start with %lld records waiting: %.2f s\n", static_cast<long long>(records), seconds);
  return 0;
}
