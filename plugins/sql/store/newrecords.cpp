// SPDX-License-Identifier: Apache-2.0
#include "newrecords.h"

#include "historygap.h"

namespace tagwire::sql {

QStringList NewRecords::originsOf(const HistoryBatches &batches) {
  QStringList origins;
  for (const HistoryBatch &batch : batches) origins << batch.origin;
  origins.sort();
  origins.removeDuplicates();
  return origins;
}

StoreResult<NewRecords> NewRecords::of(const HistoryBatches &batches, const Delivered &delivered) {
  using Key = std::tuple<QString, quint64, Stream>;
  std::map<Key, SequenceSet> known;
  for (const QString &origin : originsOf(batches)) {
    const auto ranges = delivered(origin);
    if (!ranges) return tl::unexpected(ranges.error());
    for (const SpoolRange &range : *ranges) known[{origin, range.boot, range.stream}].add(range.first, range.next);
  }
  NewRecords fresh;
  for (const HistoryBatch &batch : batches) {
    const SpoolRange &range = batch.range;
    SequenceSet &of = known[{batch.origin, range.boot, range.stream}];
    const auto isNew = [&](quint64 sequence) {
      return sequence >= range.first && sequence < range.next && !of.contains(sequence, sequence + 1);
    };
    const auto firstPoint = static_cast<PointKey>(fresh.m_points.size());
    for (const StoredPoint &point : batch.points) fresh.m_points.push_back(std::make_shared<const StoredPoint>(point));
    for (StoredSample sample : batch.samples) {
      if (!isNew(sample.sequence)) continue;
      sample.point += firstPoint;
      fresh.m_work.samples.push_back(std::move(sample));
    }
    for (const StoredEvent &event : batch.events) {
      if (!isNew(event.sequence)) continue;
      fresh.m_work.events.push_back(event);
      if (const auto gap = gapOf(event)) fresh.m_work.gaps << *gap;
    }
    SequenceSet added;
    added.addWithout(range.first, range.next, of);
    for (const auto &[first, next] : added.intervals()) {
      fresh.m_ranges[batch.origin].append({range.boot, range.stream, first, next});
    }
    of.add(range.first, range.next);
  }
  return fresh;
}

PointLookup NewRecords::points() const {
  return [this](PointKey key) { return key >= 1 && key <= m_points.size() ? m_points[key - 1] : StoredPointPointer(); };
}

}  // namespace tagwire::sql
