// SPDX-License-Identifier: Apache-2.0
#include "replayring.h"

#include <algorithm>

namespace tagwire::ws {

namespace {

qsizetype sizeOf(const Sample &sample) {
  qsizetype size = sizeof(Sample);
  if (const QString *text = std::get_if<QString>(&sample.value)) size += text->size() * 2;
  if (std::holds_alternative<Position>(sample.value)) size += sizeof(Fix) + 64;
  return size;
}

qsizetype sizeOf(const Event &event) { return static_cast<qsizetype>(sizeof(Event)) + 512 + textSize(event); }

}  // namespace

ReplayRing::ReplayRing(quint64 sequence, qsizetype mostBytes, std::chrono::nanoseconds longest)
    : m_lost(sequence), m_mostBytes(mostBytes), m_longest(longest) {}

void ReplayRing::add(quint64 sequence, std::chrono::nanoseconds elapsed, const Samples &samples) {
  qsizetype bytes = sizeof(Entry);
  for (const Sample &sample : samples) bytes += sizeOf(sample);
  append({sequence, elapsed, bytes, samples});
}

void ReplayRing::add(quint64 sequence, std::chrono::nanoseconds elapsed, const Event &event) {
  append({sequence, elapsed, static_cast<qsizetype>(sizeof(Entry)) + sizeOf(event), event});
}

void ReplayRing::append(Entry entry) {
  const auto elapsed = entry.kept;
  m_bytes += entry.bytes;
  m_entries.push_back(std::move(entry));
  dropOld(elapsed);
}

void ReplayRing::dropOld(std::chrono::nanoseconds elapsed) {
  while (!m_entries.empty() && (m_bytes > m_mostBytes || elapsed - m_entries.front().kept > m_longest)) {
    m_lost = std::max(m_lost, m_entries.front().sequence);
    m_bytes -= m_entries.front().bytes;
    m_entries.pop_front();
  }
}

void ReplayRing::skip(quint64 sequence) {
  m_lost = std::max(m_lost, sequence);
  if (m_entries.empty()) return;
  std::deque<Entry>().swap(m_entries);
  m_bytes = 0;
}

std::deque<ReplayRing::Entry>::const_iterator ReplayRing::after(quint64 sequence) const {
  return std::upper_bound(m_entries.begin(), m_entries.end(), sequence,
                          [](quint64 number, const Entry &entry) { return number < entry.sequence; });
}

}  // namespace tagwire::ws
