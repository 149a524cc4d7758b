// SPDX-License-Identifier: Apache-2.0
#include "postgresstore.h"

#include <algorithm>

#include "chunk.h"
#include "postgresschema.h"
#include "recentrows.h"
#include "storage/statement.h"
#include "store/sliceorder.h"

namespace tagwire::sql {

using namespace std::chrono_literals;

namespace {

constexpr auto oldestRecent = 24h;
constexpr auto betweenCounts = 10min;
// Begins small: a server that is too slow for more ends the connection, and a store made anew must get on.
constexpr qint64 firstMoved = 4'096;
constexpr qint64 fewestMoved = 256;

// Ours are four; an event of the same form may say what it likes.
constexpr qsizetype mostGapReasons = 100;

template <class T>
StoreResult<void> done(const StoreResult<T> &result) {
  return result ? StoreResult<void>() : tl::unexpected(result.error());
}

}  // namespace

PostgresStore::PostgresStore(const PostgresSettings &settings) : m_settings(settings), m_rowsAtOnce(firstMoved) {}

StoreResult<void> PostgresStore::open() {
  close();
  const auto opened = m_connection.open(m_settings)
                          .and_then([this] { return preparePostgresSchema(m_connection, m_settings.location.schema); })
                          .and_then([this] { return m_partitions.open(); });
  if (!opened) close();
  return opened;
}

void PostgresStore::close() {
  m_connection.close();
  m_points.forget();
  m_delivered.forget();
  m_nextCount.reset();
}

StoreResult<void> PostgresStore::transaction(const Step &step) {
  const auto result =
      m_connection.execute("BEGIN").and_then(step).and_then([this] { return m_connection.execute("COMMIT"); });
  if (result) return result;
  // What was entered in it is not there.
  m_points.forget();
  m_partitions.forget();
  if (!m_connection.isOpen()) {
    close();
  } else if (const auto rolledBack = m_connection.execute("ROLLBACK"); !rolledBack) {
    close();
  }
  return result;
}

StoreResult<void> PostgresStore::write(const WriteWork &work, const PointLookup &points) {
  if (const auto locked = m_delivered.lock(work.spool); !locked) return locked;
  return transaction(
      [&] { return writeRecords(work, points).and_then([&] { return m_delivered.enter(work.spool, work.ranges); }); });
}

StoreResult<void> PostgresStore::writeRecords(const WriteWork &work, const PointLookup &points) {
  auto records = m_points.recordsOf(work.samples, points, work.isImport());
  if (!records) return done(records);
  const bool isSlice = static_cast<qsizetype>(records->size()) >= sliceRecords;
  const auto written = isSlice ? storeSlice(std::move(*records)) : writeRecent(*records);
  if (!written) return written;
  if (const auto marked = writeGaps(work.gaps); !marked) return marked;
  return writeEvents(work.events);
}

StoreResult<int> PostgresStore::writeBatches(const HistoryBatches &batches) {
  int count = 0;
  const auto written = transaction([&]() -> StoreResult<void> {
    const auto fresh = NewRecords::of(batches, m_batchPoints,
                                      [this](const QString &origin) { return m_delivered.rangesForNow(origin); });
    if (!fresh) return done(fresh);
    count = fresh->count();
    const auto stored = writeRecords(fresh->work(), [this](PointKey key) { return m_batchPoints.point(key); });
    if (!stored) return stored;
    for (const auto &[origin, ranges] : fresh->ranges()) {
      for (const SpoolRange &range : ranges) {
        if (const auto entered = m_delivered.merge(origin, range); !entered) return entered;
      }
    }
    return {};
  });
  if (!written) return tl::unexpected(written.error());
  return count;
}

StoreResult<void> PostgresStore::writeRecent(const std::vector<PostgresRecord> &records) {
  const auto copy = [&](bool ofPositions, const QByteArray &table, auto addRow) -> StoreResult<void> {
    auto next = records.begin();
    const auto add = [&](CopyRows &rows) {
      for (; next != records.end() && !rows.isPiece(); ++next) {
        if (next->isPosition == ofPositions) addRow(rows, *next);
      }
      m_recentBytes += rows.bytes().size();
      return next != records.end();
    };
    const auto count = std::count_if(records.begin(), records.end(),
                                     [&](const PostgresRecord &record) { return record.isPosition == ofPositions; });
    if (count == 0) return {};
    m_recentRows += count;
    return m_connection.copyIn("COPY " + table + " FROM STDIN (FORMAT binary)", add);
  };
  return copy(false, QByteArray("recent_samples(") + recentSampleColumns + ')', &addRecentSample).and_then([&] {
    return copy(true, QByteArray("recent_positions(") + recentPositionColumns + ')', &addRecentPosition);
  });
}

StoreResult<void> PostgresStore::writeEvents(const std::vector<StoredEvent> &events) {
  if (events.empty()) return {};
  auto next = events.begin();
  const auto add = [&](CopyRows &rows) {
    for (; next != events.end() && !rows.isPiece(); ++next) {
      rows.beginRow(6);
      rows.add(next->epoch);
      next->hubSequence > 0 ? rows.add(static_cast<qint64>(next->hubSequence)) : rows.addNull();
      rows.add(Microseconds::of(next->time));
      rows.add(next->source);
      rows.add(next->kind);
      rows.add(next->json);
    }
    return next != events.end();
  };
  return m_connection.copyIn("COPY events(epoch, sequence, time, source, kind, json) FROM STDIN (FORMAT binary)", add);
}

// One at a time in the whole database: roll-ups are read, added to and written back.
StoreResult<void> PostgresStore::storeSlice(std::vector<PostgresRecord> records) {
  const auto slice = m_connection.query(lockSql(PostgresLock::Slices)).and_then([this](const PostgresResult &) {
    return m_connection.query("SELECT nextval('slices')");
  });
  if (!slice) return done(slice);
  sortByPointAndTime(records);
  std::vector<RollupRecord> forRollups;
  forRollups.reserve(records.size());
  for (const PostgresRecord &record : records) forRollups.push_back(record.forRollup());
  if (const auto merged = mergeRollups(m_rollups, forRollups); !merged) return merged;
  const auto copy = [&](bool ofPositions, const QByteArray &table, const char *columns) -> StoreResult<void> {
    const auto months = monthsOf(records, ofPositions);
    if (months.empty()) return {};
    ChunkPacker packer(records, slice->value<qint64>(0, 0), ofPositions);
    return m_partitions.provide(table, months).and_then([&] {
      return m_connection.copyIn("COPY " + table + '(' + columns + ") FROM STDIN (FORMAT binary)",
                                 [&](CopyRows &rows) { return packer.add(rows); });
    });
  };
  return copy(false, "samples", sampleChunkColumns).and_then([&] {
    return copy(true, "positions", positionChunkColumns);
  });
}

StoreResult<bool> PostgresStore::maintain(Time now, const Retention &retention) {
  const auto moved = moveRecent(now);
  if (!moved || *moved) return moved;
  return m_expiry.step(now, retention);
}

StoreResult<void> PostgresStore::countRecent(Time now) {
  const auto found = m_connection.query(
      QByteArray("SELECT count(*), min(received), coalesce(sum(bytes), 0)::bigint FROM (SELECT received, ") +
      recentSampleBytes + " AS bytes FROM recent_samples UNION ALL SELECT received, " + recentPositionBytes +
      " FROM recent_positions) r");
  if (!found) return done(found);
  m_recentRows = found->value<qint64>(0, 0);
  m_recentBytes = found->value<qint64>(0, 2);
  m_oldestRecent.reset();
  if (!found->isNull(0, 1)) m_oldestRecent = found->value<Microseconds>(0, 1).time();
  m_nextCount = now + betweenCounts;
  return {};
}

StoreResult<bool> PostgresStore::moveRecent(Time now) {
  if (!m_nextCount || now >= *m_nextCount || now < *m_nextCount - betweenCounts) {
    if (const auto counted = countRecent(now); !counted) return tl::unexpected(counted.error());
  }
  const bool isOld = m_oldestRecent && *m_oldestRecent < now - oldestRecent;
  if (m_recentRows < sliceRecords && m_recentBytes < mostRecentBytes && !isOld) return false;
  const auto begun = std::chrono::steady_clock::now();
  const auto moved = transaction([this]() -> StoreResult<void> {
    auto records = takeRecent();
    if (!records) return done(records);
    return records->empty() ? StoreResult<void>() : storeSlice(std::move(*records));
  });
  m_nextCount.reset();
  adaptMoves(moved.has_value(), std::chrono::steady_clock::now() - begun);
  if (!moved) return tl::unexpected(moved.error());
  return true;
}

// The next step four times as large must still be well within the server's patience.
void PostgresStore::adaptMoves(bool isDone, std::chrono::steady_clock::duration took) {
  if (!isDone) {
    m_rowsAtOnce = std::max(fewestMoved, m_rowsAtOnce / 2);
  } else if (took < m_settings.statementTimeout / 10) {
    m_rowsAtOnce = std::min<qint64>(sliceRecords, m_rowsAtOnce * 4);
  } else if (took > m_settings.statementTimeout / 2) {
    m_rowsAtOnce = std::max(fewestMoved, m_rowsAtOnce / 2);
  }
}

// Reading and deleting is one statement, so that it is the very same rows, whatever other sites write meanwhile. As
// many as are wanted and fit into memory, and one at least.
StoreResult<std::vector<PostgresRecord>> PostgresStore::takeRecent() {
  std::vector<PostgresRecord> records;
  const auto take = [&](const QByteArray &table, const char *columns, const char *bytes,
                        auto recordOf) -> StoreResult<void> {
    const auto rows = m_connection.query(
        "WITH moved AS (DELETE FROM " + table + " WHERE id <= (SELECT max(id) FROM (SELECT id, bytes, sum(bytes)" +
        " OVER (ORDER BY id) AS total FROM (SELECT id, " + bytes + " AS bytes FROM " + table +
        " WHERE id < (SELECT min(id) FROM " + table + ") + " + QByteArray::number(m_rowsAtOnce) +
        ") sized) counted WHERE total - bytes < " + QByteArray::number(mostRecentBytes) + ") RETURNING *) SELECT " +
        columns + " FROM moved ORDER BY id");
    if (!rows) return done(rows);
    for (int row = 0; row < rows->rows(); ++row) records.push_back(recordOf(*rows, row));
    return {};
  };
  const auto taken = take("recent_samples", recentSampleColumns, recentSampleBytes, &recentSample).and_then([&] {
    return take("recent_positions", recentPositionColumns, recentPositionBytes, &recentPosition);
  });
  if (!taken) return tl::unexpected(taken.error());
  return records;
}

// One that goes on where our last of its kind ended makes that longer. Another site's may look just the same.
StoreResult<void> PostgresStore::writeGaps(const QList<HistoryGap> &gaps) {
  static const QByteArray sql =
      "WITH longer AS (UPDATE gaps SET since = least(since, $1), until = greatest(until, $2), records = records + $3"
      " WHERE id = $5 AND reason = $4 AND since <= $2 AND until >= $1 RETURNING id),"
      " made AS (INSERT INTO gaps(since, until, records, reason) SELECT $1, $2, $3, $4"
      " WHERE NOT EXISTS (SELECT FROM longer) RETURNING id) SELECT id FROM longer UNION ALL SELECT id FROM made";
  for (const HistoryGap &gap : gaps) {
    const QByteArray reason = storableText(gap.reason, longestText);
    PostgresParameters parameters;
    parameters.add(Microseconds::of(gap.from))
        .add(Microseconds::notBefore(gap.to))
        .add(gap.records)
        .add(reason)
        .add(m_gapRows.value(reason, -1));
    const auto written = m_connection.query(sql, parameters);
    if (!written) return done(written);
    if (m_gapRows.size() >= mostGapReasons) m_gapRows.clear();
    m_gapRows.insert(reason, written->value<qint64>(0, 0));
  }
  return {};
}

}  // namespace tagwire::sql
