// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "quality.h"
#include "store/historystore.h"
#include "store/rollup.h"

namespace tagwire::sql {

/// What a roll-up wants to know of one record.
struct RollupRecord {
  qint64 point = 0;  ///< row in the store
  Time time;
  Quality quality;
  std::optional<double> number = {};  ///< bool as 0 and 1; none: text, position, or a number that was none
};

/// The roll-ups of a store within the transaction under way; each store has its own.
class RollupTables {
 public:
  struct Key {
    qint64 point = 0;
    Time start;
  };
  struct Span {
    qint64 point = 0;
    Time from;
    Time to;
  };

  virtual ~RollupTables() = default;
  /// Gives those that there are, in any order.
  virtual StoreResult<void> load(RollupLevel level, const std::vector<Key> &keys,
                                 const std::function<void(qint64 point, const Rollup &)> &take) = 0;
  /// Enters or replaces them.
  virtual StoreResult<void> store(RollupLevel level, const std::vector<std::pair<qint64, Rollup>> &rollups) = 0;
  /// The records in these spans that stood in their final place before this transaction; of each span by time.
  virtual StoreResult<void> earlier(const std::vector<Span> &spans,
                                    const std::function<void(const RollupRecord &)> &take) = 0;
};

/// Takes a slice of records, sorted by point and time, into the roll-ups of all levels. A parent that becomes dense by
/// them gets its finer level made, from what was stored earlier, too. `records` must not be in `earlier()` yet.
StoreResult<void> mergeRollups(RollupTables &tables, const std::vector<RollupRecord> &records);

}  // namespace tagwire::sql
