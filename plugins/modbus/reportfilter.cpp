// SPDX-License-Identifier: Apache-2.0
#include "reportfilter.h"

#include <cmath>

namespace tagwire::modbus {

std::optional<Sample> ReportFilter::read(const Reading &reading, const RegisterPoint &point, Time time,
                                         std::chrono::nanoseconds elapsed) {
  if (typeOf(reading.value) == ValueType::None) return failed(reading.quality.reason, time);
  const bool isSilent = point.maxSilence.count() > 0 && elapsed - m_toldAt >= point.maxSilence;
  const bool isNew = !m_hasLast || m_quality != reading.quality;
  const bool isNews = isNew || (reading.quality.isGood() && (isSilent || changed(reading.value, point.deadband)));
  if (!isNews) return std::nullopt;
  m_toldAt = elapsed;
  m_hasLast = true;
  m_quality = reading.quality;
  m_time = time;
  m_value = reading.value;
  return last();
}

std::optional<Sample> ReportFilter::failed(QualityReason reason, Time time) {
  const Quality quality = Quality::bad(reason);
  if (m_hasLast && m_quality == quality) return std::nullopt;
  if (!m_hasLast) m_time = time;
  m_hasLast = true;
  m_quality = quality;
  return last();
}

std::optional<Sample> ReportFilter::stale() {
  if (!m_hasLast || !m_quality.isGood()) return std::nullopt;
  m_quality = Quality::uncertain(QualityReason::Stale);
  return last();
}

bool ReportFilter::changed(const Value &value, double deadband) const {
  if (deadband <= 0) return value != m_value;
  const std::optional<double> now = toNumber(value);
  const std::optional<double> told = toNumber(m_value);
  return now && told ? std::abs(*now - *told) > deadband : value != m_value;
}

}  // namespace tagwire::modbus
