// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sqlite/historyfile.h"
#include "sqlite/rowformat.h"

namespace tagwire::sql {

/// Rows that came in small numbers: appended as they come, and taken out when there are enough for a slice.
/// Thread-bound; owned by the SqliteStore.
class RecentRows {
 public:
  explicit RecentRows(HistoryFile &file) : m_file(file) {}
  StoreResult<void> prepare();
  StoreResult<void> append(RowKind kind, const std::vector<Row> &rows);
  /// Enough for a slice, by their number or their texts, or the oldest is here for a day.
  StoreResult<bool> areDue(RowKind kind, Time now);
  struct Taken {
    std::vector<Row> rows;
    bool isAll = true;
  };
  /// Takes the oldest out of the table, two slices or textBytesAtOnce at most, in the order in which they came.
  /// `values` keeps their values, and may not grow or shrink as long as the rows are used.
  StoreResult<Taken> take(RowKind kind, std::vector<Value> &values);

 private:
  StoreResult<void> countTexts(RowKind kind);
  StoreResult<bool> remove(RowKind kind, qint64 lastId);

  HistoryFile &m_file;
  struct Statements {
    Statement insert, insertMany, oldest, newest, select, remove;
    /// Bytes in the table, without what another program brought; none: not counted yet.
    std::optional<qsizetype> texts;
  };
  Statements m_of[2];  ///< by RowKind
};

}  // namespace tagwire::sql
