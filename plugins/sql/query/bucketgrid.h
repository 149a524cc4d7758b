// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "result.h"
#include "services/historyreader.h"

namespace tagwire::sql {

/// A range of time cut into buckets of one length, which begin at multiples of it since 1970; the first and the last
/// are cut at the range. Plain value.
class BucketGrid {
 public:
  /// Errors: an empty range, one before 1700, too many buckets, neither or both of interval and buckets.
  static Result<BucketGrid> of(const HistoryTrendQuery &query);

  Time from() const { return m_from; }
  Time to() const { return m_to; }
  std::chrono::nanoseconds length() const { return m_length; }
  int count() const { return m_count; }

  /// Of a time in the range: 0 … count() - 1.
  int indexOf(Time time) const;
  Time startOf(int index) const;
  Time endOf(int index) const { return index + 1 == m_count ? m_to : startOf(index + 1); }
  /// [from, to) is inside the range and one bucket.
  bool isInOne(Time from, Time to) const;

 private:
  Time m_from;
  Time m_to;
  std::chrono::nanoseconds m_length{1};
  qint64 m_first = 0;  ///< the first bucket's beginning, in lengths since 1970
  int m_count = 1;
};

}  // namespace tagwire::sql
