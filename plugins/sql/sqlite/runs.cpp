// SPDX-License-Identifier: Apache-2.0
#include "sqlite/runs.h"

#include <sqlite3.h>

namespace tagwire::sql {

Result<void> RunDirectory::prepare(sqlite3 *database) {
  m_database = database;
  auto done = m_runs.prepare(database,
                             "SELECT id, kind, from_ns, to_ns FROM runs WHERE from_ns < ? AND to_ns >= ? ORDER BY id");
  if (done) {
    done =
        m_chunk.prepare(database, "SELECT from_ns, to_ns, first_id, count FROM chunks WHERE run = ? AND point_id = ?");
  }
  for (const RowKind kind : rowKinds) {
    const QByteArray sql = "SELECT offset_ns FROM " + tableOf(kind) + " WHERE id = ?";
    if (done) done = m_offset[static_cast<int>(kind)].prepare(database, sql.constData());
  }
  return done;
}

Result<std::vector<Run>> RunDirectory::overlapping(Time from, Time to) {
  std::vector<Run> runs;
  m_runs.bind(1, nanoseconds(to));
  m_runs.bind(2, nanoseconds(from));
  int code = m_runs.step();
  for (; code == SQLITE_ROW; code = m_runs.step()) {
    runs.push_back({m_runs.integer(0), static_cast<RowKind>(m_runs.integer(1)), timeFrom(m_runs.integer(2)),
                    timeFrom(m_runs.integer(3))});
  }
  const QString text = code == SQLITE_DONE ? QString() : errorText(m_database);
  m_runs.reset();
  if (code != SQLITE_DONE) return failure(text);
  return runs;
}

Result<std::optional<Chunk>> RunDirectory::chunk(const Run &run, qint64 point) {
  m_chunk.bind(1, run.id);
  m_chunk.bind(2, point);
  const int code = m_chunk.step();
  std::optional<Chunk> chunk;
  if (code == SQLITE_ROW) {
    chunk =
        Chunk{run.kind,          run.id, timeFrom(m_chunk.integer(0)), timeFrom(m_chunk.integer(1)), m_chunk.integer(2),
              m_chunk.integer(3)};
  }
  const QString text = code == SQLITE_ROW || code == SQLITE_DONE ? QString() : errorText(m_database);
  m_chunk.reset();
  if (!text.isEmpty()) return failure(text);
  return chunk;
}

Result<qint64> RunDirectory::lowerBound(const Chunk &chunk, Time time) {
  if (time <= chunk.from) return chunk.firstId;
  if (time > chunk.last) return chunk.firstId + chunk.count;
  Statement &select = m_offset[static_cast<int>(chunk.kind)];
  const qint64 offset = (time - chunk.from).count();
  qint64 low = chunk.firstId;
  qint64 high = chunk.firstId + chunk.count;
  while (low < high) {
    const qint64 middle = low + (high - low) / 2;
    select.bind(1, middle);
    const int code = select.step();
    // Rows that went for their age went from the front.
    const bool isBelow = code != SQLITE_ROW || select.integer(0) < offset;
    const QString text = code == SQLITE_ROW || code == SQLITE_DONE ? QString() : errorText(m_database);
    select.reset();
    if (!text.isEmpty()) return failure(text);
    (isBelow ? low : high) = isBelow ? middle + 1 : middle;
  }
  return low;
}

void RunDirectory::reset() {
  m_runs.reset();
  m_chunk.reset();
  for (Statement &statement : m_offset) statement.reset();
}

Result<void> ChunkCursor::open(sqlite3 *database, RunDirectory &runs, const Chunk &chunk, Time from, Time to,
                               bool isBackwards, ValueType type) {
  m_database = database;
  m_chunk = chunk;
  m_type = type;
  const auto first = runs.lowerBound(chunk, from);
  if (!first) return failure(first.error());
  const auto end = runs.lowerBound(chunk, to);
  if (!end) return failure(end.error());
  const QByteArray sql = "SELECT offset_ns, " + contentColumns(chunk.kind) + " FROM " + tableOf(chunk.kind) +
                         " WHERE id >= ? AND id < ? ORDER BY id" + (isBackwards ? " DESC" : "");
  if (const auto prepared = m_select.prepare(database, sql.constData()); !prepared) return prepared;
  m_select.bind(1, *first);
  m_select.bind(2, *end);
  return {};
}

Result<bool> ChunkCursor::next() {
  const int code = m_select.step();
  if (code == SQLITE_DONE) return false;
  if (code != SQLITE_ROW) return failure(errorText(m_database));
  const Time time = m_chunk.from + std::chrono::nanoseconds(m_select.integer(0));
  m_value = contentFrom(m_select, 1, m_chunk.kind, m_type, time);
  return true;
}

}  // namespace tagwire::sql
