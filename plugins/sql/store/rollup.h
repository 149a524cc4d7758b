// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "timestamp.h"

namespace tagwire::sql {

/// Lengths of roll-ups, in UTC.
enum class RollupLevel : quint8 { Second, Minute, Hour, Day };
constexpr int rollupLevels = 4;

std::chrono::nanoseconds lengthOf(RollupLevel level);
/// The beginning of the roll-up that `time` falls into; also before 1970.
Time startOf(RollupLevel level, Time time);

/// A day has one always; finer ones are only kept where they save reading: within a parent that stands for more than
/// this many records (isDense). Else the records themselves are as few.
///   hours in a day over 48, minutes in an hour over 120, seconds in a minute over 1,200: there are so many of them
///   that each must stand for 20 records to be worth its own row.
qint64 mostSparse(RollupLevel parent);

/// All records of one point in [start, start + length). Numbers are made of values that are not Bad and are numbers
/// (bool as 0 and 1).
struct Rollup {
  Time start;
  qint64 count = 0;    ///< all records
  qint64 good = 0;     ///< with quality Good
  qint64 numbers = 0;  ///< that min, max and sum are made of; 0: these mean nothing
  double min = 0;
  double max = 0;
  double sum = 0;
  double last = 0;       ///< number with the newest time; of the same time, the one stored last
  Time lastTime;         ///< of `last`
  bool isDense = false;  ///< the next finer level is kept for all of it

  /// Takes in what came later; isDense stays.
  void add(const Rollup &other);
  friend bool operator==(const Rollup &, const Rollup &) = default;
};

}  // namespace tagwire::sql
