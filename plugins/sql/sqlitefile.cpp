// SPDX-License-Identifier: Apache-2.0
#include "sqlitefile.h"

#include "schema.h"
#include "storage/statement.h"

namespace tagwire::sql {

namespace {

// How long a lock of another program is waited for. Short: meanwhile the queue before us fills, while our own buffer,
// into which samples go when we give up, is far larger.
constexpr std::chrono::milliseconds busyTimeout{300};

// NORMAL with WAL: a killed program loses nothing that was committed; a power cut can cost the last moments, but never
// the file. The limit of the journal's size lets it shrink again after a long reader let it grow. A small cache is
// enough, since rows go to the end of their table.
constexpr const char *settingsSql =
    "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -2000;";

}  // namespace

Result<void> SqliteFile::open(const QString &path) {
  auto opened = m_connection.open(path, busyTimeout).and_then([this] { return checkSchema(); });
  if (!opened) {
    const bool isDamaged = m_connection.handle() && isDamage(m_connection.handle());
    const QString text = isDamaged ? errorText(m_connection.handle()) : opened.error();
    close();
    return failure(QStringLiteral("%1: %2").arg(path, text));
  }
  return {};
}

Result<void> SqliteFile::checkSchema() {
  const auto version = m_connection.number("PRAGMA user_version");
  if (!version) return failure(version.error());
  if (*version > schemaVersion) {
    return failure(QStringLiteral("written by a newer version of this program (schema %1; this one knows up to %2)")
                       .arg(*version)
                       .arg(schemaVersion));
  }
  const auto application = m_connection.number("PRAGMA application_id");
  const auto tables = m_connection.number("SELECT count(*) FROM sqlite_schema");
  if (!application || !tables) return failure(errorText(handle()));
  const bool isOurs = *application == applicationId && *version > 0;
  if (!isOurs && *tables > 0) return failure(QStringLiteral("a SQLite file of another program, left as it is"));

  if (const auto set = m_connection.writeAhead().and_then([this] { return execute(settingsSql); }); !set) return set;
  if (isOurs) return execute("BEGIN IMMEDIATE; ROLLBACK");  // tells now whether it can be written
  const QByteArray make = QByteArrayLiteral("BEGIN IMMEDIATE;") + schemaSql +
                          "PRAGMA application_id = " + QByteArray::number(applicationId) +
                          "; PRAGMA user_version = " + QByteArray::number(schemaVersion) + "; COMMIT";
  return execute(make.constData());
}

QString errorText(sqlite3 *database) {
  const QString text = tagwire::errorText(database);
  if (!isDamage(database)) return text;
  return text + QStringLiteral(" (left as it is; once it is moved away, a new one is begun)");
}

}  // namespace tagwire::sql
