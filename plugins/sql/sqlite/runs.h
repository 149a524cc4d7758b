// SPDX-License-Identifier: Apache-2.0
// Reading what SliceWriter stored.
#pragma once

#include <optional>
#include <vector>

#include "sqlite/rowformat.h"

struct sqlite3;

namespace tagwire::sql {

/// A slice of a table, sorted by point and time.
struct Run {
  qint64 id = 0;
  RowKind kind = RowKind::Value;
  Time from;  ///< first of all of its points
  Time last;
};

/// Rows of one point in a run.
struct Chunk {
  RowKind kind = RowKind::Value;
  qint64 run = 0;
  Time from;
  Time last;
  qint64 firstId = 0;
  qint64 count = 0;
};

/// Finds runs, chunks and rows. Thread-bound; owned by whoever reads; gone before the connection is closed. Errors are
/// SQLite's: ask the connection.
class RunDirectory {
 public:
  Result<void> prepare(sqlite3 *database);
  /// Those with anything in [from, to), in the order in which they were stored.
  Result<std::vector<Run>> overlapping(Time from, Time to);
  Result<std::optional<Chunk>> chunk(const Run &run, qint64 point);
  /// The first id in the chunk whose time is not before `time`.
  Result<qint64> lowerBound(const Chunk &chunk, Time time);
  /// Ends what is being read, so that the transaction can end.
  void reset();

 private:
  Statement m_runs, m_chunk;
  Statement m_offset[2];  ///< by RowKind
  sqlite3 *m_database = nullptr;
};

/// Goes through the rows of one chunk in [from, to), by time.
class ChunkCursor {
 public:
  Result<void> open(sqlite3 *database, RunDirectory &runs, const Chunk &chunk, Time from, Time to, bool isBackwards,
                    ValueType type);
  /// False: there are no more.
  Result<bool> next();
  const HistoryValue &value() const { return m_value; }
  qint64 run() const { return m_chunk.run; }

 private:
  Statement m_select;
  Chunk m_chunk;
  ValueType m_type = ValueType::None;
  HistoryValue m_value;
  sqlite3 *m_database = nullptr;
};

}  // namespace tagwire::sql
