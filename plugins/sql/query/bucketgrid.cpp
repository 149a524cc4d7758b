// SPDX-License-Identifier: Apache-2.0
#include "query/bucketgrid.h"

#include <array>

namespace tagwire::sql {

namespace {

using namespace std::chrono_literals;
using Days = std::chrono::duration<qint64, std::ratio<86'400>>;

constexpr std::array<std::chrono::nanoseconds, 32> roundLengths{
    1ms, 2ms, 5ms, 10ms, 20ms,    50ms,    100ms,   200ms,    500ms,    1s,      2s,
    5s,  10s, 15s, 30s,  1min,    2min,    5min,    10min,    15min,    30min,   1h,
    2h,  3h,  6h,  12h,  Days(1), Days(2), Days(7), Days(14), Days(28), Days(56)};

qint64 lengthsSince1970(Time time, std::chrono::nanoseconds length) {
  const qint64 since = time.time_since_epoch().count();
  const qint64 quotient = since / length.count();
  return since % length.count() < 0 ? quotient - 1 : quotient;
}

/// How many buckets of this length the range touches.
quint64 bucketsIn(Time from, Time to, std::chrono::nanoseconds length) {
  return static_cast<quint64>(lengthsSince1970(to - 1ns, length)) -
         static_cast<quint64>(lengthsSince1970(from, length)) + 1;
}

Result<std::chrono::nanoseconds> roundLength(Time from, Time to, int most) {
  const auto fits = [&](std::chrono::nanoseconds length) {
    return bucketsIn(from, to, length) <= static_cast<quint64>(most);
  };
  for (const auto length : roundLengths) {
    if (fits(length)) return length;
  }
  constexpr std::chrono::nanoseconds longest = Days(50'000);
  for (auto length = roundLengths.back() * 2; length <= longest; length *= 2) {
    if (fits(length)) return length;
  }
  return failure(QStringLiteral("no length of a bucket makes this range %1 buckets (allowed: more buckets, or a range "
                                "on one side of 1970)")
                     .arg(most));
}

Result<std::chrono::nanoseconds> lengthFor(const HistoryTrendQuery &query) {
  if (query.interval.has_value() == (query.buckets != 0)) {
    return failure(QStringLiteral("one of interval and buckets is due (allowed: one of the two)"));
  }
  if (!query.interval) {
    if (query.buckets >= 1 && query.buckets <= HistoryReader::mostBuckets) {
      return roundLength(query.from, query.to, query.buckets);
    }
    return failure(
        QStringLiteral("buckets is %1 (allowed: 1 to %2)").arg(query.buckets).arg(HistoryReader::mostBuckets));
  }
  if (*query.interval <= 0ns) return failure(QStringLiteral("interval is not above 0 (allowed: 1 ns and more)"));
  const quint64 count = bucketsIn(query.from, query.to, *query.interval);
  if (count <= static_cast<quint64>(HistoryReader::mostBuckets)) return *query.interval;
  return failure(QStringLiteral("the range holds %1 intervals (allowed: up to %2; take a longer interval or a shorter "
                                "range)")
                     .arg(count)
                     .arg(HistoryReader::mostBuckets));
}

}  // namespace

Result<BucketGrid> BucketGrid::of(const HistoryTrendQuery &query) {
  constexpr Time earliest{Days(-98'615)};
  if (query.from >= query.to) return failure(QStringLiteral("from is not before to (allowed: from < to)"));
  if (query.from < earliest) return failure(QStringLiteral("from is too early (allowed: 1700 and later)"));
  const auto length = lengthFor(query);
  if (!length) return tl::unexpected(length.error());
  BucketGrid grid;
  grid.m_from = query.from;
  grid.m_to = query.to;
  grid.m_length = *length;
  grid.m_first = lengthsSince1970(query.from, *length);
  grid.m_count = static_cast<int>(bucketsIn(query.from, query.to, *length));
  return grid;
}

int BucketGrid::indexOf(Time time) const { return static_cast<int>(lengthsSince1970(time, m_length) - m_first); }

Time BucketGrid::startOf(int index) const { return index == 0 ? m_from : Time(m_length * (m_first + index)); }

bool BucketGrid::isInOne(Time from, Time to) const {
  return from >= m_from && to <= m_to && indexOf(from) == indexOf(to - 1ns);
}

}  // namespace tagwire::sql
