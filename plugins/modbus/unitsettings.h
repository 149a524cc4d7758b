// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <utility>

#include "pdu.h"

namespace tagwire::modbus {

/// Which functions write. Devices differ: some know only 16, some only 6.
enum class WriteStyle : quint8 {
  Automatic,  ///< 5 for a coil, 6 for one register, 16 for more
  Multiple,   ///< 15 and 16 always
  ReadWrite   ///< 23 for registers: writes and reads back in one request
};

constexpr auto enumWords(WriteStyle) {
  return std::array{std::pair{"auto", WriteStyle::Automatic}, std::pair{"multiple", WriteStyle::Multiple},
                    std::pair{"read_write", WriteStyle::ReadWrite}};
}

/// What is particular about one unit id. Plain value.
struct UnitSettings {
  std::chrono::milliseconds timeout{1000};
  std::chrono::milliseconds requestPause{0};  ///< quiet time behind each answer
  int maxRegisters = maxReadRegisters;        ///< in one read
  int maxBits = maxReadBits;                  ///< in one read
  WriteStyle writeStyle = WriteStyle::Automatic;
  std::chrono::milliseconds verifyTime{1000};  ///< how long reading back may give the old value
};

/// Those of the instance, and of the units that differ from it.
struct UnitBook {
  UnitSettings usual;
  std::map<quint8, UnitSettings> particular;

  const UnitSettings &of(quint8 unit) const {
    const auto found = particular.find(unit);
    return found == particular.end() ? usual : found->second;
  }
};

}  // namespace tagwire::modbus
