// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "../config.h"

namespace tagwire {

/// What an isolated instance may use; the manifest's `limits`.
struct IsolationLimits {
  int memoryMb = 512;
  std::chrono::milliseconds hangTimeout{10'000};
  int samplesPerSecond = 100'000;

  static void describe(Shape<IsolationLimits> &shape) {
    shape.optional("memory_mb", &IsolationLimits::memoryMb, "memory that it may take before it is ended")
        .range(32, 1'000'000);
    shape.optional("hang_timeout_ms", &IsolationLimits::hangTimeout, "it is ended when it does not answer for so long")
        .range(100, 3'600'000);
    shape
        .optional("samples_per_s", &IsolationLimits::samplesPerSecond,
                  "samples that are taken from it; an event counts as a hundred. It has to wait when it brings more")
        .range(1000, 10'000'000);
  }
};

/// When crashes are too many. Plain value.
class CrashCount {
 public:
  static constexpr int most = 5;
  static constexpr std::chrono::minutes within{10};

  /// `now` of a clock that only goes forward. True: this one was one too many.
  bool add(std::chrono::nanoseconds now) {
    m_at.push_back(now);
    while (now - m_at.front() > within) m_at.pop_front();
    return static_cast<int>(m_at.size()) >= most;
  }

 private:
  std::deque<std::chrono::nanoseconds> m_at;
};

}  // namespace tagwire
