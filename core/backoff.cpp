// SPDX-License-Identifier: Apache-2.0
#include "backoff.h"

#include <algorithm>

namespace tagwire {

Backoff::Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest, double jitter)
    : m_first(first), m_longest(longest), m_jitter(jitter), m_random(std::random_device{}()) {}

std::chrono::milliseconds Backoff::next() {
  const int doublings = std::min(m_attempts++, 30);
  const double plain = std::min<double>(static_cast<double>(m_first.count()) * static_cast<double>(1 << doublings),
                                        static_cast<double>(m_longest.count()));
  std::uniform_real_distribution<double> spread(1 - m_jitter, 1 + m_jitter);
  return std::chrono::milliseconds(static_cast<qint64>(plain * spread(m_random)));
}

void Backoff::reset() { m_attempts = 0; }

}  // namespace tagwire
