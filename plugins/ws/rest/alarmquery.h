// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/pathpattern.h"
#include "http/target.h"
#include "services/alarmdesk.h"

namespace tagwire::ws {

/// Which standing alarms a request is about. Plain value.
struct AlarmListQuery {
  QList<AlarmState> states;  ///< empty: all; likewise the others
  QList<AlarmCondition> conditions;
  QList<Severity> severities;
  QList<PathPattern> areas;
  qint64 limit = 10000;
  qint64 offset = 0;

  static Result<AlarmListQuery> fromTarget(const Target &target);
  bool admits(const AlarmTransition &alarm) const;
};

/// ?from=&to=, checked against each other. Absent: nothing.
struct TimeRange {
  std::optional<Time> from;
  std::optional<Time> to;

  static Result<TimeRange> fromTarget(const Target &target);
};

/// ?from&to&rule&state&limit&order of the history; `after` is its cursor's.
Result<AlarmHistoryQuery> historyQuery(const Target &target);

}  // namespace tagwire::ws
