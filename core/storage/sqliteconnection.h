// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <chrono>

#include "../export.h"
#include "../result.h"

struct sqlite3;

namespace tagwire {

/// A connection to an SQLite file of our own, by the C interface: made for its owner only, noticed when it is moved
/// away. What is in the file is its owner's affair. Thread-bound: opened, used and closed in one thread.
class TAGWIRE_EXPORT SqliteConnection {
 public:
  SqliteConnection() = default;
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection &) = delete;
  SqliteConnection &operator=(const SqliteConnection &) = delete;

  /// Opens `path`; makes it (mode 0600) with its folders when it is not there. A lock of another program is waited for
  /// up to `longestWait`, now and later. SQLite reads nothing before the first statement, so a damaged file is no error
  /// yet.
  Result<void> open(const QString &path, std::chrono::milliseconds longestWait);
  /// Opens a file that is there, never to write into it.
  Result<void> openForReading(const QString &path, std::chrono::milliseconds longestWait);
  /// Every Statement on it must be gone. Safe at any time.
  void close();
  /// Closes, and gives the file and its journal, as they are, another name: "<path>.<why>-<time>". Who opens next
  /// begins a new one. Answers with that name, without the folder. An error, too, when a hundred such files lie there
  /// already: more of them mean a broken machine, and nobody deletes them.
  Result<QString> putAside(const char *why);

  /// The C interface's connection; null when closed.
  sqlite3 *handle() const { return m_handle; }
  /// One or more statements without a result; after an error nothing of an open transaction is left.
  Result<void> execute(const char *sql);
  /// The first column of the first row.
  Result<qint64> number(const char *sql);
  Result<QString> word(const char *sql);
  /// Readers and one writer at once. An error where the file system can't do it.
  Result<void> writeAhead();
  /// Whether the file was moved or deleted since: what is written would go to nowhere.
  bool wasMoved() const;

 private:
  Result<void> connect(int flags, std::chrono::milliseconds longestWait);

  QString m_path;
  sqlite3 *m_handle = nullptr;
  quint64 m_device = 0;
  quint64 m_inode = 0;
};

}  // namespace tagwire
