// SPDX-License-Identifier: Apache-2.0
#include "sqlmetrics.h"

namespace tagwire::sql {

namespace {

Counter dropped(Metrics &metrics, const char *reason) {
  return metrics.counter("tagwire_sql_dropped_total", "Records that were accepted and are lost, by reason",
                         {{"reason", reason}});
}

}  // namespace

SqlMetrics::SqlMetrics(Metrics &metrics)
    : m_accepted(metrics.counter("tagwire_sql_accepted_total",
                                 "Records that the spool took, those found in it at the start included")),
      m_written(metrics.counter("tagwire_sql_written_total", "Accepted records that are in the database")),
      m_overflowed(dropped(metrics, "overflow")),
      m_thinned(dropped(metrics, "thinned")),
      m_damaged(dropped(metrics, "damaged")),
      m_discarded(dropped(metrics, "discarded")),
      m_refused(metrics.counter("tagwire_sql_refused_total",
                                "Records that were never accepted: neither disk nor memory had room for them")),
      m_unknown(
          metrics.counter("tagwire_sql_unknown_points_total", "Samples of points that nobody declared, left out")),
      m_outages(metrics.counter("tagwire_sql_outages_total", "Times the database could not be written any more")),
      m_spooled(metrics.gauge("tagwire_sql_spooled", "Accepted records that wait for the database")),
      m_quarantined(metrics.gauge("tagwire_sql_quarantined", "Records that the database refuses, kept aside")),
      m_difference(metrics.gauge("tagwire_sql_ledger_difference",
                                 "accepted - written - spooled - quarantined - dropped; anything but 0 is a fault")),
      m_bytes(metrics.gauge("tagwire_sql_spool_bytes", "Size of the spool on disk")) {}

void SqlMetrics::raise(Counter &counter, qint64 now, qint64 &shown) {
  if (now <= shown) return;
  counter.add(static_cast<double>(now - shown));
  shown = now;
}

void SqlMetrics::show(const Ledger &ledger, qint64 spoolBytes) {
  raise(m_accepted, ledger.accepted, m_shown.accepted);
  raise(m_written, ledger.written, m_shown.written);
  raise(m_overflowed, ledger.overflowed, m_shown.overflowed);
  raise(m_thinned, ledger.thinned, m_shown.thinned);
  raise(m_damaged, ledger.damaged, m_shown.damaged);
  raise(m_discarded, ledger.discarded, m_shown.discarded);
  raise(m_refused, ledger.refused, m_shown.refused);
  m_spooled.set(static_cast<double>(ledger.spooled));
  m_quarantined.set(static_cast<double>(ledger.quarantined));
  m_difference.set(static_cast<double>(ledger.difference()));
  m_bytes.set(static_cast<double>(spoolBytes));
}

}  // namespace tagwire::sql
