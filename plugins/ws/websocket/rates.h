// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>

#include <chrono>
#include <optional>

namespace tagwire::ws {

/// How many messages one client may send in any second (R5-8). Plain value; `now` is a clock that only goes forward.
class MessageRate {
 public:
  enum class Verdict : quint8 { Admitted, TooMany, GoesOn };

  /// 0: no limit.
  explicit MessageRate(int perSecond) : m_perSecond(perSecond) {}

  /// Judges one message. GoesOn: messages were too many again and again for 5 s.
  Verdict judge(std::chrono::nanoseconds now);

 private:
  int m_perSecond;
  QList<std::chrono::nanoseconds> m_admitted;  ///< within the last second
  std::optional<std::chrono::nanoseconds> m_tooManySince;
  std::chrono::nanoseconds m_lastTooMany{0};
};

/// Control frames of one client: so many a second, twice as many at once. Plain value.
class ControlRate {
 public:
  explicit ControlRate(int perSecond) : m_perSecond(perSecond), m_left(2.0 * perSecond) {}

  bool admit(std::chrono::nanoseconds now);

 private:
  double m_perSecond;
  double m_left;
  std::chrono::nanoseconds m_last{0};
};

}  // namespace tagwire::ws
