// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/sqliteconnection.h"
#include "storage/statement.h"
#include "storework.h"

namespace tagwire::alarms {

/// Writes work into an open file of the alarms, within one transaction: all of it or nothing. Thread-bound; owned by
/// the StoreFile, gone before the connection is closed.
class StoreWriter {
 public:
  /// Numbers of the history's first and last record, and the highest ever seen of the others.
  struct Numbers {
    qint64 oldestRecord = 1;
    qint64 newestRecord = 0;
    qint64 lastOccurrence = 0;
    qint64 lastNotice = 0;
  };

  /// Of `mostRecords` in the history the oldest go.
  StoreWriter(SqliteConnection &connection, qint64 mostRecords)
      : m_connection(connection), m_mostRecords(mostRecords) {}

  /// Errors: a table or a column is not there, or what SQLite says.
  Result<void> prepare();
  void setNumbers(const Numbers &numbers) { m_numbers = numbers; }
  Result<void> write(const QList<NamedWork> &works);
  /// A row of the table meta.
  Result<void> setNumber(const char *key, qint64 value);
  /// Whether the last error was that the file is damaged.
  bool foundDamage() const { return m_foundDamage; }

 private:
  Result<void> add(const NamedWork &named);
  Result<void> addRecords(const NamedWork &named);
  Result<void> addAlarms(const QList<KeptAlarm> &alarms);
  Result<void> addNotices(const StoreWork &work);
  Result<void> addRules(const QList<AlarmRule> &rules);
  Result<void> trim(qint64 added);
  Result<void> setNumbersOf(const Numbers &before);
  Result<void> finish(Statement &statement);

  SqliteConnection &m_connection;
  const qint64 m_mostRecords;
  Statement m_begin, m_commit;
  Statement m_insertRecord, m_insertMissed, m_trimRecords;
  Statement m_insertAlarm, m_removeAlarm, m_removeAlarms;
  Statement m_insertNotice, m_removeNotice, m_removeNotices;
  Statement m_insertRule, m_setNumber;
  Numbers m_numbers;  ///< of the transaction under way; else of what is stored
  bool m_foundDamage = false;
};

}  // namespace tagwire::alarms
