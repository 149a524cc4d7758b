// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <mutex>

#include "storage/sqliteconnection.h"
#include "storage/statement.h"
#include "store/historystore.h"

namespace tagwire::sql {

/// A history file opened for writing: connection, settings, schema, and what SQLite's errors mean. Thread-bound but for
/// interrupt(); owned by the SqliteStore.
class HistoryFile {
 public:
  /// Opens `path`; makes it (mode 0600) with its folders and tables when it is not there; brings one of version 1 up to
  /// date. Nothing of somebody else, newer or damaged is ever touched.
  StoreResult<void> open(const QString &path, std::chrono::milliseconds lockPatience);
  /// Every Statement on it must be gone. Safe at any time.
  void close();
  bool isOpen() const { return m_connection.handle() != nullptr; }
  sqlite3 *handle() const { return m_connection.handle(); }
  bool wasMoved() const { return m_connection.wasMoved(); }
  /// From any thread: what runs, and what comes before the next open(), ends with an error.
  void interrupt();

  StoreResult<void> prepare(Statement &statement, const QByteArray &sql);
  /// One or more statements without a result.
  StoreResult<void> execute(const QByteArray &sql);
  /// To the next row: false when there is none any more; then, and after an error, it is reset.
  StoreResult<bool> next(Statement &statement);
  /// Runs a statement without rows, and resets it.
  StoreResult<void> run(Statement &statement);
  /// The first column of the first row, 0 for NULL.
  StoreResult<qint64> number(const QByteArray &sql);
  /// Rows that the last statement changed.
  qint64 changes() const;
  /// Undoes an open transaction. Safe at any time.
  void rollBack();
  /// What went wrong last.
  tl::unexpected<StoreError> failed() const;
  tl::unexpected<StoreError> outage(const QString &text) const;

 private:
  StoreResult<void> checkSchema();
  StoreResult<void> makeSchema();

  QString m_path;
  SqliteConnection m_connection;
  std::mutex m_handleMutex;  ///< interrupt() must not meet a closing connection
  std::atomic_bool m_isInterrupted = false;
};

}  // namespace tagwire::sql
