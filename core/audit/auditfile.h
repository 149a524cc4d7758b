// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../storage/sqliteconnection.h"
#include "auditrow.h"

namespace tagwire {

class Statement;

/// "os:anna": who runs this program, on record for what the command line does.
TAGWIRE_EXPORT QString commandLineActor();

/// data_dir/audit.db, open for appending, by one of several processes. Every file begins with a record that says so. It
/// blocks. Thread-bound.
class TAGWIRE_EXPORT AuditFile {
 public:
  /// `patience` is how long another process that appends is waited for.
  explicit AuditFile(QString dataDir, std::chrono::milliseconds patience = std::chrono::seconds(10));
  ~AuditFile();

  /// Opens or makes it (0600). A damaged one, or one of a newer version or another program, is put aside first. Without
  /// it, append() opens.
  Result<void> open();
  /// All of them, durably, or none. When the file is found damaged or was moved away, a new one is begun first.
  Result<void> append(const QList<AuditRow> &rows);
  Result<void> append(const AuditEntry &entry);
  const QString &path() const { return m_path; }
  /// Why a new file was begun or what is wrong with the last record, for the log; once.
  QString takeNotice() { return std::exchange(m_notice, {}); }
  void close();

 private:
  enum class Trouble : quint8 { None, Damaged, Newer };

  Result<void> tryOpen();
  Result<void> checkFile();
  Result<bool> isOurs();
  Result<void> writeAhead();
  Result<void> make();
  Result<void> begin();
  AuditEntry firstEntry() const;
  Result<void> checkLast();
  Result<void> putAside(const QString &trouble);
  Result<void> tryAppend(const QList<AuditRow> &rows);
  Result<void> insert(Statement &statement, AuditRow row);
  Result<AuditRow> last();
  Result<void> run(const char *sql);
  Result<void> failed(const QString &text);
  Result<void> failedBySqlite();

  QString m_dataDir;
  QString m_path;
  std::chrono::milliseconds m_patience;
  SqliteConnection m_connection;
  Trouble m_trouble = Trouble::None;  ///< of the last error
  QString m_reason;                   ///< why the next new file is one; empty: there was none
  QString m_aside;                    ///< and where what was there before lies now
  QString m_notice;
  bool m_wasEmptied = false;  ///< what was in it is gone, or was never written
};

}  // namespace tagwire
