// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "query/bucketgrid.h"
#include "query/buckettotal.h"
#include "store/storereader.h"

namespace tagwire::sql {

/// Fills the buckets of a trend from as few rows as it takes: the longest roll-ups that lie inside one bucket, shorter
/// ones and the records themselves where a roll-up crosses the edge of a bucket. The same as reading every record.
/// Where retention has taken what is shorter, the longer roll-up stands in the bucket that its start falls into.
/// Thread-bound; used within begin() and end() of its reader, which outlives it.
class TrendReader {
 public:
  /// `deadline`: a trend of many ragged edges computes for long between what the reader is asked.
  TrendReader(StoreReader &reader, const BucketGrid &grid, std::chrono::steady_clock::time_point deadline);

  /// Those with a value. After loadNewest() with this point.
  Result<QList<HistoryBucket>> read(qint64 point);

 private:
  struct Span {
    Time from;
    Time to;
  };
  using Rows = std::vector<Rollup>;

  Result<void> checkDeadline() const;
  /// Looked at now and then only: the clock costs more than a row.
  bool isOver();
  Result<void> readLevel(RollupLevel level, Span span, const std::function<void(Time)> &seen);
  Result<void> readFiner(RollupLevel level, const Rows &rows);
  Result<void> readRecords(RollupLevel level, const Rows &rows);
  Result<void> standIn(RollupLevel level, const Rollup &row);
  Result<qint64> newestIn(Span span);
  Result<bool> holdsAny(RollupLevel level, Span span);
  Result<void> addNewest();
  Span partInRange(Time from, Time to) const;
  QList<HistoryBucket> filled() const;

  StoreReader &m_reader;
  BucketGrid m_grid;
  std::chrono::steady_clock::time_point m_deadline;
  quint64 m_looks = 0;
  qint64 m_point = 0;
  qint64 m_newest = 0;  ///< how many of the point in the range are not in roll-ups yet
  std::vector<BucketTotal> m_totals;
  std::vector<Span> m_recordSpans;  ///< where the records were read, the newest included
};

}  // namespace tagwire::sql
