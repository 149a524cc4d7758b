// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <vector>

namespace tagwire::alarms {

/// How fast a value changes, over a sliding window: the newest value against the one at the window's beginning. Keeps
/// at most `buckets` + 2 values, whatever the rate of samples: those nearer than a `buckets`th of the window to the
/// last kept one are not kept. A value holds until the next one comes. Where samples come slower than the window is
/// long, the newest is compared with the one before. Plain value; times are of Moment::elapsed.
class RateWindow {
 public:
  static constexpr int buckets = 32;
  using Nanoseconds = std::chrono::nanoseconds;

  void take(double value, Nanoseconds at, Nanoseconds window);
  /// Units per second; nothing before half of the window is covered.
  std::optional<double> rate(Nanoseconds now, Nanoseconds window) const;
  /// When rate() changes next by time alone.
  std::optional<Nanoseconds> nextDue(Nanoseconds now, Nanoseconds window) const;
  size_t keptCount() const { return m_count; }

 private:
  struct Mark {
    Nanoseconds at{0};
    double value = 0;
  };

  /// Kept ones from the oldest on, then the newest value.
  const Mark &mark(size_t index) const;
  size_t baseAt(Nanoseconds beginning) const;
  void keep(const Mark &mark);

  std::vector<Mark> m_ring;
  size_t m_first = 0;
  size_t m_count = 0;
  Mark m_newest;
  Nanoseconds m_span{0};  ///< the window, or the distance of the two samples when that is longer
};

}  // namespace tagwire::alarms
