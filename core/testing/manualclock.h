// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "timestamp.h"

namespace tagwire {

/// Time that stands still until a test moves it. Starts at 2026-01-01T00:00:00Z. One thread.
class ManualClock : public Clock {
 public:
  ManualClock() : m_now(fromMilliseconds(1'767'225'600'000)) {}
  Time now() const override { return m_now; }
  std::chrono::nanoseconds elapsed() const override { return m_elapsed; }

  void advance(std::chrono::nanoseconds by) {
    m_now += by;
    m_elapsed += by;
  }
  /// Somebody sets the machine's clock: only now() changes.
  void setNow(Time now) { m_now = now; }

 private:
  Time m_now;
  std::chrono::nanoseconds m_elapsed{0};
};

}  // namespace tagwire
