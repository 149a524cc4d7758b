// SPDX-License-Identifier: Apache-2.0
#include "sqlpoints.h"

namespace tagwire::sql {

namespace {

PointInfo point(const char *name, ValueType type, const char *unit, const char *description) {
  PointInfo info;
  info.name = QLatin1String(name);
  info.type = type;
  info.unit = QLatin1String(unit);
  info.description = QLatin1String(description);
  return info;
}

}  // namespace

SqlPoints::SqlPoints(PluginContext &context)
    : m_ids(context.declare(
          {point("lost", ValueType::Int, "records", "records that the history lost in the last minute that lost any"),
           point("quarantined", ValueType::Int, "records", "records that the database refuses, kept aside"),
           point("spool_fill", ValueType::Int, "%", "how much of the spool's size waits for the database"),
           point("outage", ValueType::Bool, "", "what comes in can't be stored now")})),
      m_told(m_ids.size()) {}

Samples SqlPoints::changed(const HistoryHealth &health, Time now) {
  Samples samples;
  // In the order in which they were declared.
  const auto tell = [&](qsizetype index, const Value &value) {
    if (value == m_told[index]) return;
    m_told[index] = value;
    samples << Sample{m_ids[index], Quality::good(), now, value};
  };
  tell(0, health.lost);
  if (health.quarantined) tell(1, *health.quarantined);
  if (health.spoolFill) tell(2, *health.spoolFill);
  if (health.isOutage) tell(3, *health.isOutage);
  return samples;
}

void SqlPoints::forget() { m_told = QList<Value>(m_ids.size()); }

}  // namespace tagwire::sql
