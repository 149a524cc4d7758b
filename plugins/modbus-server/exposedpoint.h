// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "point.h"
#include "pointconfig.h"

namespace tagwire::modbus {

/// One entry of `points`, as written. Plain value.
struct ExposedPointConfig {
  PointReference point;
  std::optional<QString> registerText;
  std::optional<Table> table;
  std::optional<int> address;
  std::optional<PointType> type;
  std::optional<int> bit;
  std::optional<int> length;
  std::optional<Order> byteOrder;
  std::optional<Order> wordOrder;
  double scale = 1;
  double offset = 0;
  bool writable = false;
  std::optional<int> unitId;
  std::optional<int> qualityAddress;
  std::optional<Table> qualityTable;

  static void describe(Shape<ExposedPointConfig> &shape);
};

/// A point with the registers, or the bit, that other programs see of it. Plain value.
struct ExposedPoint {
  ModbusPoint place;  ///< its name is the point's full name
  std::optional<std::pair<Table, quint16>> quality;

  /// Registers, or bits of one, that it takes: all of them but with `bit`.
  quint16 mask() const;
  bool isBitOfRegister() const { return place.format.bit.has_value(); }
};

/// Checks what one key alone can't say; nothing, and at least one complaint, when something is wrong.
std::optional<ExposedPoint> settle(const ExposedPointConfig &config, quint8 unit, const PointComplaint &complain);

/// Why `point` can't stand there, and the key that says so; nothing when it can.
std::optional<std::pair<const char *, QString>> mismatch(const ExposedPoint &exposed, const Point &point);

}  // namespace tagwire::modbus
