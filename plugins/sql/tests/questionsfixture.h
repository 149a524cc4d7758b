// SPDX-License-Identifier: Apache-2.0
// What the tests of questions have in common.
#pragma once

#include <random>

#include "memoryreader.h"
#include "newyear.h"
#include "query/bucketgrid.h"
#include "query/historyquestions.h"

namespace tagwire::sql {

using namespace std::chrono_literals;

inline Patience patience() { return {std::chrono::steady_clock::now() + 1min}; }
inline QString named(int number) { return QStringLiteral("plc1/p%1").arg(number); }

inline QString errorOf(const Result<HistoryPage> &page) { return page ? QString() : page.error(); }

inline HistoryTrendQuery trendOf(Time from, Time to) {
  HistoryTrendQuery query;
  query.points = QStringList{named(0)};
  query.from = from;
  query.to = to;
  return query;
}

/// The same from every record, in the plainest way.
inline QList<HistoryBucket> recomputed(MemoryReader &reader, const BucketGrid &grid, Time firstKept = Time::min()) {
  std::map<int, HistoryBucket> buckets;
  std::map<int, std::pair<double, int>> sums;
  for (const auto &record : reader.records(1)) {
    const HistoryValue &value = record.value;
    if (value.time < grid.from() || value.time >= grid.to() || value.time < firstKept) continue;
    const int index = grid.indexOf(value.time);
    HistoryBucket &bucket = buckets[index];
    bucket.from = std::max(grid.from(), grid.startOf(index));
    bucket.to = grid.endOf(index);
    ++bucket.count;
    if (value.quality.isGood()) ++bucket.good;
    const auto number = value.quality.isBad() ? std::nullopt : toNumber(value.value);
    if (!number) continue;
    bucket.min = std::min(bucket.min.value_or(*number), *number);
    bucket.max = std::max(bucket.max.value_or(*number), *number);
    bucket.last = number;
    bucket.lastTime = value.time;
    sums[index].first += *number;
    sums[index].second += 1;
    bucket.mean = sums[index].first / sums[index].second;
  }
  QList<HistoryBucket> list;
  for (const auto &[index, bucket] : buckets) list << bucket;
  return list;
}

inline QString text(const QList<HistoryBucket> &buckets) {
  QString text;
  for (const HistoryBucket &bucket : buckets) {
    text += QStringLiteral("%1 %2 %3 %4 %5 %6 %7 %8 %9\n")
                .arg(toIso(bucket.from, 9), toIso(bucket.to, 9))
                .arg(bucket.count)
                .arg(bucket.good)
                .arg(bucket.min.value_or(-1))
                .arg(bucket.max.value_or(-1))
                .arg(bucket.mean.value_or(-1))
                .arg(bucket.last.value_or(-1))
                .arg(bucket.lastTime ? toIso(*bucket.lastTime, 9) : QString());
  }
  return text;
}

/// Records of one point at random times within some days: thick in places, thin in others.
inline void fill(MemoryReader &reader, std::mt19937 &random, bool isNewest, int bursts) {
  const auto any = [&](qint64 most) { return static_cast<qint64>(random() % static_cast<quint64>(most)); };
  const std::array<std::chrono::nanoseconds, 5> spreads{300ms, 20s, 40min, 20h, std::chrono::hours(60)};
  QList<HistoryValue> values;
  for (int burst = 0; burst < bursts; ++burst) {
    const Time begin = newYear + std::chrono::milliseconds(any(5 * 86'400'000));
    // Now and then so many in a minute that it has roll-ups of its seconds.
    const bool isThick = burst == 0 && !isNewest && any(4) == 0;
    const auto spread = isThick ? spreads[1] : spreads[static_cast<size_t>(any(5))];
    const qint64 count = isThick ? 1201 + any(500) : any(400);
    for (qint64 i = 0; i < count; ++i) {
      const Time time = begin + std::chrono::nanoseconds(any(spread.count() / 1000) * 1000);
      const qint64 kind = any(20);
      const Quality quality = kind == 0   ? Quality::bad(QualityReason::Timeout)
                              : kind == 1 ? Quality::uncertain(QualityReason::Stale)
                                          : Quality::good();
      Value value;
      if (kind != 2) value.emplace<double>(static_cast<double>(any(1000)));
      values.append({time, time, value, quality});
    }
  }
  reader.addValues(1, values, isNewest);
}

}  // namespace tagwire::sql
