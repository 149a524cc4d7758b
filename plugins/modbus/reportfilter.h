// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "registercodec.h"
#include "sample.h"

namespace tagwire::modbus {

/// Report by exception for one point: tells a value when it changed beyond the deadband, when its quality changed or
/// after `maxSilence`. A bad quality keeps the last value with its old source time (R6-7). The samples lack the point.
/// Plain value; owned by the ModbusSource.
class ReportFilter {
 public:
  ReportFilter(double deadband, std::chrono::milliseconds maxSilence)
      : m_deadband(deadband), m_maxSilence(maxSilence) {}

  /// A value was read at `time`; `elapsed` is the clock that only goes forward.
  std::optional<Sample> read(const Reading &reading, Time time, std::chrono::nanoseconds elapsed);
  /// No value could be read, and why.
  std::optional<Sample> failed(QualityReason reason, Time time);

  /// A read failed, or what was read is no value.
  bool isBad() const { return m_last && m_last->quality.isBad(); }
  const std::optional<Sample> &last() const { return m_last; }

 private:
  bool changed(const Value &value) const;

  double m_deadband;
  std::chrono::milliseconds m_maxSilence;
  std::optional<Sample> m_last;
  std::chrono::nanoseconds m_toldAt{0};
};

}  // namespace tagwire::modbus
