// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "endpoint.h"
#include "point.h"
#include "pointconfig.h"

namespace tagwire::modbus {

/// The `config` of one instance, as written. Plain value.
struct ModbusConfig {
  Endpoint endpoint;
  int unit = 1;
  std::chrono::milliseconds pollInterval{1000};
  std::chrono::milliseconds timeout{1000};
  int maxGap = 8;
  QList<PointConfig> points;

  static void describe(Shape<ModbusConfig> &shape);

  /// The points, checked; what is wrong with one is reported at its key, and the others are still checked.
  QList<ModbusPoint> settlePoints(ConfigReader &reader) const;
  /// What is declared of them; `settled` is what settlePoints() gave without an error.
  QList<PointInfo> pointInfos(const QList<ModbusPoint> &settled, const ConfigReader &reader) const;
};

}  // namespace tagwire::modbus
