// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"
#include "unitsettings.h"

namespace tagwire::modbus {

/// One entry of `units`, as written: what is particular about a device. Plain value.
struct UnitConfig {
  int unitId = 1;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::chrono::milliseconds> requestPause;
  std::optional<int> maxRegisters;
  std::optional<int> maxBits;
  std::optional<WriteStyle> writeFunction;
  std::optional<std::chrono::milliseconds> verifyTime;

  static void describe(Shape<UnitConfig> &shape);
  /// What is left out is as `usual`.
  UnitSettings over(UnitSettings usual) const;
};

}  // namespace tagwire::modbus
