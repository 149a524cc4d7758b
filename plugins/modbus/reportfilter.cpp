// SPDX-License-Identifier: Apache-2.0
#include "reportfilter.h"

#include <cmath>

namespace tagwire::modbus {

std::optional<Sample> ReportFilter::read(const Reading &reading, Time time, std::chrono::nanoseconds elapsed) {
  if (typeOf(reading.value) == ValueType::None) return failed(reading.quality.reason, time);
  const bool isSilent = m_maxSilence.count() > 0 && elapsed - m_toldAt >= m_maxSilence;
  const bool isNew = !m_last || m_last->quality != reading.quality;
  const bool isNews = isNew || (reading.quality.isGood() && (isSilent || changed(reading.value)));
  if (!isNews) return std::nullopt;
  m_toldAt = elapsed;
  m_last = Sample{PointId::None, reading.quality, time, reading.value};
  return m_last;
}

std::optional<Sample> ReportFilter::failed(QualityReason reason, Time time) {
  const Quality quality = Quality::bad(reason);
  if (m_last && m_last->quality == quality) return std::nullopt;
  if (!m_last) m_last = Sample{PointId::None, quality, time, {}};
  m_last->quality = quality;
  return m_last;
}

bool ReportFilter::changed(const Value &value) const {
  const std::optional<double> now = toNumber(value);
  const std::optional<double> told = toNumber(m_last->value);
  if (m_deadband > 0 && now && told) return std::abs(*now - *told) > m_deadband;
  return value != m_last->value;
}

}  // namespace tagwire::modbus
