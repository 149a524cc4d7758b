// SPDX-License-Identifier: Apache-2.0
#include "statement.h"

#include <sqlite3.h>

#include <cmath>

namespace tagwire {

Statement::~Statement() { sqlite3_finalize(m_statement); }

Result<void> Statement::prepare(sqlite3 *database, const char *sql) {
  sqlite3_finalize(m_statement);
  m_statement = nullptr;
  if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &m_statement, nullptr) != SQLITE_OK) {
    return failure(errorText(database));
  }
  return {};
}

void Statement::bind(int parameter, qint64 value) { sqlite3_bind_int64(m_statement, parameter, value); }

void Statement::bind(int parameter, double value) {
  if (std::isfinite(value)) {
    sqlite3_bind_double(m_statement, parameter, value);
  } else {
    sqlite3_bind_null(m_statement, parameter);
  }
}

void Statement::bind(int parameter, const QByteArray &utf8) {
  sqlite3_bind_text(m_statement, parameter, utf8.constData(), static_cast<int>(utf8.size()), SQLITE_TRANSIENT);
}

void Statement::bindNull(int parameter) { sqlite3_bind_null(m_statement, parameter); }

int Statement::step() { return sqlite3_step(m_statement); }

bool Statement::isNull(int column) const { return sqlite3_column_type(m_statement, column) == SQLITE_NULL; }

int Statement::type(int column) const { return sqlite3_column_type(m_statement, column); }

double Statement::number(int column) const { return sqlite3_column_double(m_statement, column); }

qint64 Statement::integer(int column) const { return sqlite3_column_int64(m_statement, column); }

QByteArray Statement::text(int column) const {
  const auto *bytes = reinterpret_cast<const char *>(sqlite3_column_text(m_statement, column));
  return QByteArray(bytes, sqlite3_column_bytes(m_statement, column));
}

void Statement::rewind() { sqlite3_reset(m_statement); }

void Statement::reset() {
  sqlite3_reset(m_statement);
  sqlite3_clear_bindings(m_statement);
}

QByteArray storableText(const QString &text, qsizetype longest) {
  constexpr QChar replacement(QChar::ReplacementCharacter);
  QString clean = text.left(longest);
  for (qsizetype i = 0; i < clean.size(); ++i) {
    const QChar character = clean.at(i);
    const bool isPair = character.isHighSurrogate() && i + 1 < clean.size() && clean.at(i + 1).isLowSurrogate();
    if (isPair) {
      ++i;
    } else if (character.isNull() || character.isSurrogate()) {
      clean[i] = replacement;
    }
  }
  return clean.toUtf8();
}

QString errorText(sqlite3 *database) {
  const QString text = QString::fromUtf8(sqlite3_errmsg(database));
  switch (sqlite3_errcode(database) & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return text + QStringLiteral(" (another program holds a lock)");
    case SQLITE_IOERR:
      return text + QStringLiteral(" (the disk is full or fails)");
    case SQLITE_FULL:
      return text + QStringLiteral(" (make room on the disk)");
    default:
      return text;
  }
}

bool isDamage(sqlite3 *database) {
  const int code = sqlite3_errcode(database) & 0xff;
  return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
}

}  // namespace tagwire
