// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>

#include "../export.h"
#include "../result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tagwire {

/// A prepared statement of the SQLite C interface, finalised with the object. Why not QSqlQuery: it takes five times as
/// long per row (bench/README.md). Thread-bound; parameters count from 1.
class TAGWIRE_EXPORT Statement {
 public:
  Statement() = default;
  ~Statement();
  Statement(const Statement &) = delete;
  Statement &operator=(const Statement &) = delete;

  /// Errors: what SQLite says of `sql`.
  Result<void> prepare(sqlite3 *database, const char *sql);

  void bind(int parameter, qint64 value);
  /// NaN and infinity, which neither JSON nor SQL arithmetic can carry, become NULL.
  void bind(int parameter, double value);
  /// UTF-8 without NUL (storableText()). Copied.
  void bind(int parameter, const QByteArray &utf8);
  void bindNull(int parameter);

  /// SQLITE_ROW, SQLITE_DONE or an extended error code.
  int step();
  bool isNull(int column) const;
  /// SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB or SQLITE_NULL.
  int type(int column) const;
  qint64 integer(int column) const;
  double number(int column) const;
  QByteArray text(int column) const;
  /// To be stepped again with what is bound.
  void rewind();
  /// To be used anew; forgets what is bound.
  void reset();

 private:
  sqlite3_stmt *m_statement = nullptr;
};

/// `text` as UTF-8 that every reader of the file can take: NUL and lone surrogates become U+FFFD, and what is longer
/// than `longest` characters is cut.
TAGWIRE_EXPORT QByteArray storableText(const QString &text, qsizetype longest);

/// What went wrong last, for a person: SQLite's text and, where it helps, what to do.
TAGWIRE_EXPORT QString errorText(sqlite3 *database);

/// Whether it went wrong because the file is no database or a damaged one.
TAGWIRE_EXPORT bool isDamage(sqlite3 *database);

}  // namespace tagwire
