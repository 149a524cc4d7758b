// SPDX-License-Identifier: Apache-2.0
#include "storefile.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <sqlite3.h>

#include "storedrecord.h"
#include "storeschema.h"

namespace tagwire::alarms {

namespace {

// Shorter than AlarmStore::patience, so that a lock of another program is told as what it is.
constexpr std::chrono::milliseconds writerBusyTimeout{1500};

// FULL: what was committed is there after a power cut too. The check of cells finds a damaged page before it is used.
constexpr const char *settingsSql =
    "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8000; "
    "PRAGMA cell_size_check = ON;";

// Pages of the journal at which the writer itself brings it home, since the reader does not get to it.
constexpr int mostJournalPages = 16'000;

Time timeFrom(qint64 count) { return Time(std::chrono::nanoseconds(count)); }

QString both(const QString &first, const QString &second) { return first + QStringLiteral("; ") + second; }

}  // namespace

Result<StoreContent> StoreFile::open() {
  auto opened = tryOpen();
  if (!opened && m_trouble != Trouble::Other) {
    const QString why = opened.error();
    const auto aside = putAside();
    if (!aside) {
      opened = failure(both(opened.error(), aside.error()));
    } else if ((opened = tryOpen())) {
      opened->setAside = *aside;
      opened->whyAside = why;
    }
  }
  if (!opened) close();
  return opened;
}

Result<StoreContent> StoreFile::tryOpen() {
  close();
  m_trouble = Trouble::Other;
  StoreContent content;
  const auto opened = m_connection.open(m_path, writerBusyTimeout)
                          .and_then([this] { return checkSchema(); })
                          .and_then([this] { return prepare(); })
                          .and_then([this] { return checkTables(); })
                          .and_then([&] { return readNumbers(content); })
                          .and_then([&] { return readAlarms(content); })
                          .and_then([&] { return readNotices(content); })
                          .and_then([&] { return readRules(content); })
                          // Tells now whether it can be written.
                          .and_then([this] {
                            return m_writer->setNumber("opened_ns", QDateTime::currentMSecsSinceEpoch() * 1'000'000);
                          });
  if (opened) return content;
  if (m_writer && m_writer->foundDamage()) m_trouble = Trouble::Damaged;
  return failure(QStringLiteral("%1: %2").arg(m_path, opened.error()));
}

Result<void> StoreFile::checkSchema() {
  const auto version = m_connection.number("PRAGMA user_version");
  if (!version) return failed();
  const auto application = m_connection.number("PRAGMA application_id");
  const auto tables = m_connection.number("SELECT count(*) FROM sqlite_schema");
  if (!application || !tables) return failed();
  const bool isOurs = *application == storeApplicationId && *version > 0;
  if (!isOurs && *tables > 0) {
    m_trouble = Trouble::Damaged;
    return failure(QStringLiteral("a SQLite file of another program"));
  }
  if (*version > storeSchemaVersion) {
    m_trouble = Trouble::Newer;
    return failure(QStringLiteral("written by a newer version of this program (schema %1; this one knows up to %2)")
                       .arg(*version)
                       .arg(storeSchemaVersion));
  }
  const auto journal = m_connection.writeAhead();
  if (!journal) {
    failed();
    return journal;
  }
  sqlite3_wal_hook(m_connection.handle(), &StoreFile::committed, this);
  if (const auto set = run(settingsSql); !set || isOurs) return set;
  const QByteArray make = QByteArrayLiteral("BEGIN IMMEDIATE;") + storeSchemaSql +
                          "PRAGMA application_id = " + QByteArray::number(storeApplicationId) +
                          "; PRAGMA user_version = " + QByteArray::number(storeSchemaVersion) + "; COMMIT";
  return run(make.constData());
}

Result<void> StoreFile::prepare() {
  m_writer.emplace(m_connection, m_mostRecords);
  return m_writer->prepare();
}

// The history is left out, since it is long: a damage there is found when it is read or written.
Result<void> StoreFile::checkTables() {
  for (const char *check : {"PRAGMA quick_check(meta)", "PRAGMA quick_check(alarm_state)",
                            "PRAGMA quick_check(alarm_rule)", "PRAGMA quick_check(notice)"}) {
    const auto found = m_connection.word(check);
    if (!found) return failed();
    if (*found == u"ok") continue;
    m_trouble = Trouble::Damaged;
    return failure(*found);
  }
  return {};
}

Result<void> StoreFile::readNumbers(StoreContent &content) {
  StoreWriter::Numbers numbers;
  const auto read = forEachRow("SELECT key, value FROM meta", [&](const Statement &row) {
    if (row.text(0) == "last_occurrence") numbers.lastOccurrence = row.integer(1);
    if (row.text(0) == "last_notice") numbers.lastNotice = row.integer(1);
  });
  if (!read) return read;
  // Two queries, since only then each is one step down the tree.
  const auto oldest = m_connection.number("SELECT ifnull(min(id), 1) FROM alarm_history");
  if (!oldest) return failed();
  const auto newest = m_connection.number("SELECT ifnull(max(id), 0) FROM alarm_history");
  if (!newest) return failed();
  numbers.oldestRecord = *oldest;
  numbers.newestRecord = *newest;
  m_writer->setNumbers(numbers);
  content.lastOccurrence = numbers.lastOccurrence;
  content.lastNotice = numbers.lastNotice;
  return {};
}

Result<void> StoreFile::readAlarms(StoreContent &content) {
  return forEachRow("SELECT rule_id, memory FROM alarm_state ORDER BY rule_id", [&](const Statement &row) {
    content.alarms.append({static_cast<int>(row.integer(0)), row.text(1)});
  });
}

Result<void> StoreFile::readNotices(StoreContent &content) {
  return forEachRow("SELECT id, target, created_ns, not_before_ns, attempts, body FROM notice ORDER BY id",
                    [&](const Statement &row) {
                      content.notices.append({row.integer(0), QString::fromUtf8(row.text(1)), timeFrom(row.integer(2)),
                                              timeFrom(row.integer(3)), static_cast<int>(row.integer(4)), row.text(5)});
                    });
}

Result<void> StoreFile::readRules(StoreContent &content) {
  const QByteArray sql = QByteArrayLiteral("SELECT ") + ruleColumns +
                         " FROM alarm_rule AS r WHERE version = (SELECT max(version) FROM alarm_rule WHERE id = r.id) "
                         "AND NOT removed ORDER BY id";
  return forEachRow("SELECT id, max(version) FROM alarm_rule GROUP BY id",
                    [&](const Statement &row) {
                      content.ruleVersions.insert(static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1)));
                    })
      .and_then([&] {
        return forEachRow(sql.constData(), [&](const Statement &row) { content.rules.append(ruleFrom(row)); });
      });
}

