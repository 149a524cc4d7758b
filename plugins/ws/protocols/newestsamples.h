// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "sample.h"

namespace tagwire::ws {

/// Samples that wait, the newest of each point only (R6-4), in the order in which the points first changed. Bounded by
/// the number of points. Plain value.
class NewestSamples {
 public:
  /// True when it took the place of an older one.
  bool put(const Sample &sample) {
    const auto found = m_places.constFind(sample.point);
    if (found != m_places.cend()) {
      m_samples[*found] = sample;
      return true;
    }
    m_places.insert(sample.point, m_samples.size());
    m_samples.append(sample);
    return false;
  }

  const Samples &samples() const { return m_samples; }
  bool isEmpty() const { return m_samples.isEmpty(); }
  void clear() {
    m_samples.clear();
    m_places.clear();
  }

 private:
  Samples m_samples;
  QHash<PointId, qsizetype> m_places;
};

}  // namespace tagwire::ws
