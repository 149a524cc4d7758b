// SPDX-License-Identifier: Apache-2.0
#include "pointreading.h"

#include <algorithm>
#include <cmath>

namespace prometheus_plugin {

PointReading::PointReading(PointId id, PointConfig config, std::chrono::milliseconds staleAfter)
    : m_config(std::move(config)), m_staleAfter(staleAfter) {
  m_last.point = id;
}

void PointReading::forget() { *this = PointReading(m_last.point, std::move(m_config), m_staleAfter); }

void PointReading::begin() {
  m_count = 0;
  m_number = 0;
  m_time.reset();
}

void PointReading::take(const Series &series) {
  ++m_count;
  // Of several the oldest: a sum is as old as its oldest part.
  if (series.time) m_time = m_time ? std::min(*m_time, *series.time) : *series.time;
  if (m_count == 1) {
    m_number = series.value;
    return;
  }
  switch (m_config.combine) {
    case Combine::One:
      break;
    case Combine::Sum:
    case Combine::Average:
      m_number += series.value;
      break;
    // A comparison with NaN is false: what is not a number must not get lost.
    case Combine::Minimum:
      if (!(m_number <= series.value)) m_number = std::isnan(m_number) ? m_number : series.value;
      break;
    case Combine::Maximum:
      if (!(m_number >= series.value)) m_number = std::isnan(m_number) ? m_number : series.value;
      break;
  }
}

std::optional<Sample> PointReading::end(Time now, std::chrono::nanoseconds elapsed) {
  const auto read = isOneOfMany() ? bad(QualityReason::InvalidResponse, now) : sample(now, elapsed);
  // The same once more says nothing: so a series with a time of its own that did not move.
  if (!read || *read == m_last) return std::nullopt;
  if (read->quality.isBad() && read->quality == m_last.quality) return std::nullopt;
  m_last = *read;
  return read;
}

std::optional<Sample> PointReading::fail(QualityReason reason, Time now) {
  if (m_last.quality == Quality::bad(reason)) return std::nullopt;
  m_last = bad(reason, now);
  return m_last;
}

QString PointReading::wrong() const {
  if (m_count == 0) return QStringLiteral("no series %1").arg(m_config.metric.toText());
  if (isOneOfMany()) return QStringLiteral("%1 series fit %2").arg(m_count).arg(m_config.metric.toText());
  return {};
}

std::optional<Sample> PointReading::sample(Time now, std::chrono::nanoseconds elapsed) {
  if (m_count == 0) {
    m_total.reset();
    return bad(QualityReason::IllegalAddress, now);
  }
  const Time time = m_time.value_or(now);
  // Clocks differ a little; the rest would be in the history for ever.
  if (time > now + std::chrono::minutes(1)) return bad(QualityReason::InvalidResponse, now);
  double number = m_config.combine == Combine::Average ? m_number / m_count : m_number;
  if (!std::isfinite(number)) {
    m_total.reset();
    return bad(QualityReason::NotANumber, now);
  }
  const bool isStale = m_staleAfter.count() > 0 && now - time > m_staleAfter;
  const Quality quality = isStale ? Quality::uncertain(QualityReason::Stale) : Quality::good();
  if (m_config.perSecond) {
    const std::chrono::nanoseconds at = m_time ? m_time->time_since_epoch() : elapsed;
    if (goesOn(at) && at == m_totalAt) {
      if (!isStale || !m_last.quality.isGood()) return std::nullopt;
      return Sample{m_last.point, quality, m_last.time, m_last.value};
    }
    const auto perSecond = rate(number, at);
    if (!perSecond) return std::nullopt;
    number = *perSecond;
  }
  number = number * m_config.scale + m_config.offset;
  if (!std::isfinite(number)) return bad(QualityReason::NotANumber, now);
  auto value = convertTo(Value(number), valueType(m_config.type));
  if (!value) return bad(QualityReason::IllegalValue, now);
  return Sample{m_last.point, quality, time, std::move(*value)};
}

/// Whether `at` can be compared with when the last total was read.
bool PointReading::goesOn(std::chrono::nanoseconds at) const {
  return m_total && m_hasOwnTime == m_time.has_value() && at >= m_totalAt;
}

/// Nothing: it takes two scrapes.
std::optional<double> PointReading::rate(double total, std::chrono::nanoseconds at) {
  const bool isNext = goesOn(at);
  const double seconds = std::chrono::duration<double>(at - m_totalAt).count();
  const double before = m_total.value_or(0);
  m_total = total;
  m_totalAt = at;
  m_hasOwnTime = m_time.has_value();
  if (!isNext) return std::nullopt;
  // A counter that fell began anew at 0.
  return (total < before ? total : total - before) / seconds;
}

}  // namespace prometheus_plugin
