// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/sqliteconnection.h"

namespace tagwire::sql {

/// An open history file: connection, settings and schema. Thread-bound: opened, used and closed in one thread. Owned by
/// the SqlSink.
class SqliteFile {
 public:
  /// Of the schema; rises when it changes.
  static constexpr int schemaVersion = 1;

  /// Opens `path`; makes it (mode 0600) with its folders and schema when it is not there. Errors: not writable,
  /// locked, no database, a database of somebody else or of a newer version. Nothing is ever deleted or overwritten.
  Result<void> open(const QString &path);
  /// Every Statement on it must be gone. Safe at any time.
  void close() { m_connection.close(); }

  /// The C interface's connection; null when closed.
  sqlite3 *handle() const { return m_connection.handle(); }
  Result<void> execute(const char *sql) { return m_connection.execute(sql); }
  /// Whether the file was moved or deleted since: what is written would go to nowhere.
  bool wasMoved() const { return m_connection.wasMoved(); }

 private:
  Result<void> checkSchema();

  SqliteConnection m_connection;
};

/// What went wrong last and, where it helps, what to do.
QString errorText(sqlite3 *database);

}  // namespace tagwire::sql
