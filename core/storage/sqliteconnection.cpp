// SPDX-License-Identifier: Apache-2.0
#include "sqliteconnection.h"

#include <QDateTime>
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

constexpr qsizetype mostPutAside = 100;

/// "audit.db.damaged-20260210T142530123Z", one that is not taken yet.
QString asideName(const QString &path, const char *why) {
  const QString stamp = QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyyMMdd'T'HHmmsszzz'Z'"));
  const QString name = path + u'.' + QLatin1String(why) + u'-' + stamp;
  QString free = name;
  for (int i = 2; QFile::exists(free); ++i) free = name + u'-' + QString::number(i);
  return free;
}

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
  if (isThere) return {};
  const QString reason = qt_error_string(errno);
  const bool isForbidden = errno == EACCES || errno == EPERM;
  return failure(isForbidden ? reason + QStringLiteral(" (the user that runs this must be able to read and write it)")
                             : reason);
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

Result<QString> SqliteConnection::putAside(const char *why) {
  const QFileInfo file(m_path);
  const QStringList before =
      file.dir().entryList({file.fileName() + u'.' + QLatin1String(why) + QStringLiteral("-*Z")}, QDir::Files);
  if (before.size() >= mostPutAside) return failure(QStringLiteral("too many such files lie there already"));
  // What is in its journal stays there: bringing it home would change the file.
  if (m_handle) sqlite3_db_config(m_handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  close();
  const QString aside = asideName(m_path, why);
  // The file itself last: what is left of a journal alone would be taken for that of the new file.
  for (const char *suffix : {"-wal", "-shm", "-journal", ""}) {
    QFile part(m_path + QLatin1String(suffix));
    if ((part.exists() || QFileInfo(part).isSymLink()) && !part.rename(aside + QLatin1String(suffix))) {
      return failure(QStringLiteral("%1 can't be put aside: %2").arg(part.fileName(), part.errorString()));
    }
  }
  return QFileInfo(aside).fileName();
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
