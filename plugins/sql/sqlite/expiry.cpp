// SPDX-License-Identifier: Apache-2.0
#include "sqlite/expiry.h"

#include <array>

#include "sqlite/sqliterollups.h"

namespace tagwire::sql {

namespace {

constexpr qint64 rowsOfAStep = 10'000;
constexpr qint64 chunksOfAStep = 1000;
constexpr std::chrono::minutes betweenRounds{10};

std::optional<std::chrono::hours> keptFor(RollupLevel level, const Retention &retention) {
  switch (level) {
    case RollupLevel::Second:
      return retention.seconds;
    case RollupLevel::Minute:
      return retention.minutes;
    case RollupLevel::Hour:
      return retention.hours;
    case RollupLevel::Day:
      break;
  }
  return retention.days;
}

QByteArray numberSql(qint64 value) { return QByteArray::number(value); }

}  // namespace

StoreResult<bool> Expiry::step(Time now, const Retention &retention) {
  if (m_phase == Phase::Done) {
    if (m_begun && now >= *m_begun && now - *m_begun < betweenRounds) return false;
    m_begun = now;
    m_phase = Phase::Samples;
    m_level = 0;
    m_point = 0;
  }
  const auto hasMore = stepOf(m_phase, now, retention);
  if (!hasMore) return hasMore;
  if (!*hasMore) m_phase = static_cast<Phase>(static_cast<int>(m_phase) + 1);
  return m_phase != Phase::Done;
}

StoreResult<bool> Expiry::stepOf(Phase phase, Time now, const Retention &retention) {
  switch (phase) {
    case Phase::Samples:
      return retention.samples ? expireRows(RowKind::Value, now - *retention.samples) : false;
    case Phase::Positions:
      return retention.positions ? expireRows(RowKind::Position, now - *retention.positions) : false;
    case Phase::Events:
      return retention.events ? expireEvents(now - *retention.events) : false;
    case Phase::Gaps:
      if (!retention.samples) return false;
      return m_file.execute("DELETE FROM gaps WHERE to_ns < " + numberSql(nanoseconds(now - *retention.samples)))
          .map([] { return false; });
    case Phase::Rollups: {
      const auto level = static_cast<RollupLevel>(m_level);
      const auto kept = keptFor(level, retention);
      const auto hasMore = kept ? expireRollups(level, now - *kept) : StoreResult<bool>(false);
      if (!hasMore || *hasMore) return hasMore;
      m_point = 0;
      return ++m_level < rollupLevels;
    }
    case Phase::Done:
      break;
  }
  return false;
}

StoreResult<bool> Expiry::expireRows(RowKind kind, Time before) {
  Statement oldest;
  auto done =
      m_file.prepare(oldest, "SELECT id, first_id, count FROM runs WHERE kind = " + numberSql(static_cast<int>(kind)) +
                                 " AND to_ns < " + numberSql(nanoseconds(before)) + " ORDER BY to_ns LIMIT 1");
  if (!done) return tl::unexpected(done.error());
  const auto row = m_file.next(oldest);
  if (!row) return row;
  if (*row) {
    const qint64 run = oldest.integer(0);
    const qint64 firstId = oldest.integer(1);
    const qint64 count = oldest.integer(2);
    oldest.reset();
    return shortenRun(kind, run, firstId, count).map([] { return true; });
  }
  const auto hasMore = expireChunks(kind, before);
  if (!hasMore || *hasMore) return hasMore;
  // Rows that came late to the newest ones.
  done = m_file.execute("DELETE FROM recent_" + tableOf(kind) + " WHERE time_ns < " + numberSql(nanoseconds(before)));
  return done.map([] { return false; });
}

// Of runs that stay: one value with a clock far ahead must not keep all that came with it.
StoreResult<bool> Expiry::expireChunks(RowKind kind, Time before) {
  Statement select, remove, shorten, forget;
  const QByteArray time = numberSql(nanoseconds(before));
  auto done =
      m_file.prepare(select,
                     "SELECT c.run, c.point_id, c.first_id, c.count FROM runs r CROSS JOIN chunks c "
                     "ON c.run = r.id WHERE r.kind = " +
                         numberSql(static_cast<int>(kind)) + " AND r.from_ns < " + time + " AND r.to_ns >= " + time +
                         " AND c.to_ns < " + time + " LIMIT " + numberSql(chunksOfAStep));
  if (done) done = m_file.prepare(remove, "DELETE FROM " + tableOf(kind) + " WHERE id >= ?1 AND id < ?1 + ?2");
  if (done) {
    done = m_file.prepare(shorten,
                          "UPDATE chunks SET first_id = first_id + ?3, count = count - ?3 "
                          "WHERE run = ?1 AND point_id = ?2");
  }
  if (done) done = m_file.prepare(forget, "DELETE FROM chunks WHERE run = ?1 AND point_id = ?2 AND count = 0");
  if (!done) return tl::unexpected(done.error());
  std::vector<std::array<qint64, 4>> chunks;
  for (;;) {
    const auto row = m_file.next(select);
    if (!row) return row;
    if (!*row) break;
    chunks.push_back({select.integer(0), select.integer(1), select.integer(2), select.integer(3)});
  }
  qint64 left = rowsOfAStep;
  for (const auto &[run, point, firstId, count] : chunks) {
    if (left <= 0) break;
    const qint64 rows = std::min(count, left);
    left -= rows;
    remove.bind(1, firstId);
    remove.bind(2, rows);
    for (Statement *statement : {&shorten, &forget}) {
      statement->bind(1, run);
      statement->bind(2, point);
    }
    shorten.bind(3, rows);
    for (Statement *statement : {&remove, &shorten, &forget}) {
      if (const auto changed = m_file.run(*statement); !changed) return tl::unexpected(changed.error());
    }
  }
  return !chunks.empty();
}

// From the front: first its rows, then the directory of them, then itself.
StoreResult<void> Expiry::shortenRun(RowKind kind, qint64 run, qint64 firstId, qint64 count) {
  const qint64 rows = std::min(count, rowsOfAStep);
  if (rows > 0) {
    return m_file.execute("DELETE FROM " + tableOf(kind) + " WHERE id >= " + numberSql(firstId) + " AND id < " +
                          numberSql(firstId + rows) + "; UPDATE runs SET first_id = first_id + " + numberSql(rows) +
                          ", count = count - " + numberSql(rows) + " WHERE id = " + numberSql(run));
  }
  const QByteArray ofRun = " FROM chunks WHERE run = " + numberSql(run);
  const auto last =
      m_file.number("SELECT point_id" + ofRun + " ORDER BY point_id LIMIT 1 OFFSET " + numberSql(rowsOfAStep));
  if (!last) return tl::unexpected(last.error());
  if (*last != 0) return m_file.execute("DELETE" + ofRun + " AND point_id < " + numberSql(*last));
  return m_file.execute("DELETE" + ofRun + "; DELETE FROM runs WHERE id = " + numberSql(run));
}

StoreResult<bool> Expiry::expireEvents(Time before) {
  const auto done =
      m_file.execute("DELETE FROM events WHERE id IN (SELECT id FROM events WHERE time_ns < " +
                     numberSql(nanoseconds(before)) + " ORDER BY time_ns LIMIT " + numberSql(rowsOfAStep) + ')');
  if (!done) return tl::unexpected(done.error());
  return m_file.changes() == rowsOfAStep;
}

StoreResult<bool> Expiry::expireRollups(RollupLevel level, Time before) {
  constexpr int pointsOfAStep = 1000;
  Statement point, first, remove;
  const QByteArray ofPoint = " FROM rollups WHERE level = " + numberSql(static_cast<int>(level)) + " AND point_id = ?";
  auto done = m_file.prepare(point, "SELECT id FROM points WHERE id > ? ORDER BY id LIMIT 1");
  if (done) done = m_file.prepare(first, "SELECT start" + ofPoint + " ORDER BY start LIMIT 1");
  if (done) done = m_file.prepare(remove, "DELETE" + ofPoint + " AND start < ?");
  if (!done) return tl::unexpected(done.error());
  const qint64 end = rollupIndex(level, before);
  qint64 removed = 0;
  for (int i = 0; i < pointsOfAStep && removed < rowsOfAStep; ++i) {
    point.bind(1, m_point);
    const auto hasPoint = m_file.next(point);
    if (!hasPoint || !*hasPoint) return hasPoint;
    const qint64 id = point.integer(0);
    point.reset();
    first.bind(1, id);
    const auto hasRow = m_file.next(first);
    if (!hasRow) return hasRow;
    const qint64 start = *hasRow ? first.integer(0) : end;
    first.reset();
    if (start < end) {
      remove.bind(1, id);
      remove.bind(2, std::min(end, start + rowsOfAStep));
      if (const auto run = m_file.run(remove); !run) return tl::unexpected(run.error());
      removed += m_file.changes();
    }
    if (start + rowsOfAStep >= end) m_point = id;  // else there is more of it
  }
  return true;
}

}  // namespace tagwire::sql
