// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QTimer>

namespace tagwire::testing {

/// How often, and for how long, this thread was kept from its event loop since it was made: on a machine that is shared
/// that happens, and what came late meanwhile has a reason of its own. Thread-bound.
class StallWatch {
 public:
  /// What is shorter than `leastMs` is none.
  explicit StallWatch(qint64 leastMs = 50) : m_leastMs(leastMs) {
    m_beat.setTimerType(Qt::PreciseTimer);
    m_beat.callOnTimeout([this] { note(); });
    m_beat.start(5);
    m_sinceBeat.start();
  }

  int stalls() {
    note();
    return m_stalls;
  }
  qint64 heldMs() {
    note();
    return m_heldMs;
  }

 private:
  void note() {
    const qint64 gap = m_sinceBeat.restart();
    if (gap < m_leastMs) return;
    ++m_stalls;
    m_heldMs += gap;
  }

  qint64 m_leastMs;
  QTimer m_beat;
  QElapsedTimer m_sinceBeat;
  int m_stalls = 0;
  qint64 m_heldMs = 0;
};

}  // namespace tagwire::testing
