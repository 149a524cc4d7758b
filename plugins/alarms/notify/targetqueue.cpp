// SPDX-License-Identifier: Apache-2.0
#include "notify/targetqueue.h"

#include <algorithm>

namespace tagwire::alarms {

TargetQueue::TargetQueue(const Limits &limits) : m_limits(limits), m_pauses(firstPause, longestPause, limits.jitter) {}

bool TargetQueue::add(const Notice &notice, Time now, Elapsed elapsed) {
  if (size() >= mostWaiting) return false;
  // Never younger than now: somebody may have set the clock back.
  const Elapsed age = std::max<Elapsed>(now - notice.created, Elapsed(0));
  if (m_waiting.empty() && notice.attempts > 0) {  // of an earlier run: the pauses go on where they were
    for (int i = 0; i < std::min(notice.attempts, 16); ++i) (void)m_pauses.next();
    m_notBefore = elapsed + std::clamp<Elapsed>(notice.notBefore - now, Elapsed(0), longestPause);
  }
  const auto later = std::upper_bound(m_waiting.begin() + m_current, m_waiting.end(), notice.id,
                                      [](qint64 id, const Entry &entry) { return id < entry.notice.id; });
  m_waiting.insert(later, Entry{notice, elapsed - age});
  return true;
}

qsizetype TargetQueue::messageSize() const {
  if (m_current > 0) return m_current;
  if (m_limits.group.count() == 0 || m_singles > 0) return 1;
  return std::min(size(), mostInGroup);
}

std::optional<TargetQueue::Elapsed> TargetQueue::due(Elapsed elapsed) const {
  if (m_isBusy || m_waiting.empty()) return std::nullopt;
  Elapsed at = std::max(m_notBefore, m_waiting.front().born);
  if (m_current > 0) return at;
  const bool isGroupFull = size() >= mostInGroup || m_singles > 0;
  if (m_limits.group.count() > 0 && !isGroupFull) at = std::max(at, m_waiting.front().born + m_limits.group);
  constexpr std::chrono::minutes window{1};
  const auto within = std::upper_bound(m_sent.cbegin(), m_sent.cend(), elapsed - window);
  const auto used = m_sent.cend() - within;
  // The place that becomes free is the one that the oldest of the last perMinute messages took.
  if (used >= m_limits.perMinute) at = std::max(at, *(m_sent.cend() - m_limits.perMinute) + window);
  return at;
}

QList<Notice> TargetQueue::take(Elapsed elapsed) {
  const auto at = due(elapsed);
  if (!at || *at > elapsed) return {};
  if (m_current == 0) {
    m_current = messageSize();
    m_sent.push_back(elapsed);
    while (static_cast<int>(m_sent.size()) > m_limits.perMinute) m_sent.pop_front();
  }
  m_isBusy = true;
  QList<Notice> message;
  for (qsizetype i = 0; i < m_current; ++i) message << m_waiting[static_cast<size_t>(i)].notice;
  return message;
}

void TargetQueue::endMessage() {
  m_waiting.erase(m_waiting.begin(), m_waiting.begin() + m_current);
  m_singles = std::max<qsizetype>(0, m_singles - m_current);
  m_current = 0;
  m_refusals = 0;
  m_isBusy = false;
  m_notBefore = Elapsed(0);
  m_pauses.reset();
}

QList<qint64> TargetQueue::delivered() {
  QList<qint64> ids;
  for (qsizetype i = 0; i < m_current; ++i) ids << m_waiting[static_cast<size_t>(i)].notice.id;
  endMessage();
  m_failures = 0;
  m_hasRefusedOne = false;
  return ids;
}

QList<Notice> TargetQueue::postpone(Time now, Elapsed elapsed, Elapsed atLeast) {
  const Elapsed pause = std::max<Elapsed>(m_pauses.next(), std::min<Elapsed>(atLeast, longestPause));
  m_notBefore = elapsed + pause;
  m_isBusy = false;
  ++m_failures;
  QList<Notice> postponed;
  for (qsizetype i = 0; i < m_current; ++i) {
    Notice &notice = m_waiting[static_cast<size_t>(i)].notice;
    ++notice.attempts;
    notice.notBefore = now + pause;
    postponed << notice;
  }
  return postponed;
}

/// Only after an attempt that failed: a clock that jumped alone gives up nothing.
QList<qint64> TargetQueue::giveUpOld(Elapsed elapsed) {
  QList<qint64> ids;
  std::deque<Entry> kept;
  qsizetype current = 0;
  qsizetype singles = 0;
  for (qsizetype i = 0; i < size(); ++i) {
    Entry &entry = m_waiting[static_cast<size_t>(i)];
    if (elapsed - entry.born >= m_limits.giveUpAfter) {
      ids << entry.notice.id;
      continue;
    }
    current += i < m_current ? 1 : 0;
    singles += i < m_singles ? 1 : 0;
    kept.push_back(std::move(entry));
  }
  m_waiting = std::move(kept);
  if (current == 0) m_refusals = 0;
  m_current = current;
  m_singles = singles;
  return ids;
}

TargetQueue::Failure TargetQueue::failed(Time now, Elapsed elapsed, Elapsed atLeast) {
  Failure failure{.postponed = postpone(now, elapsed, atLeast), .givenUp = giveUpOld(elapsed)};
  failure.postponed.removeIf([&failure](const Notice &each) { return failure.givenUp.contains(each.id); });
  return failure;
}

TargetQueue::Failure TargetQueue::refused(Time now, Elapsed elapsed) {
  if (m_hasRefusedOne || ++m_refusals < mostRefusals) return failed(now, elapsed);
  ++m_failures;
  if (m_current > 1) {  // one of them is to blame, perhaps
    m_singles = m_current;
    m_current = 0;
    endMessage();
    return {};
  }
  m_hasRefusedOne = true;
  const QList<qint64> givenUp{m_waiting.front().notice.id};
  endMessage();
  return {.postponed = {}, .givenUp = givenUp, .isRefusal = true};
}

void TargetQueue::release() { m_isBusy = false; }

}  // namespace tagwire::alarms
