// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <vector>

#include "sample.h"

namespace tagwire::replay {

/// When which value is due: the pace of the past, so many times as fast, counted from the first value. Plain class
/// without a clock.
class Playback {
 public:
  /// `speed`: none is as fast as one asks. `keepsTimes`: values keep their times; else the first one gets that of the
  /// moment when it is played, and the others follow at their distances, divided by the speed.
  Playback(std::optional<double> speed, bool keepsTimes) : m_speed(speed), m_keepsTimes(keepsTimes) {}

  /// Behind those that are there; none may be older.
  void add(const std::vector<Sample> &samples) { m_waiting.insert(m_waiting.end(), samples.begin(), samples.end()); }
  qsizetype waiting() const { return static_cast<qsizetype>(m_waiting.size()); }
  /// The next value begins anew: it plays at once.
  void restart() { m_isBegun = false; }
  void clear() {
    m_waiting.clear();
    restart();
  }

  /// Takes out what is due, at most `most`, in order. `elapsed` only goes forward, `now` is the time of day.
  Samples due(std::chrono::nanoseconds elapsed, Time now, qsizetype most);
  /// How long until there is something due; none when nothing waits.
  std::optional<std::chrono::nanoseconds> untilNext(std::chrono::nanoseconds elapsed) const;

 private:
  /// After the first value's turn.
  std::chrono::nanoseconds turnOf(Time time) const;
  Time timeOf(Time time, Time now);

  std::optional<double> m_speed;
  bool m_keepsTimes;
  bool m_isBegun = false;
  std::chrono::nanoseconds m_beginElapsed{0};
  Time m_beginNow;
  Time m_beginTime;  ///< of the first value, as recorded
  Time m_last;       ///< given to the last value
  std::deque<Sample> m_waiting;
};

}  // namespace tagwire::replay
