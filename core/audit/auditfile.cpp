// SPDX-License-Identifier: Apache-2.0
#include "auditfile.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <pwd.h>
#include <sqlite3.h>
#include <unistd.h>

#include "../access/privatefile.h"
#include "../storage/statement.h"
#include "auditschema.h"

namespace tagwire {

namespace {

// FULL: what was committed is there after a power cut too. The check of cells finds a damaged page before it is used.
constexpr const char *settingsSql = "PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON";

constexpr const char *insertSql =
    "INSERT INTO audit(number, time_ns, kind, action, actor, address, subject, reference, comment, details, hash) "
    "VALUES(?,?,?,?,?,?,?,?,?,?,?)";

}  // namespace

QString commandLineActor() {
  const passwd *entry = ::getpwuid(::getuid());
  return QStringLiteral("os:") + (entry ? QString::fromLocal8Bit(entry->pw_name) : QString::number(::getuid()));
}

AuditFile::AuditFile(QString dataDir, std::chrono::milliseconds patience)
    : m_dataDir(std::move(dataDir)), m_path(m_dataDir + u'/' + QLatin1String(auditFileName)), m_patience(patience) {}

AuditFile::~AuditFile() { close(); }

Result<void> AuditFile::open() {
  auto opened = tryOpen();
  if (!opened && m_trouble != Trouble::None) {
    opened = putAside(opened.error()).and_then([this] { return tryOpen(); });
  }
  if (!opened) close();
  return opened;
}

Result<void> AuditFile::tryOpen() {
  close();
  m_trouble = Trouble::None;
  if (QFileInfo(m_path).isSymLink()) {
    m_trouble = Trouble::Damaged;
    return failed(QStringLiteral("a symbolic link (allowed: a plain file)"));
  }
  const QFileInfo file(m_path);
  m_wasEmptied = file.exists() && file.size() == 0 && !QFileInfo::exists(m_path + QStringLiteral("-wal"));
  if (const auto opened = m_connection.open(m_path, m_patience); !opened) return failed(opened.error());
  return checkFile().and_then([this] { return checkLast(); });
}

Result<void> AuditFile::checkFile() {
  const auto ours = isOurs();
  return (ours && *ours ? Result<void>() : make()).and_then([this] { return writeAhead(); });
}

/// False: there is nothing in it yet.
Result<bool> AuditFile::isOurs() {
  const auto version = m_connection.number("PRAGMA user_version");
  if (!version) return tl::unexpected(failedBySqlite().error());
  const auto application = m_connection.number("PRAGMA application_id");
  const auto tables = m_connection.number("SELECT count(*) FROM sqlite_schema");
  if (!application || !tables) return tl::unexpected(failedBySqlite().error());
  const bool isTrail = *application == auditApplicationId && *version > 0;
  if (!isTrail && *tables > 0) {
    m_trouble = Trouble::Damaged;
    return tl::unexpected(failed(QStringLiteral("an SQLite file of another program")).error());
  }
  if (*version <= auditSchemaVersion) return isTrail;
  m_trouble = Trouble::Newer;
  const QString text =
      QStringLiteral("written by a newer version of this program (schema %1; this one knows up to %2)");
  return tl::unexpected(failed(text.arg(*version).arg(auditSchemaVersion)).error());
}

Result<void> AuditFile::writeAhead() {
  const auto journal = m_connection.writeAhead();
  if (journal) return run(settingsSql);
  return isDamage(m_connection.handle()) ? failedBySqlite() : failed(journal.error());
}

/// Under the lock of the folder: SQLite does not wait for another process that turns on the journal, and one that is
/// just being made is not yet what it will be.
Result<void> AuditFile::make() {
  const PrivateFile guarded(m_dataDir, QLatin1String(auditFileName));
  const auto lock = guarded.lock();
  if (!lock) return failure(lock.error());
  m_trouble = Trouble::None;
  const auto ours = isOurs();
  if (!ours) return tl::unexpected(ours.error());
  return *ours ? Result<void>() : writeAhead().and_then([this] { return begin(); });
}

Result<void> AuditFile::begin() {
  if (m_wasEmptied && m_reason.isEmpty()) {
    m_reason = QStringLiteral("%1 was there, and empty").arg(m_path);
    m_notice = m_reason + QStringLiteral("; a new trail was begun in it");
  }
  if (const auto begun = run("BEGIN IMMEDIATE"); !begun) return begun;
  const QByteArray schema = QByteArray(auditSchemaSql) +
                            "PRAGMA application_id = " + QByteArray::number(auditApplicationId) +
                            "; PRAGMA user_version = " + QByteArray::number(auditSchemaVersion);
  if (const auto made = run(schema.constData()); !made) return made;
  AuditRow row = AuditRow::fromEntry(firstEntry());
  row.number = 1;
  row.hash = row.hashAfter(noHash);
  Statement statement;
  if (!statement.prepare(m_connection.handle(), insertSql)) return failedBySqlite();
  if (const auto inserted = insert(statement, row); !inserted) return inserted;
  if (const auto done = run("COMMIT"); !done) return done;
  m_reason.clear();
  m_aside.clear();
  return {};
}

AuditEntry AuditFile::firstEntry() const {
  AuditEntry entry;
  entry.time = Clock().now();
  entry.kind = QStringLiteral("audit");
  entry.action = QStringLiteral("begin");
  entry.actor = QStringLiteral("tagwire");
  if (!m_reason.isEmpty()) entry.details.insert(QStringLiteral("reason"), m_reason);
  if (!m_aside.isEmpty()) entry.details.insert(QStringLiteral("put_aside_as"), m_aside);
  return entry;
}

/// The whole chain is for `tagwire audit verify`, which takes its time.
Result<void> AuditFile::checkLast() {
  Statement statement;
  const QByteArray sql = QByteArrayLiteral("SELECT ") + auditColumns + " FROM audit ORDER BY number DESC LIMIT 2";
  if (!statement.prepare(m_connection.handle(), sql.constData())) {
    const bool isWithoutTable = sqlite3_errcode(m_connection.handle()) == SQLITE_ERROR;
    if (isWithoutTable) m_trouble = Trouble::Damaged;
    return failedBySqlite();
  }
  const int code = statement.step();
  if (code == SQLITE_DONE) {
    m_trouble = Trouble::Damaged;
    return failed(QStringLiteral("it has no record"));
  }
  if (code != SQLITE_ROW) return failedBySqlite();
  const AuditRow newest = auditRowFrom(statement);
  QByteArray before = noHash;
  if (statement.step() == SQLITE_ROW) before = auditRowFrom(statement).hash;
  if (newest.hash == newest.hashAfter(before)) return {};
  m_notice = QStringLiteral("%1: record %2 was changed after it was written (tagwire audit verify)")
                 .arg(m_path)
                 .arg(newest.number);
  return {};
}

/// Under the lock of the folder, since another process may have found the same and begun a new file already.
Result<void> AuditFile::putAside(const QString &trouble) {
  const PrivateFile guarded(m_dataDir, QLatin1String(auditFileName));
  const auto lock = guarded.lock();
  if (!lock) return failure(lock.error());
  if (m_connection.handle() && m_connection.wasMoved()) return {};
  const auto aside = m_connection.putAside(m_trouble == Trouble::Newer ? "newer" : "damaged");
  if (!aside) return failure(trouble + QStringLiteral("; ") + aside.error());
  m_reason = trouble;
  m_aside = *aside;
  m_notice = QStringLiteral("%1; it lies as %2 now, and a new one was begun").arg(trouble, m_aside);
  return {};
}

Result<void> AuditFile::append(const AuditEntry &entry) {
  AuditEntry timed = entry;
  if (timed.time == Time()) timed.time = Clock().now();
  return append(QList<AuditRow>{AuditRow::fromEntry(timed)});
}

Result<void> AuditFile::append(const QList<AuditRow> &rows) {
  if (m_connection.handle() && m_connection.wasMoved()) {
    m_reason = QStringLiteral("%1 was moved or deleted").arg(m_path);
    m_notice = m_reason + QStringLiteral("; a new one was begun");
    close();
  }
  if (!m_connection.handle()) {
    if (const auto opened = open(); !opened) return opened;
  }
  auto appended = tryAppend(rows);
  if (appended || m_trouble == Trouble::None) return appended;
  return putAside(appended.error()).and_then([this] { return open(); }).and_then([&] { return tryAppend(rows); });
}

Result<void> AuditFile::tryAppend(const QList<AuditRow> &rows) {
  m_trouble = Trouble::None;
  if (const auto begun = run("BEGIN IMMEDIATE"); !begun) return begun;
  const auto before = last();
  if (!before) {
    (void)m_connection.execute("ROLLBACK");
    return tl::unexpected(before.error());
  }
  Statement statement;
  if (!statement.prepare(m_connection.handle(), insertSql)) return failedBySqlite();
  qint64 number = before->number;
  QByteArray hash = before->hash;
  for (AuditRow row : rows) {
    row.number = ++number;
    row.hash = hash = row.hashAfter(hash);
    if (const auto inserted = insert(statement, std::move(row)); !inserted) return inserted;
  }
  return run("COMMIT");
}

Result<void> AuditFile::insert(Statement &statement, AuditRow row) {
  statement.bind(1, row.number);
  statement.bind(2, row.time);
  int parameter = 3;
  for (const QByteArray *text : {&row.kind, &row.action, &row.actor, &row.address, &row.subject, &row.reference,
                                 &row.comment, &row.details, &row.hash}) {
    statement.bind(parameter++, *text);
  }
  const int code = statement.step();
  const auto result = code == SQLITE_DONE ? Result<void>() : failedBySqlite();
  statement.reset();
  return result;
}

/// Read inside the transaction that appends: other processes do that, too.
Result<AuditRow> AuditFile::last() {
  Statement statement;
  const QByteArray sql = QByteArrayLiteral("SELECT ") + auditColumns + " FROM audit ORDER BY number DESC LIMIT 1";
  if (!statement.prepare(m_connection.handle(), sql.constData())) return tl::unexpected(failedBySqlite().error());
  const int code = statement.step();
  if (code == SQLITE_ROW) return auditRowFrom(statement);
  if (code != SQLITE_DONE) return tl::unexpected(failedBySqlite().error());
  m_trouble = Trouble::Damaged;
  return tl::unexpected(failed(QStringLiteral("it has no record")).error());
}

Result<void> AuditFile::run(const char *sql) {
  return sqlite3_exec(m_connection.handle(), sql, nullptr, nullptr, nullptr) == SQLITE_OK ? Result<void>()
                                                                                          : failedBySqlite();
}

Result<void> AuditFile::failed(const QString &text) { return failure(QStringLiteral("%1: %2").arg(m_path, text)); }

/// With what went wrong last; nothing of an open transaction is left.
Result<void> AuditFile::failedBySqlite() {
  if (isDamage(m_connection.handle())) m_trouble = Trouble::Damaged;
  const QString text = errorText(m_connection.handle());
  if (!sqlite3_get_autocommit(m_connection.handle())) {
    sqlite3_exec(m_connection.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  return failed(text);
}

void AuditFile::close() { m_connection.close(); }

}  // namespace tagwire
