// SPDX-License-Identifier: Apache-2.0
#include "quarantine.h"

#include <sqlite3.h>

#include <QDateTime>
#include <QFile>
#include <QLoggingCategory>

namespace tagwire::sql {

namespace {

Q_LOGGING_CATEGORY(quarantineLog, "tagwire.sql.quarantine", QtInfoMsg)

constexpr std::chrono::milliseconds quarantineLockPatience{2000};
constexpr int schemaVersion = 1;
constexpr int applicationId = 0x54617771;  // "Tagq"
constexpr qsizetype longestShown = 500;

// A record is one row, known by where it came from.
constexpr const char *schemaSql = R"sql(
CREATE TABLE records(
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  boot     INTEGER NOT NULL,
  stream   INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  since_ns INTEGER NOT NULL,
  time_ns  INTEGER NOT NULL,
  what     TEXT NOT NULL,
  content  TEXT NOT NULL,
  reason   TEXT NOT NULL,
  queued   INTEGER NOT NULL DEFAULT 0,
  record   BLOB NOT NULL,
  UNIQUE(boot, stream, sequence));
CREATE INDEX queued_records ON records(id) WHERE queued = 1;
)sql";

}  // namespace

struct Quarantine::Statements {
  Statement insert, page, queued, refusedAgain;
};

Quarantine::Quarantine(QString path) : m_path(std::move(path)) {}
Quarantine::~Quarantine() = default;

Result<qint64> Quarantine::open() {
  const std::lock_guard lock(m_mutex);
  if (m_statements) return m_count.load();
  auto opened = tryOpen();
  if (!opened && m_connection.handle() && isDamage(m_connection.handle())) {
    m_lost += m_count;
    opened = putAside(opened.error()).and_then([this] { return tryOpen(); });
  }
  if (!opened) {
    closeFile();
    return failure(QStringLiteral("%1: %2").arg(m_path, opened.error()));
  }
  return m_count.load();
}

void Quarantine::close() {
  const std::lock_guard lock(m_mutex);
  closeFile();
}

void Quarantine::closeFile() {
  m_statements.reset();
  m_connection.close();
}

