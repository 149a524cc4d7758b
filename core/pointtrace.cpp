// SPDX-License-Identifier: Apache-2.0
#include "pointtrace.h"

#include <algorithm>

namespace tagwire {

bool PointTrace::begin(PointId point, std::chrono::seconds time) {
  const std::lock_guard lock(m_mutex);
  const bool isOn = this->isOn() && !isOver();
  if (isOn && m_point != point) return false;
  if (!isOn) m_rows.clear();
  time = std::clamp(time, std::chrono::seconds(1), longest);
  m_until = m_clock.elapsed() + time;
  m_untilTime = m_clock.now() + time;
  m_lastPoint = point;
  m_point = point;
  return true;
}

void PointTrace::end() { m_point = PointId::None; }

PointTrace::Report PointTrace::report() const {
  const std::lock_guard lock(m_mutex);
  Report report{m_lastPoint, m_untilTime, isOn() && !isOver(), {}};
  for (const Row &row : m_rows) {
    report.rows << row;
    // Threads come to their stops side by side: who was there first was not always the first to say so.
    std::stable_sort(report.rows.last().hops.begin(), report.rows.last().hops.end(),
                     [](const Hop &one, const Hop &other) { return one.time < other.time; });
  }
  return report;
}

Samples PointTrace::tracedOf(const Samples &samples) const {
  const PointId point = m_point.load(std::memory_order_relaxed);
  Samples traced;
  for (const Sample &sample : samples) {
    if (sample.point == point) traced << sample;
  }
  return traced;
}

void PointTrace::received(const Samples &traced) {
  const Time now = m_clock.now();
  const std::lock_guard lock(m_mutex);
  if (isOver()) return end();
  for (const Sample &sample : traced) {
    if (m_rows.size() == mostRows) return;
    m_rows.push_back({sample, {Hop{"received", now, {}, {}}}});
  }
}

void PointTrace::reached(const Samples &traced, const char *hop, const QString &instance, const QString &detail) {
  const Time now = m_clock.now();
  for (const Sample &sample : traced) reached(sample.point, sample.time, {hop, now, instance, detail});
}

void PointTrace::reached(PointId point, Time sourceTime, const Hop &hop) {
  const std::lock_guard lock(m_mutex);
  if (point != m_lastPoint) return;
  const auto isSame = [&](const Row &row) { return row.sample.time == sourceTime; };
  const auto row = std::find_if(m_rows.rbegin(), m_rows.rend(), isSame);
  if (row == m_rows.rend()) return;
  if (row->hops.size() < mostHops) {
    row->hops << hop;
  } else {
    ++row->omitted;
  }
}

}  // namespace tagwire
