// SPDX-License-Identifier: Apache-2.0
#include "pollplan.h"

#include <algorithm>
#include <tuple>

#include "pdu.h"

namespace tagwire::modbus {
namespace {

int endOf(const Block &block) { return block.address + block.count; }

Block blockOf(const Block &like, const QList<Block::Part> &parts) {
  Block block{like.unit, like.table, like.period, parts.first().address, 0, parts};
  for (const Block::Part &part : parts) block.count = std::max(block.count, part.address + part.count - block.address);
  return block;
}

bool sameGroup(const Block &block, const ModbusPoint &point) {
  return block.unit == point.unit && block.table == point.table && block.period == point.period;
}

bool takes(const Block &block, const ModbusPoint &point, int maxGap) {
  const int limit = holdsBits(point.table) ? maxReadBits : maxReadRegisters;
  const int end = std::max(endOf(block), point.address + point.format.size());
  return sameGroup(block, point) && point.address - endOf(block) <= maxGap && end - block.address <= limit;
}

}  // namespace

QList<Block> planBlocks(const QList<ModbusPoint> &points, int maxGap) {
  QList<int> order(points.size());
  for (int i = 0; i < order.size(); ++i) order[i] = i;
  const auto place = [&](int i) {
    const ModbusPoint &point = points[i];
    return std::tuple(point.unit, point.table, point.period, point.address, i);
  };
  std::sort(order.begin(), order.end(), [&](int a, int b) { return place(a) < place(b); });

  QList<Block> blocks;
  for (const int i : order) {
    const ModbusPoint &point = points[i];
    const Block::Part part{i, point.address, point.format.size()};
    if (blocks.isEmpty() || !takes(blocks.last(), point, maxGap)) {
      blocks.append(Block{point.unit, point.table, point.period, part.address, part.count, {part}});
      continue;
    }
    Block &block = blocks.last();
    block.count = std::max(block.count, part.address + part.count - block.address);
    block.parts.append(part);
  }
  return blocks;
}

std::optional<std::pair<Block, Block>> halves(const Block &block) {
  const bool alike = std::all_of(block.parts.begin(), block.parts.end(), [&](const Block::Part &part) {
    return part.address == block.address && part.count == block.count;
  });
  if (alike) return std::nullopt;
  const qsizetype middle = block.parts.size() / 2;
  return std::pair(blockOf(block, block.parts.first(middle)), blockOf(block, block.parts.mid(middle)));
}

}  // namespace tagwire::modbus
