// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "storewriter.h"

namespace tagwire::alarms {

/// The alarms' file, open for writing: puts it aside when it can't be read, begins it anew. It blocks. Thread-bound, in
/// a thread of the AlarmStore that owns it.
class StoreFile {
 public:
  /// How a write ended.
  struct Outcome {
    bool isStored = false;
    bool isNewFile = false;  ///< what was stored before is no longer in it
    QString trouble = {};    ///< why not, or why a new file was begun; empty: all was well
    int journalPages = 0;    ///< that wait to be brought home by StoreReader::bringHome()
  };

  /// Of `mostRecords` in the history the oldest go.
  StoreFile(QString path, qint64 mostRecords) : m_path(std::move(path)), m_mostRecords(mostRecords) {}

  /// Opens or makes it. A damaged one, or one of a newer version or another program, is put aside first.
  Result<StoreContent> open();
  /// All or nothing. When the file is found damaged or was moved away, a new one is begun with this work in it.
  Outcome write(const QList<NamedWork> &works);
  /// Puts the file aside, for somebody who read it found it damaged, and begins a new one.
  Outcome beginAnew(const QString &trouble);
  void close();

 private:
  enum class Trouble : quint8 { Damaged, Newer, Other };

  Result<StoreContent> tryOpen();
  Result<void> checkSchema();
  Result<void> prepare();
  Result<void> checkTables();
  Result<void> readNumbers(StoreContent &content);
  Result<void> readAlarms(StoreContent &content);
  Result<void> readNotices(StoreContent &content);
  Result<void> readRules(StoreContent &content);
  Result<void> forEachRow(const char *sql, const std::function<void(const Statement &)> &take);
  Result<void> run(const char *sql);
  Result<QString> putAside();
  static int committed(void *file, sqlite3 *database, const char *name, int pages);
  Outcome goOnInNewFile(const QList<NamedWork> &works, const QString &trouble);
  tl::unexpected<QString> failed();

  const QString m_path;
  const qint64 m_mostRecords;
  SqliteConnection m_connection;
  std::optional<StoreWriter> m_writer;  ///< while it is open
  Trouble m_trouble = Trouble::Other;   ///< of what kind the last error was
  int m_journalPages = 0;
};

}  // namespace tagwire::alarms
