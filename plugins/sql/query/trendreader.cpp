// SPDX-License-Identifier: Apache-2.0
#include "query/trendreader.h"

namespace tagwire::sql {

namespace {

RollupLevel finer(RollupLevel level) { return static_cast<RollupLevel>(static_cast<int>(level) - 1); }

/// Neighbours without a gap, all dense or none, go together: one question instead of one each.
bool belongTogether(const Rollup &row, const Rollup &next, std::chrono::nanoseconds length) {
  return next.start == row.start + length && next.isDense == row.isDense;
}

}  // namespace

TrendReader::TrendReader(StoreReader &reader, const BucketGrid &grid, std::chrono::steady_clock::time_point deadline)
    : m_reader(reader), m_grid(grid), m_deadline(deadline) {}

Result<void> TrendReader::checkDeadline() const {
  if (std::chrono::steady_clock::now() < m_deadline) return {};
  return failure(QStringLiteral("it takes too long (allowed: fewer points or a shorter range)"));
}

bool TrendReader::isOver() {
  constexpr quint64 rowsBetweenLooks = 1024;
  return ++m_looks % rowsBetweenLooks == 0 && std::chrono::steady_clock::now() >= m_deadline;
}

Result<QList<HistoryBucket>> TrendReader::read(qint64 point) {
  m_point = point;
  m_totals.assign(static_cast<size_t>(m_grid.count()), {});
  m_recordSpans.clear();
  const Span all{m_grid.from(), m_grid.to()};
  const auto newest = newestIn(all);
  if (!newest) return tl::unexpected(newest.error());
  m_newest = *newest;
  const auto done = readLevel(RollupLevel::Day, all, [](Time) {}).and_then([this] { return addNewest(); });
  if (!done) return tl::unexpected(done.error());
  return filled();
}

Result<void> TrendReader::readLevel(RollupLevel level, Span span, const std::function<void(Time)> &seen) {
  const auto length = lengthOf(level);
  Rows rest;
  const auto read = m_reader.rollups(m_point, level, startOf(level, span.from), span.to, [&](const Rollup &row) {
    seen(row.start);
    if (m_grid.isInOne(row.start, row.start + length)) {
      m_totals[static_cast<size_t>(m_grid.indexOf(row.start))].take(row);
    } else {
      rest.push_back(row);
    }
    return !isOver();
  });
  if (!read) return read;
  if (const auto inTime = checkDeadline(); !inTime) return inTime;
  for (auto first = rest.begin(); first != rest.end();) {
    auto last = first + 1;
    while (last != rest.end() && belongTogether(*(last - 1), *last, length)) ++last;
    const auto done = readFiner(level, Rows(first, last));
    if (!done) return done;
    first = last;
  }
  return {};
}

Result<void> TrendReader::readFiner(RollupLevel level, const Rows &rows) {
  if (!rows.front().isDense || level == RollupLevel::Second) return readRecords(level, rows);
  const auto length = lengthOf(level);
  std::vector<bool> isThere(rows.size());
  const Span span = partInRange(rows.front().start, rows.back().start + length);
  const auto read = readLevel(finer(level), span, [&](Time start) {
    isThere[static_cast<size_t>((start - rows.front().start) / length)] = true;
  });
  if (!read) return read;
  for (size_t first = 0; first < rows.size();) {
    size_t last = first;
    while (last < rows.size() && !isThere[last]) ++last;
    if (last > first) {
      const auto done = readRecords(
          level, Rows(rows.begin() + static_cast<qsizetype>(first), rows.begin() + static_cast<qsizetype>(last)));
      if (!done) return done;
    }
    first = last + 1;
  }
  return {};
}

Result<void> TrendReader::readRecords(RollupLevel level, const Rows &rows) {
  const auto length = lengthOf(level);
  std::vector<qint64> counts(rows.size());
  const Span span = partInRange(rows.front().start, rows.back().start + length);
  m_recordSpans.push_back(span);
  const auto read = m_reader.values(m_point, span.from, span.to, false, [&](const HistoryValue &value) {
    ++counts[static_cast<size_t>((value.time - rows.front().start) / length)];
    m_totals[static_cast<size_t>(m_grid.indexOf(value.time))].take(value);
    return !isOver();
  });
  if (!read) return read;
  if (const auto inTime = checkDeadline(); !inTime) return inTime;
  for (size_t i = 0; i < rows.size(); ++i) {
    // Only when they are as few can these all be ones that no roll-up has yet.
    if (counts[i] > m_newest) continue;
    const auto newest = newestIn(partInRange(rows[i].start, rows[i].start + length));
    if (!newest) return tl::unexpected(newest.error());
    if (counts[i] > *newest) continue;
    if (const auto inTime = checkDeadline(); !inTime) return inTime;
    const auto done = standIn(level, rows[i]);
    if (!done) return done;
  }
  return {};
}

/// Nothing shorter was found of this row: for the part in the range that may be right, or it is gone.
Result<void> TrendReader::standIn(RollupLevel level, const Rollup &row) {
  if (row.start < m_grid.from()) return {};
  const Span whole{row.start, row.start + lengthOf(level)};
  if (whole.to > m_grid.to()) {
    const auto isThere = holdsAny(level, whole);
    if (!isThere) return tl::unexpected(isThere.error());
    if (*isThere) return {};
  }
  m_totals[static_cast<size_t>(m_grid.indexOf(row.start))].take(row);
  return {};
}

Result<bool> TrendReader::holdsAny(RollupLevel level, Span span) {
  bool isAny = false;
  Result<void> read;
  if (level != RollupLevel::Second) {
    read = m_reader.rollups(m_point, finer(level), span.from, span.to, [&](const Rollup &) {
      isAny = true;
      return false;
    });
    if (!read) return tl::unexpected(read.error());
  }
  if (isAny) return true;
  const auto newest = newestIn(span);
  if (!newest) return tl::unexpected(newest.error());
  qint64 count = 0;
  read = m_reader.values(m_point, span.from, span.to, false, [&](const HistoryValue &) { return ++count <= *newest; });
  if (!read) return tl::unexpected(read.error());
  return count > *newest;
}

Result<qint64> TrendReader::newestIn(Span span) {
  qint64 count = 0;
  const auto read = m_reader.newest(m_point, span.from, span.to, [this, &count](const HistoryValue &) {
    ++count;
    return !isOver();
  });
  if (!read) return tl::unexpected(read.error());
  if (const auto inTime = checkDeadline(); !inTime) return tl::unexpected(inTime.error());
  return count;
}

Result<void> TrendReader::addNewest() {
  if (m_newest == 0) return {};
  std::sort(m_recordSpans.begin(), m_recordSpans.end(), [](Span a, Span b) { return a.from < b.from; });
  auto span = m_recordSpans.cbegin();
  return m_reader.newest(m_point, m_grid.from(), m_grid.to(), [&](const HistoryValue &value) {
    while (span != m_recordSpans.cend() && span->to <= value.time) ++span;
    const bool isRead = span != m_recordSpans.cend() && span->from <= value.time;
    if (!isRead) m_totals[static_cast<size_t>(m_grid.indexOf(value.time))].take(value);
    return true;
  });
}

TrendReader::Span TrendReader::partInRange(Time from, Time to) const {
  return {std::max(from, m_grid.from()), std::min(to, m_grid.to())};
}

QList<HistoryBucket> TrendReader::filled() const {
  QList<HistoryBucket> buckets;
  for (int i = 0; i < m_grid.count(); ++i) {
    const BucketTotal &total = m_totals[static_cast<size_t>(i)];
    if (!total.isEmpty()) buckets << total.bucket(m_grid.startOf(i), m_grid.endOf(i));
  }
  return buckets;
}

}  // namespace tagwire::sql
