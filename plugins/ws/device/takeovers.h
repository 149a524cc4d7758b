// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>

#include <QtGlobal>

namespace tagwire::ws {

/// How often live connections of one device were replaced, and whether once more is too often (R2-4). Driven by
/// Clock::elapsed. Plain value.
class Takeovers {
 public:
  static constexpr size_t most = 5;
  static constexpr std::chrono::seconds within{60};
  static constexpr std::chrono::seconds pause{60};

  enum class Verdict : quint8 { Admitted, Refused, RefusedFirst };

  /// Somebody wants to replace a live connection. RefusedFirst: a pause begins.
  Verdict judge(std::chrono::nanoseconds now) {
    if (now < m_pauseEnd) return Verdict::Refused;
    while (!m_times.empty() && now - m_times.front() >= within) m_times.pop_front();
    if (m_times.size() < most) return Verdict::Admitted;
    m_pauseEnd = now + pause;
    return Verdict::RefusedFirst;
  }
  /// It was replaced.
  void count(std::chrono::nanoseconds now) {
    m_times.push_back(now);
    if (m_times.size() > most) m_times.pop_front();
  }
  /// Until when judge() refuses.
  std::chrono::nanoseconds pauseEnd() const { return m_pauseEnd; }

 private:
  std::deque<std::chrono::nanoseconds> m_times;
  std::chrono::nanoseconds m_pauseEnd = std::chrono::nanoseconds::min();
};

}  // namespace tagwire::ws
