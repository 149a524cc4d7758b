// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <chrono>
#include <optional>

#include "export.h"
#include "result.h"

namespace tagwire {

/// A moment in UTC, in nanoseconds since 1970 (good until 2262).
using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

/// "2026-02-10T14:25:30.123Z" with `fractionDigits` (0, 3, 6 or 9) digits, truncated, never rounded up.
TAGWIRE_EXPORT QString toIso(Time time, int fractionDigits = 3);

/// The other way round, to the millisecond: a time with Z or an offset, or a date alone, which begins at 00:00 UTC.
/// 1970 to 2261. Errors say what is allowed.
TAGWIRE_EXPORT Result<Time> fromIso(const QString &text);

/// Milliseconds since 1970, rounded down.
TAGWIRE_EXPORT qint64 toMilliseconds(Time time);
TAGWIRE_EXPORT Time fromMilliseconds(qint64 milliseconds);

/// Where time comes from. Tests put a ManualClock (testing/manualclock.h) in its place. Thread-safe.
class TAGWIRE_EXPORT Clock {
 public:
  Clock();
  virtual ~Clock();
  Clock(const Clock &) = delete;
  Clock &operator=(const Clock &) = delete;

  /// The system's time, UTC. It may jump when somebody sets the machine's clock.
  virtual Time now() const;
  /// A clock that only goes forward: for deadlines and durations. Its zero means nothing.
  virtual std::chrono::nanoseconds elapsed() const;
};

}  // namespace tagwire
