// SPDX-License-Identifier: Apache-2.0
// Which requests read which points. Pure functions; reentrant.
#pragma once

#include <QList>

#include <optional>
#include <utility>

#include "modbuspoint.h"

namespace tagwire::modbus {

/// One read request and the points it brings.
struct Block {
  struct Part {
    int point = 0;    ///< index in the list of points
    int address = 0;  ///< of its first register or bit
    int count = 0;    ///< registers or bits
  };

  quint8 unit = 1;
  Table table = Table::Holding;
  std::chrono::milliseconds period{1000};
  int address = 0;
  int count = 0;
  QList<Part> parts;  ///< by address
};

/// Blocks by unit, table and period. Points that touch, overlap or lie at most `maxGap` apart share one, up to 125
/// registers or 2000 bits; a point is never cut.
QList<Block> planBlocks(const QList<ModbusPoint> &points, int maxGap);

/// Two blocks with half the points each, for finding the address that a device refuses; nothing when all points take
/// the very same addresses.
std::optional<std::pair<Block, Block>> halves(const Block &block);

}  // namespace tagwire::modbus
