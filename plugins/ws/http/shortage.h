// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <utility>

namespace tagwire::ws {

/// Something that runs short again and again, as in a flood of connections: news only when it begins and when it has
/// been over for 10 s. Driven by Clock::elapsed. Plain value.
class Shortage {
 public:
  /// There is too little right now. True when that is news.
  bool began(std::chrono::nanoseconds now) {
    m_lastSeen = now;
    return !std::exchange(m_isShort, true);
  }
  /// True, once, when it is over.
  bool ended(std::chrono::nanoseconds now) {
    if (!m_isShort || now - m_lastSeen < std::chrono::seconds(10)) return false;
    m_isShort = false;
    return true;
  }

 private:
  std::chrono::nanoseconds m_lastSeen{0};
  bool m_isShort = false;
};

}  // namespace tagwire::ws
