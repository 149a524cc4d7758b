// SPDX-License-Identifier: Apache-2.0
#include "sqlite/historyfile.h"

#include <sqlite3.h>

#include "sqlite/historyschema.h"
#include "sqlite/oldtables.h"

namespace tagwire::sql {

namespace {

// FULL: the spool gives up what is committed here, so a commit must outlive a power cut. The limit of the journal's
// size lets it shrink again after a long reader let it grow. The cache holds the pages that roll-ups change.
constexpr const char *settingsSql =
    "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 4000;"
    "PRAGMA cache_size = -16000;";

bool isOfOneRow(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_CONSTRAINT || primary == SQLITE_TOOBIG || primary == SQLITE_MISMATCH;
}

QString adviceForCode(int code) {
  switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return QStringLiteral(" (left as it is; once it is moved away, a new one is begun)");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return QStringLiteral(" (the file and its folder must be writable)");
    default:
      return {};
  }
}

}  // namespace

StoreResult<void> HistoryFile::open(const QString &path, std::chrono::milliseconds lockPatience) {
  close();
  m_path = path;
  Result<void> opened;
  {
    const std::lock_guard lock(m_handleMutex);
    opened = m_connection.open(path, lockPatience);
    m_isInterrupted = false;
  }
  if (!opened) return outage(opened.error());
  auto checked = checkSchema();
  if (!checked) close();
  return checked;
}

void HistoryFile::close() {
  const std::lock_guard lock(m_handleMutex);
  m_connection.close();
}

void HistoryFile::interrupt() {
  const std::lock_guard lock(m_handleMutex);
  m_isInterrupted = true;
  if (isOpen()) sqlite3_interrupt(m_connection.handle());
}

StoreResult<void> HistoryFile::checkSchema() {
  const auto version = number("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  const auto application = number("PRAGMA application_id");
  if (!application) return tl::unexpected(application.error());
  const auto tables = number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tl::unexpected(tables.error());
  const bool isOurs = *application == historyApplicationId && *version > 0;
  if (!isOurs && *tables > 0) return outage(QStringLiteral("a SQLite file of another program, left as it is"));
  if (isOurs && *version > historySchemaVersion) {
    return outage(QStringLiteral("written by a newer version of this program (schema %1; this one knows up to %2)")
                      .arg(*version)
                      .arg(historySchemaVersion));
  }
  if (const auto set = m_connection.writeAhead(); !set) {
    return sqlite3_errcode(m_connection.handle()) == SQLITE_OK ? outage(set.error()) : failed();
  }
  return execute(settingsSql).and_then([this] { return makeSchema(); });
}

// Also tells now whether the file can be written, and brings back a table that somebody dropped. The version is read
// again: another program may have brought the file up to date meanwhile.
StoreResult<void> HistoryFile::makeSchema() {
  auto made = execute("BEGIN IMMEDIATE");
  const auto version = made ? number("PRAGMA user_version") : StoreResult<qint64>(0);
  if (!version) made = tl::unexpected(version.error());
  if (made && *version == 1) made = execute(OldTables::renameSql());
  if (made) made = execute(historyTablesSql());
  const auto hasOldTables = made ? OldTables::areIn(*this) : StoreResult<bool>(false);
  if (!hasOldTables) made = tl::unexpected(hasOldTables.error());
  if (made) made = execute(historyViewsSql(*hasOldTables));
  if (made) {
    made = execute("PRAGMA application_id = " + QByteArray::number(historyApplicationId) +
                   "; PRAGMA user_version = " + QByteArray::number(historySchemaVersion) + "; COMMIT");
  }
  if (!made) rollBack();
  return made;
}

StoreResult<void> HistoryFile::prepare(Statement &statement, const QByteArray &sql) {
  return statement.prepare(m_connection.handle(), sql.constData()) ? StoreResult<void>() : failed();
}

StoreResult<void> HistoryFile::execute(const QByteArray &sql) {
  if (m_isInterrupted) return outage(QStringLiteral("interrupted"));
  const int code = sqlite3_exec(m_connection.handle(), sql.constData(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? StoreResult<void>() : failed();
}

StoreResult<bool> HistoryFile::next(Statement &statement) {
  const int code = m_isInterrupted ? SQLITE_INTERRUPT : statement.step();
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    statement.reset();
    return false;
  }
  const auto error = m_isInterrupted ? outage(QStringLiteral("interrupted")) : failed();
  statement.reset();
  return error;
}

StoreResult<void> HistoryFile::run(Statement &statement) {
  const auto done = next(statement);
  if (!done) return tl::unexpected(done.error());
  if (*done) statement.reset();
  return {};
}

StoreResult<qint64> HistoryFile::number(const QByteArray &sql) {
  Statement statement;
  if (const auto prepared = prepare(statement, sql); !prepared) return tl::unexpected(prepared.error());
  const auto row = next(statement);
  if (!row) return tl::unexpected(row.error());
  return *row ? statement.integer(0) : 0;
}

qint64 HistoryFile::changes() const { return sqlite3_changes64(m_connection.handle()); }

void HistoryFile::rollBack() {
  sqlite3 *database = m_connection.handle();
  if (database && !sqlite3_get_autocommit(database)) sqlite3_exec(database, "ROLLBACK", nullptr, nullptr, nullptr);
}

tl::unexpected<StoreError> HistoryFile::failed() const {
  sqlite3 *database = m_connection.handle();
  const int code = sqlite3_extended_errcode(database);
  const auto kind = isOfOneRow(code) ? StoreError::Kind::Refused : StoreError::Kind::Outage;
  return tl::unexpected(
      StoreError{kind, QStringLiteral("%1: %2%3").arg(m_path, errorText(database), adviceForCode(code))});
}

tl::unexpected<StoreError> HistoryFile::outage(const QString &text) const {
  return tl::unexpected(StoreError{StoreError::Kind::Outage, QStringLiteral("%1: %2").arg(m_path, text)});
}

}  // namespace tagwire::sql
