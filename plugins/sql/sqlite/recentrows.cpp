// SPDX-License-Identifier: Apache-2.0
#include "sqlite/recentrows.h"

namespace tagwire::sql {

namespace {

constexpr std::chrono::hours longestStay{24};
constexpr qsizetype mostTaken = 2 * HistoryStore::sliceRecords;

}  // namespace

StoreResult<void> RecentRows::prepare() {
  StoreResult<void> done;
  for (const RowKind kind : rowKinds) {
    Statements &of = m_of[static_cast<int>(kind)];
    const QByteArray table = "recent_" + tableOf(kind);
    const QByteArray columns = "point_id, time_ns, " + contentColumns(kind);
    const QByteArray insert = "INSERT INTO " + table + "(" + columns + ") VALUES";
    const QByteArray row = '(' + placeholders(2 + contentColumnCount(kind)) + "),";
    const std::pair<Statement &, QByteArray> statements[] = {
        {of.insert, insert + row.chopped(1)},
        {of.insertMany, insert + row.repeated(rowsAtOnce).chopped(1)},
        {of.oldest, "SELECT id, time_ns + received_ms * 1000000 FROM " + table + " ORDER BY id LIMIT 1"},
        {of.newest, "SELECT id FROM " + table + " ORDER BY id DESC LIMIT 1"},
        {of.select, "SELECT id, " + columns + " FROM " + table + " ORDER BY id LIMIT " + QByteArray::number(mostTaken)},
        {of.remove, "DELETE FROM " + table + " WHERE id <= ?"}};
    for (const auto &[statement, sql] : statements) {
      if (done) done = m_file.prepare(statement, sql);
    }
  }
  return done;
}

StoreResult<void> RecentRows::append(RowKind kind, const std::vector<Row> &rows) {
  Statements &of = m_of[static_cast<int>(kind)];
  const int columns = 2 + contentColumnCount(kind);
  for (size_t i = 0; i < rows.size();) {
    const size_t count = rows.size() - i < rowsAtOnce ? 1 : rowsAtOnce;
    Statement &insert = count == 1 ? of.insert : of.insertMany;
    for (int parameter = 1; parameter <= static_cast<int>(count) * columns; parameter += columns, ++i) {
      insert.bind(parameter, rows[i].point);
      insert.bind(parameter + 1, rows[i].time);
      bindContent(insert, parameter + 2, rows[i]);
    }
    if (const auto inserted = m_file.run(insert); !inserted) return inserted;
  }
  if (of.texts) {
    for (const Row &row : rows) *of.texts += textBytes(*row.value);
  }
  return {};
}

StoreResult<bool> RecentRows::areDue(RowKind kind, Time now) {
  Statements &of = m_of[static_cast<int>(kind)];
  const auto oldest = m_file.next(of.oldest);
  if (!oldest || !*oldest) return oldest;
  const qint64 firstId = of.oldest.integer(0);
  const Time received = timeFrom(of.oldest.integer(1));
  of.oldest.reset();
  const auto newest = m_file.next(of.newest);
  if (!newest || !*newest) return newest;
  const qint64 count = of.newest.integer(0) - firstId + 1;
  of.newest.reset();
  if (count >= HistoryStore::sliceRecords || now - received >= longestStay) return true;
  if (!of.texts) {
    if (const auto counted = countTexts(kind); !counted) return tl::unexpected(counted.error());
  }
  return *of.texts >= textBytesAtOnce;
}

// No further than is asked: the table may be as large as an earlier version left it.
StoreResult<void> RecentRows::countTexts(RowKind kind) {
  Statement select;
  const auto prepared = m_file.prepare(select, "SELECT " + textBytesSql(kind) + " FROM recent_" + tableOf(kind));
  if (!prepared) return prepared;
  qsizetype texts = 0;
  while (texts < textBytesAtOnce) {
    const auto row = m_file.next(select);
    if (!row) return tl::unexpected(row.error());
    if (!*row) break;
    texts += select.integer(0);
  }
  m_of[static_cast<int>(kind)].texts = texts;
  return {};
}

StoreResult<RecentRows::Taken> RecentRows::take(RowKind kind, std::vector<Value> &values) {
  Statements &of = m_of[static_cast<int>(kind)];
  Statement &select = of.select;
  Taken taken;
  // In one piece each, which goes back to the system as one. What of it is not used is not there.
  values.clear();
  values.reserve(mostTaken);
  taken.rows.reserve(mostTaken);
  qint64 lastId = 0;
  for (qsizetype texts = 0; texts < textBytesAtOnce; texts += textBytes(values.back())) {
    const auto row = m_file.next(select);
    if (!row) return tl::unexpected(row.error());
    if (!*row) break;
    lastId = select.integer(0);
    // Bool or integer makes no difference to the row.
    values.push_back(contentFrom(select, 3, kind, ValueType::None, {}).value);
    taken.rows.push_back(
        {select.integer(1), select.integer(2), select.integer(4), static_cast<int>(select.integer(3)), &values.back()});
  }
  select.reset();
  if (taken.rows.empty()) return taken;
  const auto removed = remove(kind, lastId);
  if (!removed) return tl::unexpected(removed.error());
  taken.isAll = *removed;
  // Nobody counts what is left: it goes with the next step.
  of.texts = taken.isAll ? 0 : textBytesAtOnce;
  return taken;
}

// True: the table is empty now.
StoreResult<bool> RecentRows::remove(RowKind kind, qint64 lastId) {
  Statements &of = m_of[static_cast<int>(kind)];
  const auto newest = m_file.next(of.newest);
  if (!newest) return tl::unexpected(newest.error());
  const bool isAll = *newest && of.newest.integer(0) == lastId;
  of.newest.reset();
  // Without a condition a table is emptied at once.
  if (isAll) return m_file.execute("DELETE FROM recent_" + tableOf(kind)).map([] { return true; });
  of.remove.bind(1, lastId);
  return m_file.run(of.remove).map([] { return false; });
}

}  // namespace tagwire::sql
