// SPDX-License-Identifier: Apache-2.0
#include "sqlite/oldtables.h"

#include <deque>

#include "sqlite/historyschema.h"

namespace tagwire::sql {

namespace {

// What version 1 had of a position after the quality.
constexpr const char *oldPositionColumns =
    ", x, y, z, tag, type, zone, battery, confidence, gateway, sequence, NULL, NULL";

QByteArray selectSql(RowKind kind) {
  // Received: as late as the source said, since version 1 did not keep it.
  return "SELECT time_ns, point_id, repeat, quality, 0" +
         QByteArray(kind == RowKind::Value ? ", value" : oldPositionColumns) + " FROM old_" + tableOf(kind) +
         " ORDER BY time_ns DESC, point_id DESC, repeat DESC LIMIT " + QByteArray::number(HistoryStore::sliceRecords);
}

}  // namespace

QByteArray OldTables::renameSql() {
  return dropHistoryViewsSql() +
         "ALTER TABLE samples RENAME TO old_samples; ALTER TABLE positions RENAME TO old_positions;"
         "ALTER TABLE qualities RENAME TO old_qualities;"
         "ALTER TABLE points ADD COLUMN tag TEXT NOT NULL DEFAULT '';";
}

StoreResult<bool> OldTables::areIn(HistoryFile &file) {
  return file.number("SELECT count(*) FROM sqlite_schema WHERE name = 'old_qualities'").map([](qint64 count) {
    return count > 0;
  });
}

StoreResult<void> OldTables::prepare() {
  const auto there = areIn(m_file);
  if (!there) return tl::unexpected(there.error());
  m_isThere = *there;
  return m_isThere ? readQualities() : StoreResult<void>();
}

StoreResult<void> OldTables::readQualities() {
  Statement select;
  const auto prepared =
      m_file.prepare(select,
                     "SELECT o.id, min(q.code) FROM old_qualities o JOIN qualities q ON q.name = o.name "
                     "WHERE q.historical = 0 GROUP BY o.id");
  if (!prepared) return prepared;
  for (;;) {
    const auto row = m_file.next(select);
    if (!row) return tl::unexpected(row.error());
    if (!*row) return {};
    m_codes.insert(select.integer(0), static_cast<int>(select.integer(1)));
  }
}

StoreResult<void> OldTables::moveSlice(SliceWriter &writer) {
  for (const RowKind kind : rowKinds) {
    const auto moved = moveSlice(writer, kind);
    if (!moved) return tl::unexpected(moved.error());
    if (*moved) return {};
  }
  return dropTables();
}

StoreResult<bool> OldTables::moveSlice(SliceWriter &writer, RowKind kind) {
  Statement select;
  if (const auto prepared = m_file.prepare(select, selectSql(kind)); !prepared) {
    return tl::unexpected(prepared.error());
  }
  std::deque<Value> values;
  std::vector<Row> rows;
  qint64 key[3] = {};
  for (qsizetype texts = 0; texts < textBytesAtOnce; texts += textBytes(values.back())) {
    const auto row = m_file.next(select);
    if (!row) return tl::unexpected(row.error());
    if (!*row) break;
    for (int i = 0; i < 3; ++i) key[i] = select.integer(i);
    values.push_back(contentFrom(select, 3, kind, ValueType::None, {}).value);
    const int code = m_codes.value(select.integer(3), codeOf(Quality::good(), false));
    rows.push_back({key[1], key[0], 0, code, &values.back()});
  }
  select.reset();
  if (rows.empty()) return false;
  std::reverse(rows.begin(), rows.end());  // as they came: repeats of one time in their order
  Statement remove;
  auto done =
      m_file.prepare(remove, "DELETE FROM old_" + tableOf(kind) + " WHERE (time_ns, point_id, repeat) >= (?, ?, ?)");
  if (done && kind == RowKind::Position) done = rememberTags(rows);
  if (done) done = writer.store(kind, std::move(rows));
  if (!done) return tl::unexpected(done.error());
  for (int i = 0; i < 3; ++i) remove.bind(i + 1, key[i]);
  return m_file.run(remove).map([] { return true; });
}

// Version 1 did not say which tag a point is about; its positions do.
StoreResult<void> OldTables::rememberTags(const std::vector<Row> &rows) {
  QHash<qint64, QString> tags;
  for (const Row &row : rows) {
    const auto *position = std::get_if<Position>(row.value);
    if (position && !position->fix->tag.isEmpty()) tags.insert(row.point, position->fix->tag);
  }
  Statement update;
  auto done = m_file.prepare(update, "UPDATE points SET tag = ? WHERE id = ? AND tag = ''");
  for (auto tag = tags.cbegin(); done && tag != tags.cend(); ++tag) {
    update.bind(1, tag->toUtf8());
    update.bind(2, tag.key());
    done = m_file.run(update);
  }
  return done;
}

StoreResult<void> OldTables::dropTables() {
  const auto dropped = m_file.execute("DROP TABLE old_samples; DROP TABLE old_positions; DROP TABLE old_qualities;" +
                                      dropHistoryViewsSql() + historyViewsSql(false));
  if (dropped) m_isThere = false;
  return dropped;
}

}  // namespace tagwire::sql
