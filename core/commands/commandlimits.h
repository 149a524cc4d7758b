// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../command.h"
#include "../pointtable.h"

namespace tagwire {

/// What of a command can be judged without looking at anything else: the point is there and writable, the value fits
/// its type and range, its kind fits, it has not expired. Fills in what is absent; an error says what is allowed.
Result<Command> checkedCommand(Command given, const PointTable &points, const Clock &clock);

/// What a pulse ends in, what a trip writes and what no interlock holds up; nothing for texts without one.
TAGWIRE_EXPORT std::optional<Value> safeValueOf(const Point &point);
TAGWIRE_EXPORT bool isSafe(const Point &point, const Value &value);

/// How a point was used of late, as far as its rules ask. Moments are Clock::elapsed().
struct PointUse {
  std::optional<std::chrono::nanoseconds> sentAt;     ///< the newest command
  std::optional<std::chrono::nanoseconds> changedAt;  ///< bool: since when it is known to be what it is
};

/// Why the point's rules do not admit `value` now; empty: they do. `actual` is the point's last sample.
QString againstRules(const Point &point, const Value &value, const Sample &actual, const PointUse &use,
                     std::chrono::nanoseconds now);

}  // namespace tagwire
