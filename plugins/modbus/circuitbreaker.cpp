// SPDX-License-Identifier: Apache-2.0
#include "circuitbreaker.h"

#include <algorithm>

namespace tagwire::modbus {

namespace {

constexpr std::chrono::milliseconds shortestPause{250};

}  // namespace

CircuitBreaker::CircuitBreaker(int opensAfter, std::chrono::milliseconds longestPause, bool probesAtOnce)
    : m_opensAfter(opensAfter),
      m_probesAtOnce(probesAtOnce),
      m_pause(std::min(shortestPause, longestPause), longestPause, 0) {}

void CircuitBreaker::probeAnswered() {
  if (m_state == State::Open) m_state = State::Trial;
}

void CircuitBreaker::answered() {
  m_state = State::Closed;
  m_failures = 0;
  m_pause.reset();
}

void CircuitBreaker::failed(Moment now) {
  ++m_failures;
  if (!isGivenUp() && !m_probesAtOnce) return;
  m_state = State::Open;
  m_probeAt = isGivenUp() ? now + m_pause.next() : now;
}

}  // namespace tagwire::modbus
