// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <random>

#include "export.h"

namespace tagwire {

/// How long to wait before the next attempt at a link that fails: doubles from `first` to `longest`, each ±`jitter`, so
/// that many links that fell together do not come back together. Plain value; call it from one thread.
class TAGWIRE_EXPORT Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest, double jitter = 0.2);

  /// The wait before the next attempt; longer each time.
  std::chrono::milliseconds next();
  /// The link held: begin anew from `first`.
  void reset();
  int attempts() const { return m_attempts; }

 private:
  std::chrono::milliseconds m_first;
  std::chrono::milliseconds m_longest;
  double m_jitter;
  int m_attempts = 0;
  std::minstd_rand m_random;
};

}  // namespace tagwire
