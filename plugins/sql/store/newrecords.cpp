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

StoreResult<int> HistoryStore::writeBatches(const HistoryBatches &) {
  return tl::unexpected(StoreError{StoreError::Kind::Outage, QStringLiteral("this store takes no batches")});
}

PointKey BatchPoints::keyOf(const StoredPoint &point) {
  PointKey &key = m_byName[point.name];
  if (key == 0) {
    m_points.push_back(std::make_shared<const StoredPoint>(point));
    key = static_cast<PointKey>(m_points.size());
  } else if (!(*m_points[key - 1] == point)) {
    m_points[key - 1] = std::make_shared<const StoredPoint>(point);
  }
  return key;
}

StoreResult<NewRecords> NewRecords::of(const HistoryBatches &batches, BatchPoints &points, const Delivered &delivered) {
  using Key = std::tuple<QString, quint64, Stream>;
  std::map<Key, SequenceSet> known;
  for (const QString &origin : originsOf(batches)) {
    const auto ranges = delivered(origin);
    if (!ranges) return tl::unexpected(ranges.error());
    for (const SpoolRange &range : *ranges) known[{origin, range.boot, range.stream}].add(range.first, range.next);
  }
  NewRecords fresh;
  fresh.m_work.isOfBatches = true;
  for (const HistoryBatch &batch : batches) {
    const SpoolRange &range = batch.range;
    SequenceSet &of = known[{batch.origin, range.boot, range.stream}];
    const auto isNew = [&](quint64 sequence) {
      return sequence >= range.first && sequence < range.next && !of.contains(sequence, sequence + 1);
    };
    std::vector<PointKey> keys;
    for (const StoredPoint &point : batch.points) keys.push_back(points.keyOf(point));
    for (StoredSample sample : batch.samples) {
      if (!isNew(sample.sequence)) continue;
      sample.point = keys.at(sample.point - 1);
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

}  // namespace tagwire::sql
