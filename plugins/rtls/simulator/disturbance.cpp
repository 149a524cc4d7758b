// SPDX-License-Identifier: Apache-2.0
#include "disturbance.h"

#include <cmath>
#include <numbers>

namespace tagwire::rtls {

QList<IncomingFix> Disturbance::applyTo(QList<IncomingFix> fixes) {
  if (m_loss > 0) fixes.removeIf([this](const IncomingFix &) { return random() < m_loss; });
  if (m_jitter == 0) return fixes;
  for (IncomingFix &fix : fixes) {
    fix.x += m_jitter * normal();
    fix.y += m_jitter * normal();
    fix.fix.accuracy = m_jitter;
  }
  return fixes;
}

/// 0 ≤ r < 1; the standard's distributions differ from library to library, and a seed should not.
double Disturbance::random() { return m_random() / 4294967296.0; }

/// By Box and Muller.
double Disturbance::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - random()));
  return radius * std::cos(2 * std::numbers::pi * random());
}

}  // namespace tagwire::rtls
