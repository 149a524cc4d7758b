// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "metrics.h"

namespace tagwire {

/// What the process itself takes, under the names that Prometheus' own clients use (process_…), what build it is, and
/// what became of its log lines. Asked for when /metrics is. Thread-bound; owned by the Runtime.
class TAGWIRE_EXPORT ProcessMetrics {
 public:
  explicit ProcessMetrics(Metrics &metrics);
  void refresh();

 private:
  Counter m_cpu;
  Gauge m_resident;
  Gauge m_virtual;
  Gauge m_openFiles;
  Gauge m_mostFiles;
  Gauge m_threads;
  Counter m_logLines;
  Counter m_logSuppressed;
  Counter m_logDropped;
};

}  // namespace tagwire
