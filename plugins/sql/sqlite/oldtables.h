// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "sqlite/slicewriter.h"

namespace tagwire::sql {

/// Tables of a version 1 file: renamed at once, and then moved slice by slice, the newest first, so that a large file
/// keeps nobody waiting and a program that ends meanwhile goes on later. Thread-bound; owned by the SqliteStore.
class OldTables {
 public:
  /// Makes room for the tables of version 2.
  static QByteArray renameSql();
  static StoreResult<bool> areIn(HistoryFile &file);

  explicit OldTables(HistoryFile &file) : m_file(file) {}
  StoreResult<void> prepare();
  /// Whether there are any.
  bool isThere() const { return m_isThere; }
  /// Within a transaction: moves one slice, or drops the tables when they are empty.
  StoreResult<void> moveSlice(SliceWriter &writer);

 private:
  StoreResult<void> readQualities();
  StoreResult<bool> moveSlice(SliceWriter &writer, RowKind kind);
  StoreResult<void> rememberTags(const std::vector<Row> &rows);
  StoreResult<void> dropTables();

  HistoryFile &m_file;
  bool m_isThere = false;
  QHash<qint64, int> m_codes;  ///< of the old table's qualities
};

}  // namespace tagwire::sql