Result<void> Quarantine::tryOpen() {
  if (const auto opened = m_connection.open(m_path, quarantineLockPatience); !opened) return opened;
  const auto version = m_connection.number("PRAGMA user_version");
  if (!version) return failure(version.error());
  if (*version > schemaVersion) return failure(QStringLiteral("written by a newer version of this program"));
  if (const auto set = m_connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"); !set) return set;
  if (*version == 0) {
    const QByteArray make = QByteArrayLiteral("BEGIN IMMEDIATE;") + schemaSql +
                            "PRAGMA application_id = " + QByteArray::number(applicationId) +
                            "; PRAGMA user_version = 1; COMMIT";
    if (const auto made = m_connection.execute(make.constData()); !made) return made;
  }
  const auto check = m_connection.word("PRAGMA quick_check(1)");
  if (!check) return failure(check.error());
  const auto count = m_connection.number("SELECT count(*) FROM records");
  if (!count) return failure(count.error());
  m_count = *count;
  return prepare();
}

// A file that was moved away or deleted keeps nothing for the next start.
Result<void> Quarantine::ensure() {
  if (m_statements && !m_connection.wasMoved()) return {};
  if (!m_statements) return failure(QStringLiteral("the quarantine is not open"));
  const qint64 before = m_count;
  closeFile();
  const auto opened = tryOpen();
  m_lost += before - (opened ? m_count.load() : 0);
  if (!opened) {
    m_count = 0;
    closeFile();
  }
  return opened;
}

Result<void> Quarantine::prepare() {
  m_statements = std::make_unique<Statements>();
  Statements &all = *m_statements;
  const std::pair<Statement &, const char *> statements[] = {
      {all.insert,
       "INSERT OR IGNORE INTO records(boot, stream, sequence, since_ns, time_ns, what, content, reason, record) "
       "VALUES(?,?,?,?,?,?,?,?,?)"},
      {all.page, "SELECT id, since_ns, time_ns, what, content, reason FROM records WHERE id > ? ORDER BY id LIMIT ?"},
      {all.queued,
       "SELECT id, boot, stream, sequence, reason, record FROM records WHERE queued = 1 ORDER BY id LIMIT 1"},
      {all.refusedAgain, "UPDATE records SET queued = 0, reason = ? WHERE id = ?"}};
  for (const auto &[statement, sql] : statements) {
    if (const auto prepared = statement.prepare(m_connection.handle(), sql); !prepared) {
      m_statements.reset();
      return prepared;
    }
  }
  return {};
}

Result<void> Quarantine::putAside(const QString &trouble) {
  m_statements.reset();
  const auto aside = m_connection.putAside("damaged");
  if (!aside) return failure(aside.error());
  qCWarning(quarantineLog).noquote() << QStringLiteral("%1: %2; put aside as %3").arg(m_path, trouble, *aside);
  return {};
}

Result<bool> Quarantine::add(const RefusedRecord &refused) {
  const std::lock_guard lock(m_mutex);
  if (const auto there = ensure(); !there) return failure(there.error());
  if (m_count >= mostRecords) {
    return failure(QStringLiteral("the quarantine is full (%1 records): the database refuses too much; look at their "
                                  "reasons, then have them tried again or discard them")
                       .arg(m_count.load()));
  }
  const auto *sample = std::get_if<StoredSample>(&refused.record);
  const auto *event = std::get_if<StoredEvent>(&refused.record);
  const QString what = sample ? refused.point->name : QStringLiteral("event:") + QString::fromUtf8(event->kind);
  Statement &insert = m_statements->insert;
  insert.bind(1, static_cast<qint64>(refused.key.boot));
  insert.bind(2, static_cast<qint64>(refused.key.stream));
  insert.bind(3, static_cast<qint64>(refused.key.first));
  insert.bind(4, nanosecondsOf(std::chrono::system_clock::now()));
  insert.bind(5, nanosecondsOf(sample ? sample->time : event->time));
  insert.bind(6, storableText(what, longestShown));
  insert.bind(7, storableText(shown(refused, longestShown), longestShown));
  insert.bind(8, storableText(refused.reason, longestShown));
  insert.bind(9, encoded(refused).toBase64());
  if (const auto added = finish(insert); !added) return failure(added.error());
  const int rows = sqlite3_changes(m_connection.handle());
  m_count += rows;
  return rows > 0;
}

Result<QuarantinePage> Quarantine::page(qint64 after, int limit) {
  const std::lock_guard lock(m_mutex);
  if (const auto there = ensure(); !there) return failure(there.error());
  QuarantinePage page;
  page.total = m_count;
  Statement &select = m_statements->page;
  select.bind(1, after);
  select.bind(2, static_cast<qint64>(limit) + 1);
  int code = select.step();
  for (; code == SQLITE_ROW && page.records.size() < limit; code = select.step()) {
    page.records.append({select.integer(0), timeAt(select.integer(1)), timeAt(select.integer(2)),
                         QString::fromUtf8(select.text(3)), QString::fromUtf8(select.text(4)),
                         QString::fromUtf8(select.text(5))});
  }
  if (code == SQLITE_ROW) page.next = page.records.last().id;
  const bool isRead = code == SQLITE_ROW || code == SQLITE_DONE;
  const QString text = isRead ? QString() : errorText(m_connection.handle());
  select.reset();
  if (!isRead) return failure(text);
  return page;
}

Result<int> Quarantine::forEach(const QList<qint64> &ids, const char *all, const char *one) {
  if (const auto there = ensure(); !there) return failure(there.error());
  sqlite3 *database = m_connection.handle();
  if (ids.isEmpty()) {
    if (const auto done = m_connection.execute(all); !done) return failure(done.error());
    return sqlite3_changes(database);
  }
  Statement statement;
  if (const auto prepared = statement.prepare(database, one); !prepared) return failure(prepared.error());
  if (const auto begun = m_connection.execute("BEGIN IMMEDIATE"); !begun) return failure(begun.error());
  int changed = 0;
  for (const qint64 id : ids) {
    statement.bind(1, id);
    if (const auto done = finish(statement); !done) {
      sqlite3_exec(database, "ROLLBACK", nullptr, nullptr, nullptr);
      return failure(done.error());
    }
    changed += sqlite3_changes(database);
  }
  if (const auto committed = m_connection.execute("COMMIT"); !committed) return failure(committed.error());
  return changed;
}

Result<int> Quarantine::requeue(const QList<qint64> &ids) {
  const std::lock_guard lock(m_mutex);
  return forEach(ids, "UPDATE records SET queued = 1", "UPDATE records SET queued = 1 WHERE id = ?");
}

Result<int> Quarantine::discard(const QList<qint64> &ids) {
  const std::lock_guard lock(m_mutex);
  const auto discarded = forEach(ids, "DELETE FROM records", "DELETE FROM records WHERE id = ?");
  if (discarded) m_count -= *discarded;
  return discarded;
}

Result<std::optional<Quarantine::Queued>> Quarantine::next() {
  const std::lock_guard lock(m_mutex);
  if (const auto there = ensure(); !there) return failure(there.error());
  Statement &select = m_statements->queued;
  while (true) {
    const int code = select.step();
    if (code != SQLITE_ROW) {
      const QString text = code == SQLITE_DONE ? QString() : errorText(m_connection.handle());
      select.reset();
      if (!text.isEmpty()) return failure(text);
      return std::optional<Queued>();
    }
    Queued queued;
    queued.id = select.integer(0);
    auto record = decoded(QByteArray::fromBase64(select.text(5)));
    if (record) {
      queued.record = std::move(*record);
      const auto sequence = static_cast<quint64>(select.integer(3));
      queued.record.key = {static_cast<quint64>(select.integer(1)), static_cast<Stream>(select.integer(2)), sequence,
                           sequence + 1};
      queued.record.reason = QString::fromUtf8(select.text(4));
    }
    select.reset();
    if (record) return std::optional(queued);
    const auto removed = forEach({queued.id}, nullptr, "DELETE FROM records WHERE id = ?");
    if (!removed) return failure(removed.error());
    m_count -= *removed;
    m_lost += *removed;
  }
}

Result<bool> Quarantine::remove(qint64 id) {
  const auto removed = discard({id});
  if (!removed) return failure(removed.error());
  return *removed > 0;
}

Result<int> Quarantine::removeDelivered(const QList<SpoolRange> &delivered) {
  return removeWhere([&](const SpoolRange &key) { return holds(delivered, key); });
}

Result<int> Quarantine::removeWaiting(const QList<quint64> &boots, const QList<SpoolRange> &delivered) {
  return removeWhere([&](const SpoolRange &key) { return boots.contains(key.boot) && !holds(delivered, key); });
}

Result<int> Quarantine::removeWhere(const std::function<bool(const SpoolRange &)> &goes) {
  const std::lock_guard lock(m_mutex);
  if (const auto there = ensure(); !there) return failure(there.error());
  if (m_count == 0) return 0;
  Statement select;
  const char *sql = "SELECT id, boot, stream, sequence FROM records";
  if (const auto prepared = select.prepare(m_connection.handle(), sql); !prepared) return failure(prepared.error());
  QList<qint64> ids;
  int code = select.step();
  for (; code == SQLITE_ROW; code = select.step()) {
    const auto sequence = static_cast<quint64>(select.integer(3));
    const SpoolRange key{static_cast<quint64>(select.integer(1)), static_cast<Stream>(select.integer(2)), sequence,
                         sequence + 1};
    if (goes(key)) ids << select.integer(0);
  }
  const QString text = code == SQLITE_DONE ? QString() : errorText(m_connection.handle());
  select.reset();
  if (!text.isEmpty()) return failure(text);
  if (ids.isEmpty()) return 0;
  const auto removed = forEach(ids, nullptr, "DELETE FROM records WHERE id = ?");
  if (removed) m_count -= *removed;
  return removed;
}

Result<void> Quarantine::refusedAgain(qint64 id, const QString &reason) {
  const std::lock_guard lock(m_mutex);
  if (const auto there = ensure(); !there) return failure(there.error());
  Statement &update = m_statements->refusedAgain;
  update.bind(1, storableText(reason, longestShown));
  update.bind(2, id);
  return finish(update);
}

Result<void> Quarantine::finish(Statement &statement) {
  const int code = statement.step();
  const QString text = code == SQLITE_DONE ? QString() : errorText(m_connection.handle());
  statement.reset();
  return text.isEmpty() ? Result<void>() : failure(text);
}

}  // namespace tagwire::sql
