// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "moment.h"

namespace tagwire::rtls {

/// Notices that the event loop stood still (a stopped process, a call that hung): then fixes wait in the sockets, and
/// nobody may be called silent before they were read. Plain class; owned by Rtls.
class LoopWatch {
 public:
  /// How often the loop has to come by.
  static constexpr std::chrono::milliseconds interval{1000};
  /// Later than this is no mere delay.
  static constexpr std::chrono::milliseconds slack{250};
  /// For what waits in the sockets.
  static constexpr std::chrono::milliseconds grace{2000};

  /// The loop will be here at `elapsed`.
  void expect(std::chrono::nanoseconds elapsed) { m_expected = elapsed; }

  /// The loop is here. If it stood still: until when silence proves nothing. A grace is not followed by another before
  /// as much time without one, so that a loop which is always late loses tags all the same.
  std::optional<std::chrono::nanoseconds> pass(std::chrono::nanoseconds elapsed) {
    if (elapsed - slack <= m_expected) return std::nullopt;
    m_expected = endless;
    if (m_graceEnd && elapsed < *m_graceEnd + grace) return std::nullopt;
    m_graceEnd = elapsed + grace;
    return m_graceEnd;
  }

 private:
  std::chrono::nanoseconds m_expected = endless;
  std::optional<std::chrono::nanoseconds> m_graceEnd;
};

}  // namespace tagwire::rtls
