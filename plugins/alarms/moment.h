// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "timestamp.h"

namespace tagwire::alarms {

/// One moment on both clocks: `time` for schedules and people, `elapsed` for delays (nobody can set it).
struct Moment {
  Time time;
  std::chrono::nanoseconds elapsed{0};
};

}  // namespace tagwire::alarms
