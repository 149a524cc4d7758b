// SPDX-License-Identifier: Apache-2.0
// Batches as hubs hand them in, cut in any way.
#pragma once

#include <QRandomGenerator>

#include "services/historywriter.h"

namespace tagwire::sql {

/// Records `first` to `next` - 1 of one spool: a double each, which is its sequence.
inline HistoryBatch batchOf(const QString &origin, quint64 first, quint64 next) {
  HistoryBatch batch;
  batch.origin = origin;
  batch.range = {1, Stream::Telemetry, first, next};
  batch.points = {{origin + QStringLiteral("/a"), {}, ValueType::Double},
                  {origin + QStringLiteral("/b"), {}, ValueType::Double}};
  for (quint64 sequence = first; sequence < next; ++sequence) {
    StoredSample sample;
    sample.sequence = sequence;
    sample.point = static_cast<PointKey>(1 + sequence % 2);
    sample.time = timeAt(1'767'225'600'000'000'000 + static_cast<qint64>(sequence) * 1'000'000);
    sample.received = sample.time;
    sample.value = static_cast<double>(sequence);
    batch.samples.push_back(sample);
  }
  return batch;
}

/// All of [0, most), some of it again and again, with other borders each time, in no order.
inline std::vector<HistoryBatch> cutInAnyWay(const QString &origin, quint64 most, QRandomGenerator &random) {
  std::vector<HistoryBatch> batches;
  for (quint64 at = 0; at < most;) {
    const quint64 next = std::min<quint64>(most, at + 1 + random.bounded(60u));
    batches.push_back(batchOf(origin, at, next));
    at = next;
    if (random.bounded(3) > 0) continue;
    const quint64 from = random.bounded(static_cast<quint32>(next));
    batches.push_back(batchOf(origin, from, std::min<quint64>(most, from + 1 + random.bounded(200u))));
  }
  std::shuffle(batches.begin(), batches.end(), random);
  return batches;
}

}  // namespace tagwire::sql
