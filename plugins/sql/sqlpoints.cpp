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
  const auto known = [](const auto &value) { return value ? Value(*value) : Value(); };
  const QList<Value> values{health.lost, known(health.quarantined), known(health.spoolFill), known(health.isOutage)};
  Samples samples;
  for (qsizetype i = 0; i < values.size(); ++i) {
    if (values[i] == m_told[i] || typeOf(values[i]) == ValueType::None) continue;
    m_told[i] = values[i];
    samples << Sample{m_ids[i], Quality::good(), now, values[i]};
  }
  return samples;
}

void SqlPoints::forget() { m_told.fill(Value()); }

}  // namespace tagwire::sql
