// SPDX-License-Identifier: Apache-2.0
#include "rates.h"

#include <algorithm>

namespace tagwire::ws {

using namespace std::chrono_literals;

MessageRate::Verdict MessageRate::judge(std::chrono::nanoseconds now) {
  if (m_perSecond <= 0) return Verdict::Admitted;
  while (!m_admitted.isEmpty() && m_admitted.front() + 1s <= now) m_admitted.removeFirst();
  if (m_admitted.size() < m_perSecond) {
    m_admitted.push_back(now);
    return Verdict::Admitted;
  }
  // A second without one too many, and it did not go on.
  if (!m_tooManySince || m_lastTooMany + 1s < now) m_tooManySince = now;
  m_lastTooMany = now;
  return now - *m_tooManySince >= 5s ? Verdict::GoesOn : Verdict::TooMany;
}

bool ControlRate::admit(std::chrono::nanoseconds now) {
  const double passed = std::chrono::duration<double>(now - m_last).count();
  m_last = now;
  m_left = std::min(2 * m_perSecond, m_left + passed * m_perSecond);
  if (m_left < 1) return false;
  m_left -= 1;
  return true;
}

}  // namespace tagwire::ws
