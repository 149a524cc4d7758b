// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "timestamp.h"

namespace tagwire::rtls {

/// One moment on both clocks: `time` for people and the plausibility of fixes, `elapsed` for silence and delays (nobody
/// can set it).
struct Moment {
  Time time;
  std::chrono::nanoseconds elapsed{0};
  friend bool operator==(const Moment &, const Moment &) = default;
};

/// A deadline that never comes.
constexpr std::chrono::nanoseconds endless = std::chrono::nanoseconds::max();

/// `from` + `length`, and endless when `length` is.
constexpr std::chrono::nanoseconds after(std::chrono::nanoseconds from, std::chrono::nanoseconds length) {
  return length == endless ? endless : from + length;
}

}  // namespace tagwire::rtls
