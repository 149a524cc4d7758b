// SPDX-License-Identifier: Apache-2.0
#include "unitconfig.h"

namespace tagwire::modbus {

void UnitConfig::describe(Shape<UnitConfig> &shape) {
  shape.required("unit_id", &UnitConfig::unitId, "whom it is about").example(2).range(0, 255);
  shape.optional("timeout_ms", &UnitConfig::timeout, "instead of the instance's").example(2000).range(10, 60'000);
  shape.optional("request_pause_ms", &UnitConfig::requestPause, "instead of the instance's")
      .example(20)
      .range(0, 60'000);
  shape.optional("max_registers", &UnitConfig::maxRegisters, "instead of the instance's")
      .example(32)
      .range(1, maxReadRegisters);
  shape.optional("max_bits", &UnitConfig::maxBits, "instead of the instance's").example(256).range(1, maxReadBits);
  shape.optional("write_function", &UnitConfig::writeFunction, "instead of the instance's");
  shape.optional("verify_ms", &UnitConfig::verifyTime, "instead of the instance's").example(2000).range(0, 60'000);
}

UnitSettings UnitConfig::over(UnitSettings usual) const {
  return {timeout.value_or(usual.timeout),           requestPause.value_or(usual.requestPause),
          maxRegisters.value_or(usual.maxRegisters), maxBits.value_or(usual.maxBits),
          writeFunction.value_or(usual.writeStyle),  verifyTime.value_or(usual.verifyTime)};
}

}  // namespace tagwire::modbus
