// SPDX-License-Identifier: Apache-2.0
#include "chunkmerge.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace tagwire::sql {

void ChunkMerge::add(std::vector<PostgresRecord> records, qint64 slice) {
  if (records.empty()) return;
  if (m_newestFirst) std::reverse(records.begin(), records.end());
  m_open.push_back({std::move(records), slice});
  std::push_heap(m_open.begin(), m_open.end(),
                 [this](const Open &one, const Open &other) { return isLater(one, other); });
}

bool ChunkMerge::isLater(const Open &one, const Open &other) const {
  const auto keyOf = [](const Open &open) { return std::pair(open.front().time, open.slice); };
  return m_newestFirst ? keyOf(one) < keyOf(other) : keyOf(other) < keyOf(one);
}

bool ChunkMerge::giveOne(const Take &take) {
  const auto isLess = [this](const Open &one, const Open &other) { return isLater(one, other); };
  std::pop_heap(m_open.begin(), m_open.end(), isLess);
  Open &open = m_open.back();
  const bool goesOn = take(open.front());
  if (++open.next < open.records.size()) {
    std::push_heap(m_open.begin(), m_open.end(), isLess);
  } else {
    m_open.pop_back();
  }
  return goesOn;
}

bool ChunkMerge::giveUpTo(Microseconds next, const Take &take) {
  while (!m_open.empty()) {
    const Microseconds time = m_open.front().front().time;
    if (m_newestFirst ? time <= next : time >= next) return true;
    if (!giveOne(take)) return false;
  }
  return true;
}

bool ChunkMerge::giveRest(const Take &take) {
  while (!m_open.empty()) {
    if (!giveOne(take)) return false;
  }
  return true;
}

}  // namespace tagwire::sql
