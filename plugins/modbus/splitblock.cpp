// SPDX-License-Identifier: Apache-2.0
#include "splitblock.h"

#include <algorithm>

namespace tagwire::modbus {

using namespace std::chrono_literals;

namespace {

/// A device that refuses all of a block has nothing else to do for it.
constexpr std::chrono::seconds allRefusedPause{1};

}  // namespace

SplitBlock::SplitBlock(Block whole) : m_whole(std::move(whole)), m_retry(1s, 300s, 0) {}

void SplitBlock::begin(std::chrono::nanoseconds now) {
  m_work.clear();
  m_cutInTwo.clear();
  if (!isLearned() || now >= m_retryAt) {
    m_work.push_back({0, m_whole.parts.size() - 1, true});
  } else {
    addRuns();
  }
  take();
}

void SplitBlock::answered() {
  const Range range = m_work.front();
  if (isLearned()) {
    for (qsizetype i = range.first; i <= range.last; ++i) m_isRefused[static_cast<size_t>(i)] = false;
    for (qsizetype i = range.first; i < range.last; ++i) m_isGapRefused[static_cast<size_t>(i)] = false;
  }
  if (range.isWhole) {
    m_isRefused.clear();
    m_isGapRefused.clear();
    m_retry.reset();
  }
  dropFront();
}

void SplitBlock::skip() { dropFront(); }

QList<int> SplitBlock::refuse(std::chrono::nanoseconds now) {
  const Range range = m_work.front();
  m_work.pop_front();
  QList<int> points;
  const bool wasLearned = isLearned();
  // Something new is refused: whatever that means, it is not what was waited for so long.
  const bool isNew = wasLearned && !range.isWhole && !isKnownToBeRefused(range);
  if (isNew) m_retry.reset();
  if (range.isWhole || isNew) m_retryAt = now + m_retry.next();
  m_isRefused.resize(static_cast<size_t>(m_whole.parts.size()));
  m_isGapRefused.resize(m_isRefused.size());
  if (isOnePlace(range)) {
    for (qsizetype i = range.first; i <= range.last; ++i) {
      m_isRefused[static_cast<size_t>(i)] = true;
      points.append(m_whole.parts[i].point);
    }
  } else if (range.isWhole && wasLearned) {
    // As it was: what is known to be good first, then a try at what was refused.
    addRuns();
    addRefused();
  } else {
    const qsizetype middle = (range.first + range.last) / 2;
    m_work.push_front({middle + 1, range.last});
    m_work.push_front({range.first, middle});
    m_cutInTwo.push_back(range);
  }
  if (refusedPoints() == m_whole.parts.size())
    m_retryAt = std::min<std::chrono::nanoseconds>(m_retryAt, now + allRefusedPause);
  take();
  return points;
}

void SplitBlock::abandon() {
  m_work.clear();
  m_cutInTwo.clear();
}

void SplitBlock::forget() {
  abandon();
  m_isRefused.clear();
  m_isGapRefused.clear();
  m_retry.reset();
}

void SplitBlock::tryAgainSoon() {
  m_retry.reset();
  m_retryAt = {};
}

bool SplitBlock::isKnownToBeRefused(const Range &range) const {
  return std::any_of(m_isRefused.begin() + range.first, m_isRefused.begin() + range.last + 1,
                     [](bool isRefused) { return isRefused; });
}

qsizetype SplitBlock::refusedPoints() const { return std::count(m_isRefused.begin(), m_isRefused.end(), true); }

/// The good parts in as few pieces as the refused ones and the refused gaps leave.
void SplitBlock::addRuns() {
  for (qsizetype i = 0; i < m_whole.parts.size(); ++i) {
    if (m_isRefused[static_cast<size_t>(i)]) continue;
    const bool goesOn = !m_work.empty() && m_work.back().last == i - 1 && !m_isGapRefused[static_cast<size_t>(i - 1)];
    if (goesOn) {
      m_work.back().last = i;
    } else {
      m_work.push_back({i, i});
    }
  }
}

void SplitBlock::addRefused() {
  qsizetype first = -1;
  for (qsizetype i = 0; i <= m_whole.parts.size(); ++i) {
    const bool isRefused = i < m_whole.parts.size() && m_isRefused[static_cast<size_t>(i)];
    if (isRefused && first < 0) first = i;
    if (isRefused || first < 0) continue;
    m_work.push_back({first, i - 1});
    first = -1;
  }
}

void SplitBlock::take() {
  if (m_work.empty()) return settle();
  m_piece = m_work.front().isWhole ? m_whole : m_whole.cutOut(m_work.front().first, m_work.front().last);
}

void SplitBlock::dropFront() {
  m_work.pop_front();
  take();
}

/// A range that was refused although all of it could be read in two halves: it must be the gap between them.
void SplitBlock::settle() {
  for (auto range = m_cutInTwo.rbegin(); range != m_cutInTwo.rend(); ++range) {
    const auto middle = static_cast<size_t>((range->first + range->last) / 2);
    if (!m_isGapRefused.empty() && !isExplained(*range)) m_isGapRefused[middle] = true;
  }
  m_cutInTwo.clear();
}

bool SplitBlock::isExplained(const Range &range) const {
  const auto within = [&](const std::vector<bool> &flags, qsizetype last) {
    return std::any_of(flags.begin() + range.first, flags.begin() + last, [](bool flag) { return flag; });
  };
  return within(m_isRefused, range.last + 1) || within(m_isGapRefused, range.last);
}

/// All parts take the very same addresses, so there is nothing to cut.
bool SplitBlock::isOnePlace(const Range &range) const {
  const Block::Part &first = m_whole.parts[range.first];
  return std::all_of(
      m_whole.parts.begin() + range.first, m_whole.parts.begin() + range.last + 1,
      [&](const Block::Part &part) { return part.address == first.address && part.count == first.count; });
}

}  // namespace tagwire::modbus
