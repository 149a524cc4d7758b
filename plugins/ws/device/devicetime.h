// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QTimeZone>

#include "result.h"
#include "timestamp.h"

namespace tagwire::ws {

/// Reads "2026-02-10T14:25:30.123456", with up to nine digits of the second and "Z", "+05:30", "+0530" or "+05" behind
/// it; without an offset it is a time of `zone`. When that zone puts its clocks back, the moment nearer to `now` is
/// meant. Errors: no such text, no such moment, before 1970 or after 2261.
Result<Time> readDeviceTime(const QByteArray &text, const QTimeZone &zone, Time now);

}  // namespace tagwire::ws
