// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backoff.h"

namespace tagwire::modbus {

/// Whether a unit is asked as usual or only probed (the circuit breaker pattern). Closed: as usual. Open: it left
/// requests unanswered; one cheap probe at a time, after growing pauses. Trial: a probe was answered; one real request
/// decides. Plain value, moved only by its owner, the Poller; no clock of its own.
class CircuitBreaker {
 public:
  using Moment = std::chrono::nanoseconds;
  enum class State : quint8 { Closed, Open, Trial };

  /// `opensAfter` failures in a row. `probesAtOnce`: the very first failure opens it, with a probe right away (on a
  /// line whose frames carry no number, a late answer has to be flushed out by a request that can't be mistaken).
  CircuitBreaker(int opensAfter, std::chrono::milliseconds longestPause, bool probesAtOnce);

  State state() const { return m_state; }
  bool isClosed() const { return m_state == State::Closed; }
  /// So many failures in a row that all of the unit counts as lost.
  bool isGivenUp() const { return m_failures >= m_opensAfter; }
  /// When the next probe may go out. Only while Open.
  Moment probeAt() const { return m_probeAt; }
  int failures() const { return m_failures; }

  void probeAnswered();
  /// A real request was answered.
  void answered();
  /// No answer, or none that counts as one of the unit.
  void failed(Moment now);

 private:
  int m_opensAfter;
  bool m_probesAtOnce;
  Backoff m_pause;
  State m_state = State::Closed;
  int m_failures = 0;
  Moment m_probeAt{0};
};

}  // namespace tagwire::modbus
