// SPDX-License-Identifier: Apache-2.0
#include "playback.h"

#include <algorithm>

namespace tagwire::replay {

std::chrono::nanoseconds Playback::turnOf(Time time) const {
  if (!m_speed) return std::chrono::nanoseconds(0);
  const std::chrono::duration<double, std::nano> distance(time - m_beginTime);
  constexpr double longest = 9e18;  // slow play of a long pause must not overflow
  return std::chrono::nanoseconds(static_cast<qint64>(std::min(distance.count() / *m_speed, longest)));
}

Samples Playback::due(std::chrono::nanoseconds elapsed, Time now, qsizetype most) {
  Samples samples;
  while (!m_waiting.empty() && samples.size() < most) {
    Sample &next = m_waiting.front();
    if (!m_isBegun) {
      m_isBegun = true;
      m_beginElapsed = elapsed;
      m_beginNow = now;
      m_beginTime = next.time;
      m_last = now;
    }
    if (turnOf(next.time) > elapsed - m_beginElapsed) break;
    next.time = timeOf(next.time, now);
    samples << std::move(next);
    m_waiting.pop_front();
  }
  return samples;
}

Time Playback::timeOf(Time time, Time now) {
  if (m_keepsTimes) return time;
  m_last = std::max(m_last, m_speed ? m_beginNow + turnOf(time) : now);
  return m_last;
}

std::optional<std::chrono::nanoseconds> Playback::untilNext(std::chrono::nanoseconds elapsed) const {
  if (m_waiting.empty()) return std::nullopt;
  if (!m_isBegun) return std::chrono::nanoseconds(0);
  return std::max(std::chrono::nanoseconds(0), turnOf(m_waiting.front().time) - (elapsed - m_beginElapsed));
}

}  // namespace tagwire::replay
