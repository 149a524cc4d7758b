// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "result.h"
#include "services/historyreader.h"
#include "store/rollup.h"

namespace tagwire::sql {

/// Gaps that one answer tells.
constexpr int mostGaps = 10'000;

/// A point with its row in the store.
struct PointRow {
  qint64 id = 0;
  HistoryPoint point;
};

/// The reading side of a history database: a connection of its own that never writes, so that no commit waits for it.
/// Every call may block, up to the deadline. Thread-bound. Errors are for people; after one, begin anew.
class StoreReader {
 public:
  /// False ends the reading; that is no error.
  using TakeValue = std::function<bool(const HistoryValue &)>;
  using TakeRollup = std::function<bool(const Rollup &)>;
  using TakeEvent = std::function<bool(qint64 id, const HistoryEvent &)>;
  using TakePoint = std::function<bool(const PointRow &)>;

  virtual ~StoreReader() = default;

  /// Connects if need be and begins to look at one picture of the store, up to end(). `mustStop` (may be null) and the
  /// deadline end any call with an error.
  virtual Result<void> begin(std::chrono::steady_clock::time_point deadline,
                             std::shared_ptr<const std::atomic_bool> mustStop) = 0;
  virtual void end() = 0;
  /// Times are kept to this, rounded down.
  virtual std::chrono::nanoseconds resolution() const { return std::chrono::nanoseconds(1); }

  virtual Result<std::optional<PointRow>> point(const QString &fullName) = 0;
  virtual Result<QList<PointRow>> pointsOfTag(const QString &tag) = 0;
  /// By name, those after `after`.
  virtual Result<void> points(const QString &after, const TakePoint &take) = 0;

  /// Reads the newest records of these points, which are not in their final place yet, into memory: once for all
  /// points, before what follows is asked of them.
  virtual Result<void> loadNewest(const QList<qint64> &points) = 0;
  /// Of one point by time, those of the same time in the order in which they were stored (newest first: the reverse).
  virtual Result<void> values(qint64 point, Time from, Time to, bool newestFirst, const TakeValue &take) = 0;
  virtual Result<std::optional<HistoryValue>> before(qint64 point, Time time) = 0;
  /// Those of the level whose start is in [from, to), by time. They do not have what loadNewest() read.
  virtual Result<void> rollups(qint64 point, RollupLevel level, Time from, Time to, const TakeRollup &take) = 0;
  /// What loadNewest() read of this point in [from, to), by time.
  virtual Result<void> newest(qint64 point, Time from, Time to, const TakeValue &take) = 0;

  /// By time, those of the same time by id. `after`: (time, id) of the last one seen.
  virtual Result<void> events(const HistoryEventQuery &query, std::optional<std::pair<Time, qint64>> after,
                              const TakeEvent &take) = 0;
  virtual Result<QList<HistoryGap>> gaps(Time from, Time to) = 0;
};

}  // namespace tagwire::sql
