// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "config.h"
#include "modbuspoint.h"
#include "point.h"

namespace tagwire::modbus {

/// One entry of `points`, as written. Also one row of a point file of the simulator. Plain value.
struct PointConfig {
  QString name;
  std::optional<int> number;
  std::optional<QString> registerText;
  std::optional<Table> table;
  std::optional<int> address;
  std::optional<PointType> type;
  std::optional<int> bit;
  std::optional<int> length;
  std::optional<Order> byteOrder;
  std::optional<Order> wordOrder;
  QString unit;
  double scale = 1;
  double offset = 0;
  double deadband = 0;
  bool writable = false;
  bool verify = true;
  bool enabled = true;
  std::optional<double> minimum;
  std::optional<double> maximum;
  QString description;
  Confirm confirm = Confirm::None;
  std::optional<double> verifyTolerance;
  std::chrono::milliseconds commandInterval{0};
  std::chrono::milliseconds minimumOn{0};
  std::chrono::milliseconds minimumOff{0};
  std::optional<double> maximumStep;
  std::optional<double> safeValue;
  std::optional<int> unitId;
  std::optional<std::chrono::milliseconds> pollInterval;
  std::chrono::milliseconds maxSilence{60000};

  // No keys: what a device adds to a point of its template.
  int base = 0;           ///< added to the address
  ConfigLocation device;  ///< where the device is named

  static void describe(Shape<PointConfig> &shape);
  CommandRules commandRules(ValueType valueType) const;
};

/// Told of each thing wrong: the key of the point, and what is wrong with it.
using PointComplaint = std::function<void(const char *key, const QString &message)>;

/// Settles table and address, fills in what was left out and checks what one key alone can't say. Nothing, and at
/// least one complaint, when something is wrong.
std::optional<ModbusPoint> settle(const PointConfig &config, quint8 unit, std::chrono::milliseconds period,
                                  const PointComplaint &complain);

}  // namespace tagwire::modbus
