// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "context.h"
#include "sample.h"

namespace tagwire::sql {

/// How a history is, as its points say it.
struct HistoryHealth {
  qint64 lost = 0;                         ///< records, in the last minute that lost any; 0 after one that lost none
  std::optional<qint64> quarantined = {};  ///< records in quarantine; none: not known yet
  std::optional<qint64> spoolFill = {};    ///< percent of its size; none: not known yet
  std::optional<bool> isOutage = {};       ///< what comes in can't be stored; none: not known yet
};

/// What a history tells of itself, as points for alarm rules to stand on: `lost`, `quarantined`, `spool_fill`,
/// `outage`. Made in the host thread, then bound to that of the SqlSink, which owns it.
class SqlPoints {
 public:
  explicit SqlPoints(PluginContext &context);

  /// Those that are not as they were told last.
  Samples changed(const HistoryHealth &health, Time now);
  /// From now on all are to be told again.
  void forget();

 private:
  QList<PointId> m_ids;
  QList<Value> m_told;
};

}  // namespace tagwire::sql
