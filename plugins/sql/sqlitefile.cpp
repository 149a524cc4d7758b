// SPDX-License-Identifier: Apache-2.0
#include "sqlitefile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSqlDatabase>
#include <QSqlDriver>
#include <QSqlError>
#include <QSqlQuery>
#include <QUuid>
#include <QVariant>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "schema.h"
#include "statement.h"

namespace tagwire::sql {

namespace {

// How long a lock of another program is waited for. Short: meanwhile the queue before us fills, while our own buffer,
// into which samples go when we give up, is far larger.
constexpr const char *busyTimeout = "QSQLITE_BUSY_TIMEOUT=300";

// NORMAL with WAL: a killed program loses nothing that was committed; a power cut can cost the last moments, but never
// the file. The limit of the journal's size lets it shrink again after a long reader let it grow. A small cache is
// enough, since rows go to the end of their table.
constexpr const char *settingsSql =
    "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -2000;";

// Made beforehand, since SQLite would make it readable for others. Its -wal and -shm get the same mode.
Result<void> makeFile(const QString &path) {
  const QString folder = QFileInfo(path).absolutePath();
  if (!QDir().mkpath(folder)) return failure(QStringLiteral("the folder %1 can't be made").arg(folder));
  const int descriptor = ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
  if (descriptor < 0) return failure(qt_error_string(errno));
  ::close(descriptor);
  return {};
}

}  // namespace

SqliteFile::SqliteFile() : m_connectionName(QStringLiteral("tagwire-sql-") + QUuid::createUuid().toString()) {}

SqliteFile::~SqliteFile() { close(); }

Result<void> SqliteFile::open(const QString &path) {
  close();
  m_path = path;
  auto opened = makeFile(path).and_then([this] { return connect(); }).and_then([this] { return checkSchema(); });
  if (!opened) {
    close();
    return failure(QStringLiteral("%1: %2").arg(path, opened.error()));
  }
  return {};
}

Result<void> SqliteFile::connect() {
  if (!QSqlDatabase::isDriverAvailable(QStringLiteral("QSQLITE"))) {
    return failure(QStringLiteral("Qt's SQLite driver is not installed (Debian: libqt6sql6-sqlite)"));
  }
  QSqlDatabase database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), m_connectionName);
  database.setDatabaseName(m_path);
  database.setConnectOptions(QString::fromLatin1(busyTimeout));
  if (!database.open()) return failure(database.lastError().text());
  return takeHandle();
}

Result<void> SqliteFile::takeHandle() {
  const QSqlDatabase database = QSqlDatabase::database(m_connectionName, false);
  const QVariant handle = database.driver()->handle();
  if (!handle.isValid() || qstrcmp(handle.typeName(), "sqlite3*") != 0) {
    return failure(QStringLiteral("Qt's SQLite driver gives no handle"));
  }
  QSqlQuery query(database);
  const bool same = query.exec(QStringLiteral("SELECT sqlite_source_id()")) && query.next() &&
                    query.value(0).toString() == QLatin1String(sqlite3_sourceid());
  if (!same) {
    // Two copies of the library in one process must not share a connection.
    return failure(QStringLiteral("Qt's SQLite driver uses another SQLite than %1").arg(QLatin1String(SQLITE_VERSION)));
  }
  query.finish();
  m_handle = *static_cast<sqlite3 *const *>(handle.constData());
  sqlite3_extended_result_codes(m_handle, 1);
  struct stat status {};
  if (::stat(QFile::encodeName(m_path).constData(), &status) == 0) {
    m_device = status.st_dev;
    m_inode = status.st_ino;
  }
  return {};
}

Result<void> SqliteFile::checkSchema() {
  const auto version = number("PRAGMA user_version");
  if (!version) return failure(version.error());
  if (*version > schemaVersion) {
    return failure(QStringLiteral("written by a newer version of this program (schema %1; this one knows up to %2)")
                       .arg(*version)
                       .arg(schemaVersion));
  }
  const auto application = number("PRAGMA application_id");
  const auto tables = number("SELECT count(*) FROM sqlite_schema");
  if (!application || !tables) return failure(errorText(m_handle));
  const bool isOurs = *application == applicationId && *version > 0;
  if (!isOurs && *tables > 0) return failure(QStringLiteral("a SQLite file of another program, left as it is"));

  const auto journal = word("PRAGMA journal_mode = WAL");
  if (!journal) return failure(journal.error());
  if (*journal != u"wal") {
    return failure(QStringLiteral("this file system can't do write-ahead logging (a local disk can)"));
  }
  if (const auto set = execute(settingsSql); !set) return set;
  if (isOurs) return execute("BEGIN IMMEDIATE; ROLLBACK");  // tells now whether it can be written
  const QByteArray make = QByteArrayLiteral("BEGIN IMMEDIATE;") + schemaSql +
                          "PRAGMA application_id = " + QByteArray::number(applicationId) +
                          "; PRAGMA user_version = " + QByteArray::number(schemaVersion) + "; COMMIT";
  return execute(make.constData());
}

void SqliteFile::close() {
  // A moved file is closed without its journal being brought home, so that must come first.
  if (m_handle && wasMoved())
    sqlite3_wal_checkpoint_v2(m_handle, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  m_handle = nullptr;
  if (QSqlDatabase::contains(m_connectionName)) {
    QSqlDatabase::database(m_connectionName, false).close();
    QSqlDatabase::removeDatabase(m_connectionName);
  }
}

bool SqliteFile::wasMoved() const {
  struct stat status {};
  if (::stat(QFile::encodeName(m_path).constData(), &status) != 0) return true;
  return status.st_dev != m_device || status.st_ino != m_inode;
}

Result<void> SqliteFile::execute(const char *sql) {
  if (sqlite3_exec(m_handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  const QString text = errorText(m_handle);
  if (!sqlite3_get_autocommit(m_handle)) sqlite3_exec(m_handle, "ROLLBACK", nullptr, nullptr, nullptr);
  return failure(text);
}

Result<qint64> SqliteFile::number(const char *sql) {
  Statement statement;
  if (const auto prepared = statement.prepare(m_handle, sql); !prepared) return failure(prepared.error());
  if (statement.step() != SQLITE_ROW) return failure(errorText(m_handle));
  return statement.integer(0);
}

Result<QString> SqliteFile::word(const char *sql) {
  Statement statement;
  if (const auto prepared = statement.prepare(m_handle, sql); !prepared) return failure(prepared.error());
  if (statement.step() != SQLITE_ROW) return failure(errorText(m_handle));
  return QString::fromUtf8(statement.text(0));
}

}  // namespace tagwire::sql
