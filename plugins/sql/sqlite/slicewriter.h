// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sqlite/historyfile.h"
#include "sqlite/rowformat.h"
#include "sqlite/sqliterollups.h"

namespace tagwire::sql {

/// Stores rows in their final form: a run, sorted by point and time, with its chunks and roll-ups. Within the caller's
/// transaction. Thread-bound; owned by the SqliteStore.
class SliceWriter {
 public:
  explicit SliceWriter(HistoryFile &file) : m_file(file), m_rollups(file) {}
  StoreResult<void> prepare();
  /// `rows` in the order in which they came.
  StoreResult<void> store(RowKind kind, std::vector<Row> rows);

 private:
  StoreResult<qint64> beginRun(RowKind kind, const std::vector<Row> &rows, qint64 &run);
  StoreResult<void> insertRows(RowKind kind, const std::vector<Row> &rows, qint64 firstId);
  StoreResult<void> insertChunks(const std::vector<Row> &rows, qint64 run, qint64 firstId);

  HistoryFile &m_file;
  SqliteRollups m_rollups;
  Statement m_nextId, m_insertRun, m_insertChunk;
  Statement m_insert[2], m_insertMany[2];  ///< by RowKind
};

}  // namespace tagwire::sql
