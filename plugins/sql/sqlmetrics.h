// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "drainwork.h"
#include "metrics.h"

namespace tagwire::sql {

/// The ledger as metrics. Thread-bound; owned by the SqlSink.
class SqlMetrics {
 public:
  explicit SqlMetrics(Metrics &metrics);

  void show(const Ledger &ledger, qint64 spoolBytes);
  /// Of a point that nobody declared.
  void countUnknown() { m_unknown.add(); }
  void countLateEvents(qint64 events) { m_refused.add(static_cast<double>(events)); }
  void countOutage() { m_outages.add(); }

 private:
  static void raise(Counter &counter, qint64 now, qint64 &shown);

  Counter m_accepted, m_written, m_overflowed, m_thinned, m_damaged, m_discarded, m_refused, m_unknown, m_outages;
  Gauge m_spooled, m_quarantined, m_difference, m_bytes;
  Ledger m_shown;
};

}  // namespace tagwire::sql
