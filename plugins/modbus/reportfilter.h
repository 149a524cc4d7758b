// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "registercodec.h"
#include "sample.h"

namespace tagwire::modbus {

/// Report by exception for one point: tells a value when it changed beyond the point's deadband, when its quality
/// changed or after `maxSilence`. A bad quality keeps the last value with its old source time (R6-7). The samples lack
/// the point. Plain value, kept small: there may be a hundred thousand. Owned by the ModbusSource.
class ReportFilter {
 public:
  /// A value was read at `time`; `elapsed` is the clock that only goes forward.
  std::optional<Sample> read(const Reading &reading, const RegisterPoint &point, Time time,
                             std::chrono::nanoseconds elapsed);
  /// No value could be read, and why.
  std::optional<Sample> failed(QualityReason reason, Time time);
  /// A good value that was not read for too long is uncertain.
  std::optional<Sample> stale();

  /// A read failed, or what was read is no value.
  bool isBad() const { return m_hasLast && m_quality.isBad(); }
  Quality quality() const { return m_quality; }

 private:
  bool changed(const Value &value, double deadband) const;
  Sample last() const { return {PointId::None, m_quality, m_time, m_value}; }

  Value m_value;
  Time m_time;
  std::chrono::nanoseconds m_toldAt{0};
  Quality m_quality;
  bool m_hasLast = false;
};

}  // namespace tagwire::modbus
