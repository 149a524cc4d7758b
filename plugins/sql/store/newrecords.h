// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "historystore.h"
#include "services/historywriter.h"
#include "spool/sequenceset.h"

namespace tagwire::sql {

/// What of batches is not in the store yet, sequence by sequence: however often a batch comes, however differently it
/// was cut, each of its records is stored once. Plain class.
class NewRecords {
 public:
  /// Tells what the store has of a spool.
  using Delivered = std::function<StoreResult<QList<SpoolRange>>(const QString &origin)>;

  /// `delivered` is asked once for each origin, in the order of their names. The batches outlive the object.
  static StoreResult<NewRecords> of(const HistoryBatches &batches, const Delivered &delivered);

  /// All that is new; its ranges and its spool are empty.
  const WriteWork &work() const { return m_work; }
  PointLookup points() const;
  int count() const { return static_cast<int>(m_work.samples.size() + m_work.events.size()); }
  /// What is to be entered as delivered, of each origin; no two of them overlap.
  const std::map<QString, QList<SpoolRange>> &ranges() const { return m_ranges; }

  /// The origins of batches, each once, in order.
  static QStringList originsOf(const HistoryBatches &batches);

 private:
  WriteWork m_work;
  std::vector<StoredPointPointer> m_points;
  std::map<QString, QList<SpoolRange>> m_ranges;
};

}  // namespace tagwire::sql
