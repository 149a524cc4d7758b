// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFile>
#include <QStringList>

#include <sqlite3.h>

namespace tagwire::sql {

/// Another program that has the same file open: reads it by SQL, holds locks, or damages it.
class OtherProgram {
 public:
  explicit OtherProgram(const QString &path) {
    if (sqlite3_open_v2(QFile::encodeName(path).constData(), &m_database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        nullptr) != SQLITE_OK) {
      qWarning("%s", sqlite3_errmsg(m_database));
    }
    sqlite3_busy_timeout(m_database, 10'000);
  }
  ~OtherProgram() { sqlite3_close(m_database); }
  OtherProgram(const OtherProgram &) = delete;
  OtherProgram &operator=(const OtherProgram &) = delete;

  bool execute(const char *sql) { return sqlite3_exec(m_database, sql, nullptr, nullptr, nullptr) == SQLITE_OK; }

  /// One string per row, columns separated by '|', NULL as "NULL". An error gives one row with its text.
  QStringList rows(const char *sql) {
    sqlite3_stmt *statement = nullptr;
    if (sqlite3_prepare_v2(m_database, sql, -1, &statement, nullptr) != SQLITE_OK) {
      return {QString::fromUtf8(sqlite3_errmsg(m_database))};
    }
    QStringList rows;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      QStringList columns;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) columns << column(statement, i);
      rows << columns.join(u'|');
    }
    sqlite3_finalize(statement);
    return rows;
  }
  QString one(const char *sql) { return rows(sql).join(u'\n'); }

 private:
  static QString column(sqlite3_stmt *statement, int index) {
    if (sqlite3_column_type(statement, index) == SQLITE_NULL) return QStringLiteral("NULL");
    const auto *text = reinterpret_cast<const char *>(sqlite3_column_text(statement, index));
    return QString::fromUtf8(text, sqlite3_column_bytes(statement, index));
  }

  sqlite3 *m_database = nullptr;
};

}  // namespace tagwire::sql
