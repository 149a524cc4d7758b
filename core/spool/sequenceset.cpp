// SPDX-License-Identifier: Apache-2.0
#include "sequenceset.h"

#include <algorithm>
#include <iterator>

namespace tagwire::spool {

void SequenceSet::add(quint64 first, quint64 next) {
  if (first >= next) return;
  auto at = m_intervals.upper_bound(first);
  if (at != m_intervals.begin() && std::prev(at)->second >= first) --at;
  while (at != m_intervals.end() && at->first <= next) {
    first = std::min(first, at->first);
    next = std::max(next, at->second);
    at = m_intervals.erase(at);
  }
  m_intervals.emplace_hint(at, first, next);
}

void SequenceSet::addWithout(quint64 first, quint64 next, const SequenceSet &other) {
  while (first < next) {
    const quint64 from = other.firstMissing(first);
    const quint64 to = other.firstPresent(from, next);
    if (from >= next) return;
    add(from, std::min(to, next));
    first = to;
  }
}

void SequenceSet::remove(quint64 first, quint64 next) {
  if (first >= next) return;
  auto at = m_intervals.upper_bound(first);
  if (at != m_intervals.begin()) --at;
  while (at != m_intervals.end() && at->first < next) {
    const auto [begin, end] = *at;
    if (end <= first) {
      ++at;
      continue;
    }
    at = m_intervals.erase(at);
    if (begin < first) m_intervals.emplace(begin, first);
    if (end > next) m_intervals.emplace(next, end);
  }
}

quint64 SequenceSet::count(quint64 first, quint64 next) const {
  quint64 sum = 0;
  auto at = m_intervals.upper_bound(first);
  if (at != m_intervals.begin()) --at;
  for (; at != m_intervals.end() && at->first < next; ++at) {
    const quint64 from = std::max(first, at->first);
    const quint64 to = std::min(next, at->second);
    if (from < to) sum += to - from;
  }
  return sum;
}

quint64 SequenceSet::firstMissing(quint64 from) const {
  const auto after = m_intervals.upper_bound(from);
  if (after == m_intervals.begin()) return from;
  return std::max(from, std::prev(after)->second);
}

quint64 SequenceSet::firstPresent(quint64 from, quint64 otherwise) const {
  const auto after = m_intervals.upper_bound(from);
  if (after != m_intervals.begin() && std::prev(after)->second > from) return std::min(from, otherwise);
  return after == m_intervals.end() ? otherwise : std::min(after->first, otherwise);
}

quint64 SequenceSet::endBefore(quint64 at) const {
  auto after = m_intervals.upper_bound(at);
  while (after != m_intervals.begin()) {
    --after;
    if (after->second <= at) return after->second;
  }
  return 0;
}

}  // namespace tagwire::spool
