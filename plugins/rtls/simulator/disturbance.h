// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <random>

#include "services/fixintake.h"

namespace tagwire::rtls {

/// What radio does to fixes: noise on x and y, and losses. The same seed does the same. Plain class.
class Disturbance {
 public:
  /// `jitter`: standard deviation on each axis; `loss`: share of fixes, 0 to 1.
  Disturbance(double jitter, double loss, quint32 seed) : m_jitter(jitter), m_loss(loss), m_random(seed) {}

  /// Those that are left, moved.
  QList<IncomingFix> applyTo(QList<IncomingFix> fixes);

 private:
  double random();
  double normal();

  double m_jitter;
  double m_loss;
  std::mt19937 m_random;
};

}  // namespace tagwire::rtls
