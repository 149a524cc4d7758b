// SPDX-License-Identifier: Apache-2.0
#include "sqlite/sqlitestore.h"

#include <malloc.h>

namespace tagwire::sql {

namespace {

constexpr qsizetype longestStoredName = 1000;

QByteArray storedName(const QString &text) { return storableText(text, longestStoredName); }

}  // namespace

/// All that must be gone before the file is closed.
struct SqliteStore::Statements {
  explicit Statements(HistoryFile &file) : points(file), recent(file), slices(file), oldTables(file), expiry(file) {}

  PointRows points;
  RecentRows recent;
  SliceWriter slices;
  OldTables oldTables;
  Expiry expiry;
  Statement begin, commit, event, touching, removeTouching, range, lengthenGap, gap;
};

SqliteStore::SqliteStore(QString path, std::chrono::milliseconds lockPatience)
    : m_path(std::move(path)), m_lockPatience(lockPatience) {}

SqliteStore::~SqliteStore() { close(); }

StoreResult<void> SqliteStore::open() {
  close();
  auto done = m_file.open(m_path, m_lockPatience);
  if (!done) return done;
  m_statements = std::make_unique<Statements>(m_file);
  Statements &of = *m_statements;
  const std::pair<Statement &, const char *> statements[] = {
      {of.begin, "BEGIN IMMEDIATE"},
      {of.commit, "COMMIT"},
      {of.event, "INSERT INTO events(epoch, sequence, time_ns, source, kind, json) VALUES(?,?,?,?,?,?)"},
      {of.touching,
       "SELECT min(first), max(next) FROM delivered WHERE spool = ? AND boot = ? AND stream = ? AND "
       "first <= ? AND next >= ?"},
      {of.removeTouching,
       "DELETE FROM delivered WHERE spool = ? AND boot = ? AND stream = ? AND first <= ? AND "
       "next >= ?"},
      {of.range, "INSERT INTO delivered(spool, boot, stream, first, next) VALUES(?,?,?,?,?)"},
      {of.lengthenGap,
       "UPDATE gaps SET from_ns = min(from_ns, ?1), to_ns = max(to_ns, ?2), records = records + ?3 WHERE id = "
       "(SELECT id FROM gaps WHERE reason = ?4 ORDER BY id DESC LIMIT 1) AND from_ns <= ?2 AND to_ns >= ?1"},
      {of.gap, "INSERT INTO gaps(from_ns, to_ns, records, reason) VALUES(?,?,?,?)"}};
  for (const auto &[statement, sql] : statements) {
    if (done) done = m_file.prepare(statement, sql);
  }
  if (done) done = of.points.prepare();
  if (done) done = of.recent.prepare();
  if (done) done = of.slices.prepare();
  if (done) done = of.oldTables.prepare();
  if (!done) close();
  return done;
}

void SqliteStore::close() {
  m_file.rollBack();
  m_statements.reset();
  m_file.close();
}

StoreResult<void> SqliteStore::check() {
  if (!isOpen())
    return tl::unexpected(StoreError{StoreError::Kind::Outage, QStringLiteral("%1 is closed").arg(m_path)});
  if (!m_file.wasMoved()) return {};
  const auto error = m_file.outage(QStringLiteral("moved or deleted while in use; a new one is begun"));
  close();
  return error;
}

StoreResult<void> SqliteStore::inTransaction(const std::function<StoreResult<void>()> &step) {
  if (const auto checked = check(); !checked) return checked;
  auto done = m_file.run(m_statements->begin);
  if (done) done = step();
  if (done) done = m_file.run(m_statements->commit);
  if (done) return done;
  m_file.rollBack();
  m_statements->points.forget();  // rows made since are gone as well
  if (done.error().kind == StoreError::Kind::Outage) close();
  return done;
}

StoreResult<QList<SpoolRange>> SqliteStore::delivered(const QString &spool) {
  StoreResult<QList<SpoolRange>> ranges;
  const auto done = inTransaction([&]() -> StoreResult<void> {
    ranges = rangesOf(spool);
    return ranges ? StoreResult<void>() : tl::unexpected(ranges.error());
  });
  if (!done) return tl::unexpected(done.error());
  return ranges;
}

StoreResult<QList<SpoolRange>> SqliteStore::rangesOf(const QString &spool) {
  QList<SpoolRange> ranges;
  Statement select;
  const auto prepared = m_file.prepare(
      select, "SELECT boot, stream, first, next FROM delivered WHERE spool = ? ORDER BY boot, stream, first");
  if (!prepared) return tl::unexpected(prepared.error());
  select.bind(1, storedName(spool));
  for (;;) {
    const auto row = m_file.next(select);
    if (!row) return tl::unexpected(row.error());
    if (!*row) return ranges;
    ranges.append({static_cast<quint64>(select.integer(0)), static_cast<Stream>(select.integer(1)),
                   static_cast<quint64>(select.integer(2)), static_cast<quint64>(select.integer(3))});
  }
}

StoreResult<int> SqliteStore::writeBatches(const HistoryBatches &batches) {
  int count = 0;
  const auto done = inTransaction([&]() -> StoreResult<void> {
    const auto fresh =
        NewRecords::of(batches, m_batchPoints, [this](const QString &origin) { return rangesOf(origin); });
    if (!fresh) return tl::unexpected(fresh.error());
    count = fresh->count();
    auto added = addRecords(fresh->work(), [this](PointKey key) { return m_batchPoints.point(key); });
    for (const auto &[origin, ranges] : fresh->ranges()) {
      for (const SpoolRange &range : ranges) {
        if (added) added = addRange(origin, range);
      }
    }
    return added;
  });
  if (!done) return tl::unexpected(done.error());
  return count;
}

StoreResult<void> SqliteStore::addRecords(const WriteWork &work, const PointLookup &points) {
  m_statements->points.beginTransaction(points, work.isImport());
  auto done = addSamples(work);
  if (done) done = addEvents(work.events);
  if (done) done = addGaps(work.gaps);
  return done;
}

StoreResult<void> SqliteStore::keepBoots(const QString &spool, const QList<quint64> &boots) {
  return inTransaction([&]() -> StoreResult<void> {
    QByteArrayList numbers;
    for (const quint64 boot : boots) numbers << QByteArray::number(static_cast<qint64>(boot));
    Statement remove;
    const auto prepared =
        m_file.prepare(remove, "DELETE FROM delivered WHERE spool = ? AND boot NOT IN (" + numbers.join(',') + ')');
    if (!prepared) return prepared;
    remove.bind(1, storedName(spool));
    return m_file.run(remove);
  });
}

StoreResult<void> SqliteStore::write(const WriteWork &work, const PointLookup &points) {
  return inTransaction([&] {
    auto done = addRecords(work, points);
    for (const SpoolRange &range : work.ranges) {
      if (done && !work.spool.isEmpty() && !range.isEmpty()) done = addRange(work.spool, range);
    }
    return done;
  });
}

StoreResult<void> SqliteStore::addSamples(const WriteWork &work) {
  std::vector<Row> rows[2];
  for (const StoredSample &sample : work.samples) {
    const auto point = m_statements->points.rowOf(sample.point);
    if (!point) return tl::unexpected(point.error());
    const auto kind = m_statements->points.kindOf(sample);
    auto &ofKind = rows[static_cast<int>(kind)];
    if (ofKind.empty()) ofKind.reserve(work.samples.size());
    ofKind.push_back(rowFrom(sample, *point));
  }
  const bool isSlice = static_cast<qsizetype>(work.samples.size()) >= sliceRecords;
  for (const RowKind kind : rowKinds) {
    auto &ofKind = rows[static_cast<int>(kind)];
    if (ofKind.empty()) continue;
    const auto done = isSlice ? addSlice(kind, std::move(ofKind)) : m_statements->recent.append(kind, ofKind);
    if (!done) return done;
  }
  return {};
}

// With what waited before, so that records of the same time stay in the order in which they came.
StoreResult<void> SqliteStore::addSlice(RowKind kind, std::vector<Row> rows) {
  std::vector<Value> values;
  auto waited = m_statements->recent.take(kind, values);
  if (!waited) return tl::unexpected(waited.error());
  std::vector<Row> &all = waited->rows;
  if (!waited->isAll) {
    // Too much for one step: these come after what still waits.
    return m_statements->slices.store(kind, std::move(all)).and_then([&] {
      return m_statements->recent.append(kind, rows);
    });
  }
  if (all.empty()) return m_statements->slices.store(kind, std::move(rows));
  all.insert(all.end(), rows.begin(), rows.end());
  return m_statements->slices.store(kind, std::move(all));
}

StoreResult<void> SqliteStore::addEvents(const std::vector<StoredEvent> &events) {
  Statement &insert = m_statements->event;
  for (const StoredEvent &event : events) {
    insert.bind(1, event.epoch);
    if (event.hubSequence > 0) insert.bind(2, static_cast<qint64>(event.hubSequence));
    insert.bind(3, nanoseconds(event.time));
    insert.bind(4, event.source);
    insert.bind(5, event.kind);
    insert.bind(6, event.json);
    if (const auto inserted = m_file.run(insert); !inserted) return inserted;
  }
  return {};
}

// One row for all that adjoins: a spool that is read in order has one.
StoreResult<void> SqliteStore::addRange(const QString &spool, const SpoolRange &range) {
  Statement &touching = m_statements->touching;
  SpoolRange whole = range;
  for (Statement *statement : {&touching, &m_statements->removeTouching}) {
    statement->bind(1, storedName(spool));
    statement->bind(2, static_cast<qint64>(range.boot));
    statement->bind(3, static_cast<qint64>(range.stream));
    statement->bind(4, static_cast<qint64>(range.next));
    statement->bind(5, static_cast<qint64>(range.first));
  }
  const auto row = m_file.next(touching);
  if (!row) return tl::unexpected(row.error());
  if (*row && !touching.isNull(0)) {
    whole.first = std::min(whole.first, static_cast<quint64>(touching.integer(0)));
    whole.next = std::max(whole.next, static_cast<quint64>(touching.integer(1)));
  }
  touching.reset();
  return m_file.run(m_statements->removeTouching).and_then([&] { return addMergedRange(spool, whole); });
}

StoreResult<void> SqliteStore::addMergedRange(const QString &spool, const SpoolRange &range) {
  Statement &insert = m_statements->range;
  insert.bind(1, storedName(spool));
  insert.bind(2, static_cast<qint64>(range.boot));
  insert.bind(3, static_cast<qint64>(range.stream));
  insert.bind(4, static_cast<qint64>(range.first));
  insert.bind(5, static_cast<qint64>(range.next));
  return m_file.run(insert);
}

StoreResult<bool> SqliteStore::maintain(Time now, const Retention &retention) {
  bool hasMore = false;
  const auto done = inTransaction([&]() -> StoreResult<void> {
    const auto more = maintainOnce(now, retention);
    if (!more) return tl::unexpected(more.error());
    hasMore = *more;
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return hasMore;
}

StoreResult<bool> SqliteStore::maintainOnce(Time now, const Retention &retention) {
  for (const RowKind kind : rowKinds) {
    const auto areDue = m_statements->recent.areDue(kind, now);
    if (!areDue) return areDue;
    if (!*areDue) continue;
    const auto added = addSlice(kind, {});
    // A slice in memory is some 30 MiB of small pieces, which the allocator would keep until the next one, minutes
    // later.
    malloc_trim(0);
    return added.map([] { return true; });
  }
  if (m_statements->oldTables.isThere()) {
    return m_statements->oldTables.moveSlice(m_statements->slices).map([] { return true; });
  }
  return m_statements->expiry.step(now, retention);
}

// An outage that goes on is told again and again: it has one row.
StoreResult<void> SqliteStore::addGaps(const QList<HistoryGap> &gaps) {
  for (const HistoryGap &gap : gaps) {
    for (Statement *statement : {&m_statements->lengthenGap, &m_statements->gap}) {
      statement->bind(1, nanoseconds(gap.from));
      statement->bind(2, nanoseconds(gap.to));
      statement->bind(3, gap.records);
      statement->bind(4, storedName(gap.reason));
      if (const auto done = m_file.run(*statement); !done) return done;
      if (m_file.changes() > 0) break;
    }
  }
  return {};
}

}  // namespace tagwire::sql
