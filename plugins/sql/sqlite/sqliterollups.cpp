// SPDX-License-Identifier: Apache-2.0
#include "sqlite/sqliterollups.h"

#include <sqlite3.h>

#include <algorithm>

namespace tagwire::sql {

qint64 rollupIndex(RollupLevel level, Time time) {
  const qint64 length = lengthOf(level).count();
  return nanoseconds(time) / length - (nanoseconds(time) % length < 0 ? 1 : 0);
}

Rollup rollupFrom(const Statement &statement, int column, RollupLevel level) {
  Rollup rollup;
  rollup.start = timeFrom(statement.integer(column) * lengthOf(level).count());
  rollup.count = statement.integer(column + 1);
  rollup.good = statement.integer(column + 2);
  rollup.numbers = statement.integer(column + 3);
  rollup.min = statement.number(column + 4);
  rollup.max = statement.number(column + 5);
  rollup.sum = statement.number(column + 6);
  rollup.last = statement.number(column + 7);
  if (rollup.numbers > 0) rollup.lastTime = rollup.start + std::chrono::nanoseconds(statement.integer(column + 8));
  rollup.isDense = statement.integer(column + 9) != 0;
  return rollup;
}

StoreResult<void> SqliteRollups::prepare() {
  auto done = m_file.prepare(
      m_load, QByteArray("SELECT ") + rollupColumns + " FROM rollups WHERE level = ? AND point_id = ? AND start = ?");
  if (done) {
    done = m_file.prepare(m_store, QByteArray("INSERT OR REPLACE INTO rollups(level, point_id, ") + rollupColumns +
                                       ") VALUES(" + placeholders(12) + ')');
  }
  for (const RowKind kind : rowKinds) {
    // Of a position only that it was there counts.
    const QByteArray value = kind == RowKind::Value ? "value" : "NULL";
    if (done) {
      done =
          m_file.prepare(m_rows[static_cast<int>(kind)], "SELECT offset_ns, quality, " + value + " FROM " +
                                                             tableOf(kind) + " WHERE id >= ? AND id < ? ORDER BY id");
    }
  }
  if (done && !m_runs.prepare(m_file.handle())) return m_file.failed();
  return done;
}

StoreResult<void> SqliteRollups::load(RollupLevel level, const std::vector<Key> &keys,
                                      const std::function<void(qint64 point, const Rollup &)> &take) {
  for (const Key &key : keys) {
    m_load.bind(1, static_cast<qint64>(level));
    m_load.bind(2, key.point);
    m_load.bind(3, rollupIndex(level, key.start));
    const auto row = m_file.next(m_load);
    if (!row) return tl::unexpected(row.error());
    if (!*row) continue;
    take(key.point, rollupFrom(m_load, 0, level));
    m_load.reset();
  }
  return {};
}

StoreResult<void> SqliteRollups::store(RollupLevel level, const std::vector<std::pair<qint64, Rollup>> &rollups) {
  for (const auto &[point, rollup] : rollups) {
    m_store.bind(1, static_cast<qint64>(level));
    m_store.bind(2, point);
    m_store.bind(3, rollupIndex(level, rollup.start));
    m_store.bind(4, rollup.count);
    m_store.bind(5, rollup.good);
    m_store.bind(6, rollup.numbers);
    m_store.bind(11, qint64{0});
    if (rollup.numbers > 0) {
      m_store.bind(7, rollup.min);
      m_store.bind(8, rollup.max);
      m_store.bind(9, rollup.sum);
      m_store.bind(10, rollup.last);
      m_store.bind(11, qint64{(rollup.lastTime - rollup.start).count()});
    }
    m_store.bind(12, static_cast<qint64>(rollup.isDense));
    if (const auto stored = m_file.run(m_store); !stored) return stored;
  }
  return {};
}

StoreResult<void> SqliteRollups::earlier(const std::vector<Span> &spans,
                                         const std::function<void(const RollupRecord &)> &take) {
  Time from = Time::max();
  Time to = Time::min();
  for (const Span &span : spans) {
    from = std::min(from, span.from);
    to = std::max(to, span.to);
  }
  const auto runs = m_runs.overlapping(from, to);
  if (!runs) return m_file.failed();
  std::vector<RollupRecord> records;
  for (const Span &span : spans) {
    records.clear();
    if (const auto read = readSpan(*runs, span, records); !read) return read;
    // Each run is in order by itself; what is of the same time stays in the order of the runs.
    std::stable_sort(records.begin(), records.end(),
                     [](const RollupRecord &a, const RollupRecord &b) { return a.time < b.time; });
    for (const RollupRecord &record : records) take(record);
  }
  return {};
}

StoreResult<void> SqliteRollups::readSpan(const std::vector<Run> &runs, const Span &span,
                                          std::vector<RollupRecord> &records) {
  for (const Run &run : runs) {
    if (run.from >= span.to || run.last < span.from) continue;
    const auto chunk = m_runs.chunk(run, span.point);
    if (!chunk) return m_file.failed();
    if (!*chunk) continue;
    const auto first = m_runs.lowerBound(**chunk, span.from);
    const auto end = m_runs.lowerBound(**chunk, span.to);
    if (!first || !end) return m_file.failed();
    Statement &rows = m_rows[static_cast<int>(run.kind)];
    rows.bind(1, *first);
    rows.bind(2, *end);
    for (;;) {
      const auto row = m_file.next(rows);
      if (!row) return tl::unexpected(row.error());
      if (!*row) break;
      std::optional<double> number;
      if (const int type = rows.type(2); type == SQLITE_INTEGER || type == SQLITE_FLOAT) number = rows.number(2);
      records.push_back({span.point, (*chunk)->from + std::chrono::nanoseconds(rows.integer(0)),
                         qualityFrom(static_cast<int>(rows.integer(1))), number});
    }
  }
  return {};
}

}  // namespace tagwire::sql
