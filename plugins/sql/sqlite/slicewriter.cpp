// SPDX-License-Identifier: Apache-2.0
#include "sqlite/slicewriter.h"

#include <algorithm>

#include "store/sliceorder.h"

namespace tagwire::sql {

namespace {

std::vector<RollupRecord> rollupRecords(const std::vector<Row> &rows) {
  std::vector<RollupRecord> records;
  records.reserve(rows.size());
  for (const Row &row : rows) {
    const auto number = toNumber(*row.value);
    const bool isNumber = number && std::isfinite(*number);
    records.push_back(
        {row.point, timeFrom(row.time), qualityFrom(row.quality), isNumber ? number : std::optional<double>()});
  }
  return records;
}

bool isEarlierRow(const Row &a, const Row &b) { return a.time < b.time; }

}  // namespace

StoreResult<void> SliceWriter::prepare() {
  auto done = m_file.prepare(m_nextId, "SELECT coalesce(max(first_id + count), 1) FROM runs WHERE kind = ?");
  if (done) {
    done = m_file.prepare(m_insertRun,
                          "INSERT INTO runs(kind, from_ns, to_ns, first_id, count) VALUES(?,?,?,?,?) RETURNING id");
  }
  if (done) done = m_file.prepare(m_insertChunk, "INSERT INTO chunks VALUES(?,?,?,?,?,?)");
  for (const RowKind kind : rowKinds) {
    if (!done) break;
    const int columns = 2 + contentColumnCount(kind);
    const QByteArray insert = "INSERT INTO " + tableOf(kind) + "(id, offset_ns, " + contentColumns(kind) + ") VALUES";
    const QByteArray row = '(' + placeholders(columns) + "),";
    done = m_file.prepare(m_insert[static_cast<int>(kind)], insert + row.chopped(1));
    if (done) done = m_file.prepare(m_insertMany[static_cast<int>(kind)], insert + row.repeated(rowsAtOnce).chopped(1));
  }
  return done ? m_rollups.prepare() : done;
}

StoreResult<void> SliceWriter::store(RowKind kind, std::vector<Row> rows) {
  if (rows.empty()) return {};
  sortByPointAndTime(rows);
  // Before the rows are there: what was stored earlier is read without them.
  if (const auto merged = mergeRollups(m_rollups, rollupRecords(rows)); !merged) return merged;
  qint64 run = 0;
  const auto firstId = beginRun(kind, rows, run);
  if (!firstId) return tl::unexpected(firstId.error());
  return insertRows(kind, rows, *firstId).and_then([&] { return insertChunks(rows, run, *firstId); });
}

// Ids only grow, so that rows are appended; those of a run that is gone for its age may come again.
StoreResult<qint64> SliceWriter::beginRun(RowKind kind, const std::vector<Row> &rows, qint64 &run) {
  m_nextId.bind(1, static_cast<qint64>(kind));
  const auto found = m_file.next(m_nextId);
  if (!found) return tl::unexpected(found.error());
  const qint64 firstId = m_nextId.integer(0);
  m_nextId.reset();
  const auto [first, last] = std::minmax_element(rows.begin(), rows.end(), isEarlierRow);
  m_insertRun.bind(1, static_cast<qint64>(kind));
  m_insertRun.bind(2, first->time);
  m_insertRun.bind(3, last->time);
  m_insertRun.bind(4, firstId);
  m_insertRun.bind(5, static_cast<qint64>(rows.size()));
  const auto made = m_file.next(m_insertRun);
  if (!made) return tl::unexpected(made.error());
  run = m_insertRun.integer(0);
  m_insertRun.reset();
  return firstId;
}

StoreResult<void> SliceWriter::insertRows(RowKind kind, const std::vector<Row> &rows, qint64 firstId) {
  const int columns = 2 + contentColumnCount(kind);
  qint64 point = 0;
  qint64 base = 0;
  for (size_t i = 0; i < rows.size();) {
    const size_t count = rows.size() - i < rowsAtOnce ? 1 : rowsAtOnce;
    Statement &insert = (count == 1 ? m_insert : m_insertMany)[static_cast<int>(kind)];
    for (int parameter = 1; parameter <= static_cast<int>(count) * columns; parameter += columns, ++i) {
      const Row &row = rows[i];
      if (row.point != point) {
        point = row.point;
        base = row.time;
      }
      insert.bind(parameter, firstId + static_cast<qint64>(i));
      insert.bind(parameter + 1, row.time - base);
      bindContent(insert, parameter + 2, row);
    }
    if (const auto inserted = m_file.run(insert); !inserted) return inserted;
  }
  return {};
}

StoreResult<void> SliceWriter::insertChunks(const std::vector<Row> &rows, qint64 run, qint64 firstId) {
  for (auto begin = rows.begin(); begin != rows.end();) {
    const auto end = std::find_if(begin, rows.end(), [&](const Row &row) { return row.point != begin->point; });
    m_insertChunk.bind(1, run);
    m_insertChunk.bind(2, begin->point);
    m_insertChunk.bind(3, begin->time);
    m_insertChunk.bind(4, std::prev(end)->time);
    m_insertChunk.bind(5, firstId + (begin - rows.begin()));
    m_insertChunk.bind(6, static_cast<qint64>(end - begin));
    if (const auto inserted = m_file.run(m_insertChunk); !inserted) return inserted;
    begin = end;
  }
  return {};
}

}  // namespace tagwire::sql
