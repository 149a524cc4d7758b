// SPDX-License-Identifier: Apache-2.0
#include "pollplan.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace tagwire::modbus {
namespace {

/// Points that may share a block, by address.
using Group = QList<Block::Part>;

double valueBytes(Table table, int count) { return holdsBits(table) ? (count + 7) / 8 : count * 2; }

/// Where the block that ends with part `i` begins in the cheapest plan of the parts up to `i`.
std::vector<qsizetype> cheapestBeginnings(const Group &parts, Table table, int limit, int maxGap, double cost) {
  const qsizetype count = parts.size();
  std::vector<double> least(static_cast<size_t>(count) + 1, 0);
  std::vector<qsizetype> beginnings(static_cast<size_t>(count));
  for (qsizetype i = 0; i < count; ++i) {
    auto &best = least[static_cast<size_t>(i) + 1];
    best = std::numeric_limits<double>::infinity();
    int end = 0;
    for (qsizetype j = i; j >= 0; --j) {
      end = std::max(end, parts[j].address + parts[j].count);
      const int size = end - parts[j].address;
      if (j < i && size > limit) break;
      const double here = least[static_cast<size_t>(j)] + cost + valueBytes(table, size);
      if (here < best) {
        best = here;
        beginnings[static_cast<size_t>(i)] = j;
      }
      // A gap too wide to the part before ends the search: no block may reach over it.
      if (j > 0 && parts[j].address - (parts[j - 1].address + parts[j - 1].count) > maxGap) break;
    }
  }
  return beginnings;
}

void planGroup(const Block &like, const Group &parts, int limit, int maxGap, double cost, QList<Block> &blocks) {
  const auto beginnings = cheapestBeginnings(parts, like.table, limit, maxGap, cost);
  QList<Block> found;
  Block all = like;
  all.parts = parts;
  for (qsizetype last = parts.size() - 1; last >= 0;) {
    const qsizetype first = beginnings[static_cast<size_t>(last)];
    found.prepend(all.cutOut(first, last));
    last = first - 1;
  }
  blocks += found;
}

}  // namespace

Block Block::cutOut(qsizetype first, qsizetype last) const {
  Block block{unit, table, period, parts[first].address, 0, parts.mid(first, last - first + 1)};
  for (const Part &part : std::as_const(block.parts)) {
    block.count = std::max(block.count, part.address + part.count - block.address);
  }
  return block;
}

double requestCost(const Endpoint &endpoint) {
  constexpr double frames = 8 + 5;           // a read request, and all of its answer but the values
  constexpr double silences = 2 * 3.5;       // characters, serial line specification 2.5.1.1
  constexpr double thinkingSeconds = 0.005;  // of a usual device
  constexpr double tcpBytes = 500;           // a round trip in a local network, beside which 250 bytes are nothing
  constexpr double usualCharacter = 11.0 / 19200;
  if (endpoint.transport == Transport::Tcp) return tcpBytes;
  const double character = endpoint.transport == Transport::Serial ? endpoint.characterSeconds() : usualCharacter;
  return frames + silences + thinkingSeconds / character;
}

QList<Block> planBlocks(const QList<ModbusPoint> &points, int maxGap, double cost, const UnitBook &units) {
  QList<int> order;
  order.reserve(points.size());
  for (int i = 0; i < points.size(); ++i) {
    if (points[i].isEnabled) order.append(i);
  }
  const auto group = [&](int i) { return std::tuple(points[i].unit, points[i].table, points[i].period); };
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return std::tuple(group(a), points[a].address, a) < std::tuple(group(b), points[b].address, b);
  });

  QList<Block> blocks;
  for (qsizetype first = 0; first < order.size();) {
    Group parts;
    qsizetype next = first;
    for (; next < order.size() && group(order[next]) == group(order[first]); ++next) {
      const ModbusPoint &point = points[order[next]];
      parts.append({order[next], point.address, point.format.size()});
    }
    const ModbusPoint &point = points[order[first]];
    const UnitSettings &unit = units.of(point.unit);
    planGroup({point.unit, point.table, point.period, 0, 0, {}}, parts,
              holdsBits(point.table) ? unit.maxBits : unit.maxRegisters, maxGap, cost, blocks);
    first = next;
  }
  return blocks;
}

}  // namespace tagwire::modbus
