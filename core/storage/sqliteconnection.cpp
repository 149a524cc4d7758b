// SPDX-License-Identifier: Apache-2.0
#include "sqliteconnection.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "../access/privatefile.h"
#include "statement.h"

namespace tagwire {

namespace {

// Made beforehand, since SQLite would make it readable for others. Its -wal and -shm get the same mode. One that is
// there is not opened here: closing it would let go of every lock that this process holds on it.
Result<void> makeFile(const QString &path) {
  const QString folder = QFileInfo(path).absolutePath();
  if (!QDir().mkpath(folder)) {
    return failure(QStringLiteral("folder %1 can't be made: %2").arg(folder, qt_error_string(errno)));
  }
  const QByteArray name = QFile::encodeName(path);
  const int descriptor = ::open(name.constData(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
  if (descriptor >= 0) {
    giveToOwnerOf(folder, descriptor);
    ::close(descriptor);
    return {};
  }
  const bool isThere = errno == EEXIST && ::faccessat(AT_FDCWD, name.constData(), R_OK | W_OK, AT_EACCESS) == 0;
  return isThere ? Result<void>() : failure(qt_error_string(errno));
}

}  // namespace

SqliteConnection::~SqliteConnection() { close(); }

Result<void> SqliteConnection::open(const QString &path, std::chrono::milliseconds longestWait) {
  close();
  m_path = path;
  return makeFile(path).and_then([&] { return connect(SQLITE_OPEN_READWRITE, longestWait); });
}

Result<void> SqliteConnection::openForReading(const QString &path, std::chrono::milliseconds longestWait) {
  close();
  m_path = path;
  return connect(SQLITE_OPEN_READONLY, longestWait);
}

Result<void> SqliteConnection::connect(int flags, std::chrono::milliseconds longestWait) {
  const QByteArray name = QFile::encodeName(m_path);
  flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (sqlite3_open_v2(name.constData(), &m_handle, flags, nullptr) != SQLITE_OK) {
    const QString text = errorText(m_handle);
    close();
    return failure(text);
  }
  sqlite3_busy_timeout(m_handle, static_cast<int>(longestWait.count()));
  struct stat status {};
  if (::stat(name.constData(), &status) == 0) {
    m_device = status.st_dev;
    m_inode = status.st_ino;
  }
  return {};
}

void SqliteConnection::close() {
  if (!m_handle) return;
  // A moved file is closed without its journal being brought home, so that must come first.
  if (wasMoved()) sqlite3_wal_checkpoint_v2(m_handle, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_close(m_handle);
  m_handle = nullptr;
}

Result<void> SqliteConnection::execute(const char *sql) {
  if (sqlite3_exec(m_handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  const QString text = errorText(m_handle);
  if (!sqlite3_get_autocommit(m_handle)) sqlite3_exec(m_handle, "ROLLBACK", nullptr, nullptr, nullptr);
  return failure(text);
}

Result<qint64> SqliteConnection::number(const char *sql) {
  Statement statement;
  if (const auto prepared = statement.prepare(m_handle, sql); !prepared) return failure(prepared.error());
  if (statement.step() != SQLITE_ROW) return failure(errorText(m_handle));
  return statement.integer(0);
}

Result<QString> SqliteConnection::word(const char *sql) {
  Statement statement;
  if (const auto prepared = statement.prepare(m_handle, sql); !prepared) return failure(prepared.error());
  if (statement.step() != SQLITE_ROW) return failure(errorText(m_handle));
  return QString::fromUtf8(statement.text(0));
}

Result<void> SqliteConnection::writeAhead() {
  const auto journal = word("PRAGMA journal_mode = WAL");
  if (!journal) return failure(journal.error());
  if (*journal == u"wal") return {};
  return failure(QStringLiteral("this file system can't do write-ahead logging (a local disk can)"));
}

bool SqliteConnection::wasMoved() const {
  struct stat status {};
  if (::stat(QFile::encodeName(m_path).constData(), &status) != 0) return true;
  return status.st_dev != m_device || status.st_ino != m_inode;
}

}  // namespace tagwire
