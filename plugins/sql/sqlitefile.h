// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include "result.h"

struct sqlite3;

namespace tagwire::sql {

/// An open history file: connection, settings and schema. Thread-bound: opened, used and closed in one thread. Owned by
/// the SqlSink.
class SqliteFile {
 public:
  /// Of the schema; rises when it changes.
  static constexpr int schemaVersion = 1;

  SqliteFile();
  ~SqliteFile();
  SqliteFile(const SqliteFile &) = delete;
  SqliteFile &operator=(const SqliteFile &) = delete;

  /// Opens `path`; makes it (mode 0600) with its folders and schema when it is not there. Errors: not writable,
  /// locked, no database, a database of somebody else or of a newer version. Nothing is ever deleted or overwritten.
  Result<void> open(const QString &path);
  /// Every Statement on it must be gone. Safe at any time.
  void close();

  /// The C interface's connection; null when closed.
  sqlite3 *handle() const { return m_handle; }
  Result<void> execute(const char *sql);
  /// Whether the file was moved or deleted since: what is written would go to nowhere.
  bool wasMoved() const;

 private:
  Result<void> connect();
  Result<void> takeHandle();
  Result<void> checkSchema();
  Result<qint64> number(const char *sql);
  Result<QString> word(const char *sql);

  const QString m_connectionName;
  QString m_path;
  sqlite3 *m_handle = nullptr;
  quint64 m_device = 0;
  quint64 m_inode = 0;
};

}  // namespace tagwire::sql
