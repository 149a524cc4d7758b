// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <map>

#include "historystore.h"
#include "services/historywriter.h"
#include "spool/sequenceset.h"

namespace tagwire::sql {

/// Numbers for points of other nodes, the same for as long as the store is open: it need not look at them each time.
class BatchPoints {
 public:
  PointKey keyOf(const StoredPoint &point);
  StoredPointPointer point(PointKey key) const {
    return key >= 1 && key <= m_points.size() ? m_points[key - 1] : StoredPointPointer();
  }

 private:
  QHash<QString, PointKey> m_byName;
  std::vector<StoredPointPointer> m_points;
};

/// What of batches is not in the store yet, sequence by sequence: however often a batch comes, however differently it
/// was cut, each of its records is stored once. Plain class.
class NewRecords {
 public:
  /// Tells what the store has of a spool.
  using Delivered = std::function<StoreResult<QList<SpoolRange>>(const QString &origin)>;

  /// `delivered` is asked once for each origin, in the order of their names. The batches outlive the object.
  static StoreResult<NewRecords> of(const HistoryBatches &batches, BatchPoints &points, const Delivered &delivered);

  /// All that is new; its ranges and its spool are empty, its points those of BatchPoints.
  const WriteWork &work() const { return m_work; }
  int count() const { return static_cast<int>(m_work.samples.size() + m_work.events.size()); }
  /// What is to be entered as delivered, of each origin; no two of them overlap.
  const std::map<QString, QList<SpoolRange>> &ranges() const { return m_ranges; }

  /// The origins of batches, each once, in order.
  static QStringList originsOf(const HistoryBatches &batches);

 private:
  WriteWork m_work;
  std::map<QString, QList<SpoolRange>> m_ranges;
};

}  // namespace tagwire::sql
