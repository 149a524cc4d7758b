// SPDX-License-Identifier: Apache-2.0
#include "postgresstore.h"

#include <algorithm>

#include "chunk.h"
#include "postgresschema.h"
#include "recentrows.h"
#include "storage/statement.h"

namespace tagwire::sql {

using namespace std::chrono_literals;

namespace {

constexpr auto oldestRecent = 24h;
constexpr auto betweenCounts = 10min;
constexpr auto betweenRetentions = 10min;
constexpr int mostDeleted = 2'000;
// Begins small: a server that is too slow for more ends the connection, and a store made anew must get on.
constexpr qint64 firstMoved = 4'096;
constexpr qint64 fewestMoved = 256;
constexpr size_t pointsAtOnce = 10'000;

QByteArray number(PostgresLock lock) { return QByteArray::number(static_cast<qint32>(lock)); }

bool isPosition(const StoredSample &sample, const StoredPoint &point) {
  return std::holds_alternative<Position>(sample.value) ||
         (std::holds_alternative<std::monostate>(sample.value) && point.type == ValueType::Position);
}

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
  m_points.clear();
  m_lockedSpool.clear();
  m_nextCount.reset();
}

StoreResult<void> PostgresStore::transaction(const Step &step) {
  const auto result =
      m_connection.execute("BEGIN").and_then(step).and_then([this] { return m_connection.execute("COMMIT"); });
  if (result) return result;
  // What was entered in it is not there.
  m_points.clear();
  m_partitions.forget();
  if (!m_connection.isOpen()) {
    close();
  } else if (const auto rolledBack = m_connection.execute("ROLLBACK"); !rolledBack) {
    close();
  }
  return result;
}

// An earlier connection of this spool may still be committing what nobody got an answer to. Its session holds the lock
// until it is gone, so whoever has the lock sees all that it did.
StoreResult<void> PostgresStore::lockSpool(const QString &spool) {
  if (spool.isEmpty() || spool == m_lockedSpool) return {};
  PostgresParameters parameters;
  parameters.add(spool.toUtf8());
  const auto locked = m_connection.query(
      "SELECT pg_advisory_lock(" + number(PostgresLock::Spool) + ", hashtext(current_schema() || ' ' || $1))",
      parameters);
  if (locked) m_lockedSpool = spool;
  return done(locked);
}

StoreResult<QList<SpoolRange>> PostgresStore::delivered(const QString &spool) {
  PostgresParameters parameters;
  parameters.add(spool.toUtf8());
  const auto found = lockSpool(spool).and_then([&] {
    return m_connection.query(
        "SELECT boot, stream, first, next FROM delivered WHERE spool = $1 ORDER BY boot, stream, first", parameters);
  });
  if (!found) return tl::unexpected(found.error());
  QList<SpoolRange> ranges;
  for (int row = 0; row < found->rows(); ++row) {
    ranges.append(
        {static_cast<quint64>(found->value<qint64>(row, 0)), static_cast<Stream>(found->value<qint16>(row, 1)),
         static_cast<quint64>(found->value<qint64>(row, 2)), static_cast<quint64>(found->value<qint64>(row, 3))});
  }
  return ranges;
}

StoreResult<void> PostgresStore::keepBoots(const QString &spool, const QList<quint64> &boots) {
  std::vector<qint64> kept;
  for (const quint64 boot : boots) kept.push_back(static_cast<qint64>(boot));
  PostgresParameters parameters;
  parameters.add(spool.toUtf8()).addArray(kept);
  return lockSpool(spool).and_then([&] {
    return done(m_connection.query("DELETE FROM delivered WHERE spool = $1 AND boot <> ALL($2)", parameters));
  });
}

StoreResult<void> PostgresStore::write(const WriteWork &work, const PointLookup &points) {
  if (const auto locked = lockSpool(work.spool); !locked) return locked;
  return transaction([&]() -> StoreResult<void> {
    if (const auto entered = enterPoints(work, points); !entered) return entered;
    auto records = recordsOf(work);
    const bool isSlice = static_cast<qsizetype>(records.size()) >= sliceRecords;
    const auto written = isSlice ? storeSlice(std::move(records)) : writeRecent(records);
    if (!written) return written;
    if (const auto marked = writeGaps(work.gaps); !marked) return marked;
    return writeEvents(work.events).and_then([&] { return enterDelivered(work); });
  });
}

// Keys belong to one spool; a work from elsewhere (an import) may have others for the same numbers.
StoreResult<void> PostgresStore::enterPoints(const WriteWork &work, const PointLookup &points) {
  std::vector<std::pair<PointKey, StoredPointPointer>> unknown;
  std::unordered_map<PointKey, StoredPointPointer> seen;
  for (const StoredSample &sample : work.samples) {
    if (!seen.try_emplace(sample.point).second) continue;
    StoredPointPointer point = points(sample.point);
    const auto known = m_points.find(sample.point);
    if (!point) {
      return tl::unexpected(StoreError{
          StoreError::Kind::Refused, QStringLiteral("nothing is known of the point with number %1").arg(sample.point)});
    }
    if (known == m_points.end() || !(known->second.point == point || *known->second.point == *point)) {
      unknown.emplace_back(sample.point, std::move(point));
    }
  }
  for (size_t from = 0; from < unknown.size(); from += pointsAtOnce) {
    const size_t to = std::min(unknown.size(), from + pointsAtOnce);
    const auto entered =
        enterPoints({unknown.begin() + static_cast<qptrdiff>(from), unknown.begin() + static_cast<qptrdiff>(to)},
                    work.spool.isEmpty());
    if (!entered) return entered;
  }
  return {};
}

// Those that are there unchanged are left alone: the numbers of points are not used up, and nobody waits for a lock.
// What an import says of a point that is there is older or less than what the site says.
StoreResult<void> PostgresStore::enterPoints(const std::vector<std::pair<PointKey, StoredPointPointer>> &unknown,
                                             bool isImport) {
  static const QByteArray change =
      " OR (p.number, p.type, p.unit, p.description, p.tag) IS DISTINCT FROM"
      " (g.number, g.type, g.unit, g.description, g.tag)";
  static const QByteArray update =
      "DO UPDATE SET number = excluded.number, type = excluded.type, unit = excluded.unit,"
      " description = excluded.description, tag = excluded.tag";
  const QByteArray sql =
      "WITH given AS (SELECT * FROM unnest($1, $2, $3, $4, $5, $6)"
      " AS g(name, number, type, unit, description, tag)), entered AS ("
      " INSERT INTO points(name, number, type, unit, description, tag)"
      " SELECT DISTINCT ON (g.name) g.* FROM given g LEFT JOIN points p ON p.name = g.name WHERE p.id IS NULL" +
      (isImport ? QByteArray() : change) + " ORDER BY g.name ON CONFLICT (name) " +
      (isImport ? QByteArray("DO NOTHING") : update) +
      " RETURNING id, name)"
      " SELECT id, name FROM entered UNION"
      " SELECT p.id, p.name FROM points p JOIN given g ON g.name = p.name";
  std::vector<QByteArray> names, types, units, descriptions, tags;
  std::vector<std::optional<qint32>> numbers;
  for (const auto &[key, point] : unknown) {
    names.push_back(storableText(point->name, longestText));
    numbers.push_back(point->number);
    types.push_back(toText(point->type).latin1());
    units.push_back(storableText(point->unit, longestText));
    descriptions.push_back(storableText(point->description, longestText));
    tags.push_back(storableText(point->tag, longestText));
  }
  PostgresParameters parameters;
  parameters.addArray(names).addArray(numbers).addArray(types).addArray(units).addArray(descriptions).addArray(tags);
  const auto found = m_connection.query(sql, parameters);
  if (!found) return done(found);
  QHash<QByteArray, qint32> rows;
  for (int row = 0; row < found->rows(); ++row) {
    rows.insert(found->value<QByteArray>(row, 1), found->value<qint32>(row, 0));
  }
  for (size_t i = 0; i < unknown.size(); ++i) {
    const qint32 row = rows.value(names[i]);
    if (row == 0) {
      close();
      return tl::unexpected(StoreError{
          StoreError::Kind::Outage,
          QStringLiteral("%1: the point '%2' has no row in the table points: does a trigger or row security keep it "
                         "away?")
              .arg(m_settings.location.toText(), unknown[i].second->name)});
    }
    m_points[unknown[i].first] = {unknown[i].second, row};
  }
  return {};
}

std::vector<PostgresRecord> PostgresStore::recordsOf(const WriteWork &work) const {
  std::vector<PostgresRecord> records;
  records.reserve(work.samples.size());
  for (const StoredSample &sample : work.samples) {
    const auto known = m_points.find(sample.point);
    if (known == m_points.end()) continue;
    records.push_back(postgresRecord(sample, known->second.row, isPosition(sample, *known->second.point)));
  }
  return records;
}

StoreResult<void> PostgresStore::writeRecent(const std::vector<PostgresRecord> &records) {
  if (records.empty()) return {};
  CopyRows samples, positions;
  for (const PostgresRecord &record : records) {
    record.isPosition ? addRecentPosition(positions, record) : addRecentSample(samples, record);
  }
  samples.end();
  positions.end();
  m_recentRows += samples.rows() + positions.rows();
  m_recentBytes += samples.bytes().size() + positions.bytes().size();
  const auto copy = [this](const QByteArray &table, const char *columns, const CopyRows &rows) -> StoreResult<void> {
    if (rows.rows() == 0) return {};
    return m_connection.copyIn("COPY " + table + '(' + columns + ") FROM STDIN (FORMAT binary)", rows);
  };
  return copy("recent_samples", recentSampleColumns, samples).and_then([&] {
    return copy("recent_positions", recentPositionColumns, positions);
  });
}

StoreResult<void> PostgresStore::writeEvents(const std::vector<StoredEvent> &events) {
  if (events.empty()) return {};
  CopyRows rows;
  for (const StoredEvent &event : events) {
    rows.beginRow(6);
    rows.add(event.epoch);
    event.hubSequence > 0 ? rows.add(static_cast<qint64>(event.hubSequence)) : rows.addNull();
    rows.add(Microseconds::of(event.time));
    rows.add(event.source);
    rows.add(event.kind);
    rows.add(event.json);
  }
  rows.end();
  return m_connection.copyIn("COPY events(epoch, sequence, time, source, kind, json) FROM STDIN (FORMAT binary)", rows);
}

StoreResult<void> PostgresStore::enterDelivered(const WriteWork &work) {
  static const QByteArray sql =
      "WITH grown AS (UPDATE delivered SET next = $5 WHERE spool = $1 AND boot = $2 AND stream = $3 AND next = $4"
      " RETURNING 1) INSERT INTO delivered(spool, boot, stream, first, next) SELECT $1, $2, $3, $4, $5"
      " WHERE NOT EXISTS (SELECT FROM grown)";
  if (work.spool.isEmpty()) return {};
  for (const SpoolRange &range : work.ranges) {
    if (range.isEmpty()) continue;
    PostgresParameters parameters;
    parameters.add(work.spool.toUtf8())
        .add(static_cast<qint64>(range.boot))
        .add(static_cast<qint16>(range.stream))
        .add(static_cast<qint64>(range.first))
        .add(static_cast<qint64>(range.next));
    if (const auto entered = m_connection.query(sql, parameters); !entered) return done(entered);
  }
  return {};
}

// One at a time in the whole database: roll-ups are read, added to and written back.
StoreResult<void> PostgresStore::storeSlice(std::vector<PostgresRecord> records) {
  const auto slice =
      m_connection
          .query("SELECT pg_advisory_xact_lock(" + number(PostgresLock::Slices) + ", hashtext(current_schema()))")
          .and_then([this](const PostgresResult &) { return m_connection.query("SELECT nextval('slices')"); });
  if (!slice) return done(slice);
  std::stable_sort(records.begin(), records.end(), [](const PostgresRecord &one, const PostgresRecord &other) {
    return std::tie(one.point, one.time) < std::tie(other.point, other.time);
  });
  std::vector<RollupRecord> forRollups;
  forRollups.reserve(records.size());
  for (const PostgresRecord &record : records) forRollups.push_back(record.forRollup());
  if (const auto merged = mergeRollups(m_rollups, forRollups); !merged) return merged;
  const PackedChunks chunks = packed(records, slice->value<qint64>(0, 0));
  const auto copy = [this](const QByteArray &table, const char *columns, const CopyRows &rows,
                           const std::set<Microseconds> &months) -> StoreResult<void> {
    if (rows.rows() == 0) return {};
    return m_partitions.provide(table, months).and_then([&] {
      return m_connection.copyIn("COPY " + table + '(' + columns + ") FROM STDIN (FORMAT binary)", rows);
    });
  };
  return copy("samples", sampleChunkColumns, chunks.samples, chunks.sampleMonths).and_then([&] {
    return copy("positions", positionChunkColumns, chunks.positions, chunks.positionMonths);
  });
}

StoreResult<bool> PostgresStore::maintain(Time now, const Retention &retention) {
  const auto moved = moveRecent(now);
  if (!moved || *moved) return moved;
  return retain(now, retention);
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

StoreResult<bool> PostgresStore::retain(Time now, const Retention &retention) {
  if (m_nextRetention && now < *m_nextRetention && now >= *m_nextRetention - betweenRetentions) return false;
  const auto step = [&](std::optional<std::chrono::hours> kept, auto remove) -> StoreResult<bool> {
    return kept ? remove(now - *kept) : StoreResult<bool>(false);
  };
  const auto level = [&](RollupLevel which, std::optional<std::chrono::hours> kept) {
    return step(kept, [&, which](Time before) {
      const auto condition = "level = " + QByteArray::number(static_cast<int>(which)) + " AND ";
      return deleteOld("rollups", condition, "start", before);
    });
  };
  const std::function<StoreResult<bool>()> steps[] = {
      [&] { return step(retention.samples, [&](Time before) { return dropOld("samples", before); }); },
      [&] { return step(retention.positions, [&](Time before) { return dropOld("positions", before); }); },
      [&] { return step(retention.events, [&](Time before) { return deleteOld("events", {}, "time", before); }); },
      [&] { return step(retention.samples, [&](Time before) { return deleteOld("gaps", {}, "until", before); }); },
      [&] { return level(RollupLevel::Second, retention.seconds); },
      [&] { return level(RollupLevel::Minute, retention.minutes); },
      [&] { return level(RollupLevel::Hour, retention.hours); },
      [&] { return level(RollupLevel::Day, retention.days); }};
  for (const auto &each : steps) {
    auto removed = each();
    if (!removed) m_nextRetention = now + betweenRetentions;  // else it would be tried without end
    if (!removed || *removed) return removed;
  }
  m_nextRetention = now + betweenRetentions;
  return false;
}

// A whole month goes at once, the rest chunk by chunk, and so do rows that are too late to become one.
StoreResult<bool> PostgresStore::dropOld(const QByteArray &table, Time before) {
  auto dropped = m_partitions.dropBefore(table, Microseconds::of(before));
  if (!dropped || *dropped) return dropped;
  auto deleted = deleteOld(table, "last < $1 AND ", "first", before);
  if (!deleted || *deleted) return deleted;
  return deleteOld("recent_" + table, {}, "time", before);
}

// `column` is the one that an index serves. The condition stands twice: partitions are chosen by the outer one.
StoreResult<bool> PostgresStore::deleteOld(const QByteArray &table, const QByteArray &condition,
                                           const QByteArray &column, Time before) {
  const QByteArray isOld = condition + column + " < $1";
  PostgresParameters parameters;
  parameters.add(Microseconds::of(before));
  const auto deleted =
      m_connection.query("WITH old AS MATERIALIZED (SELECT tableoid AS t, ctid AS c FROM " + table + " WHERE " + isOld +
                             " ORDER BY " + column + " LIMIT " + QByteArray::number(mostDeleted) + ") DELETE FROM " +
                             table + " d USING old WHERE d.tableoid = old.t AND d.ctid = old.c AND " + isOld,
                         parameters);
  if (!deleted) return tl::unexpected(deleted.error());
  return deleted->changed() == mostDeleted;
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