Result<void> StoreFile::forEachRow(const char *sql, const std::function<void(const Statement &)> &take) {
  Statement statement;
  if (const auto prepared = statement.prepare(m_connection.handle(), sql); !prepared) return failed();
  int code = statement.step();
  for (; code == SQLITE_ROW; code = statement.step()) take(statement);
  return code == SQLITE_DONE ? Result<void>() : failed();
}

Result<void> StoreFile::run(const char *sql) {
  return sqlite3_exec(m_connection.handle(), sql, nullptr, nullptr, nullptr) == SQLITE_OK ? Result<void>() : failed();
}

/// What went wrong last; m_trouble says of what kind it is.
tl::unexpected<QString> StoreFile::failed() {
  m_trouble = isDamage(m_connection.handle()) ? Trouble::Damaged : Trouble::Other;
  return failure(errorText(m_connection.handle()));
}

StoreFile::Outcome StoreFile::write(const QList<NamedWork> &works) {
  if (!m_writer) return {.trouble = QStringLiteral("%1 is not open").arg(m_path)};
  if (m_connection.wasMoved()) return goOnInNewFile(works, QStringLiteral("%1 was moved or deleted").arg(m_path));
  const auto stored = m_writer->write(works);
  if (stored) return {.isStored = true, .journalPages = m_journalPages};
  const QString trouble = QStringLiteral("%1: %2").arg(m_path, stored.error());
  if (!m_writer->foundDamage()) return {.trouble = trouble};
  m_trouble = Trouble::Damaged;
  const auto aside = putAside();
  if (!aside) return {.trouble = both(trouble, aside.error())};
  return goOnInNewFile(works, QStringLiteral("%1; it lies as %2 now").arg(trouble, *aside));
}

StoreFile::Outcome StoreFile::beginAnew(const QString &trouble) {
  m_trouble = Trouble::Damaged;
  const auto aside = putAside();
  if (!aside) return {.trouble = both(trouble, aside.error())};
  return goOnInNewFile({}, QStringLiteral("%1; it lies as %2 now").arg(trouble, *aside));
}

StoreFile::Outcome StoreFile::goOnInNewFile(const QList<NamedWork> &works, const QString &trouble) {
  const auto opened = open();
  if (!opened) return {.trouble = both(trouble, opened.error())};
  const auto stored = m_writer->write(works);
  if (!stored) return {.trouble = both(trouble, stored.error())};
  return {.isStored = true, .isNewFile = true, .trouble = trouble};
}

int StoreFile::committed(void *file, sqlite3 *database, const char *name, int pages) {
  static_cast<StoreFile *>(file)->m_journalPages = pages;
  // An error here would make a failure of what is committed; the next commit shows it if it lasts.
  if (pages >= mostJournalPages) sqlite3_wal_checkpoint_v2(database, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

void StoreFile::close() {
  m_writer.reset();
  m_connection.close();
}

/// Gives the name that the file has now, without the folder.
Result<QString> StoreFile::putAside() {
  m_writer.reset();
  return m_connection.putAside(m_trouble == Trouble::Newer ? "newer" : "damaged");
}

}  // namespace tagwire::alarms
