// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>

#include "moment.h"

namespace tagwire::rtls {

/// Whether so much is heard that one can say who is where: a zone that is empty only because nothing comes in any more
/// must not look clear. Silent for half the time after which a tag is lost is too long (so that it shows before the
/// first tag is lost), and after that, or a start, tags get a while to be heard again. Plain class; owned by Rtls.
class InputWatch {
 public:
  static constexpr std::chrono::nanoseconds longestSettling = std::chrono::seconds(5);

  /// `timeout`: a tag that is silent for so long is lost.
  explicit InputWatch(std::chrono::nanoseconds timeout)
      : m_silence(timeout / 2), m_settling(std::min(timeout / 2, longestSettling)) {}

  /// Whether occupancies are to be believed now.
  bool judge(std::chrono::nanoseconds elapsed) {
    if (m_since && elapsed >= silentAt()) m_since.reset();
    m_isTrusted = m_since && elapsed >= *m_since + m_settling;
    return m_isTrusted;
  }
  /// A fix came in, whatever becomes of it. After judge().
  void hear(std::chrono::nanoseconds elapsed) {
    if (!m_since) m_since = elapsed;
    m_heard = elapsed;
  }
  /// Silence proves nothing before `until`.
  void hold(std::chrono::nanoseconds until) { m_heldUntil = until; }
  void reset() { m_since.reset(); }
  /// When judge() may say something else; endless: not before the next fix.
  std::chrono::nanoseconds next() const {
    if (!m_since) return endless;
    return m_isTrusted ? silentAt() : std::min(*m_since + m_settling, silentAt());
  }

 private:
  std::chrono::nanoseconds silentAt() const { return std::max(m_heard + m_silence, m_heldUntil); }

  const std::chrono::nanoseconds m_silence;
  const std::chrono::nanoseconds m_settling;
  std::optional<std::chrono::nanoseconds> m_since;  ///< fixes have come in since; none: there was none
  std::chrono::nanoseconds m_heard{0};
  bool m_isTrusted = false;
  std::chrono::nanoseconds m_heldUntil = std::chrono::nanoseconds::min();
};

}  // namespace tagwire::rtls
