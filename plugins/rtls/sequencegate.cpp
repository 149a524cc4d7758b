// SPDX-License-Identifier: Apache-2.0
#include "sequencegate.h"

#include <algorithm>

namespace tagwire::rtls {

Result<void> SequenceGate::pass(const QString &sender, int sequence, std::chrono::nanoseconds elapsed) {
  if (sequence == -1) return {};
  if (sequence < 1 || sequence > 200) {
    return failure(QStringLiteral("Sequence %1 is out of range (allowed: 1 to 200)").arg(sequence));
  }
  Count &count = countOf(sender);
  const bool anew = count.sequence == 0 || count.sender != sender || elapsed - count.heard >= silence;
  const int step = (sequence - count.sequence + 200) % 200;
  const int before = count.sequence;
  count.heard = elapsed;
  if (!anew && (step < 1 || step > 100)) {
    return failure(QStringLiteral("Sequence %1 is not after %2").arg(sequence).arg(before));
  }
  count.sender = sender;
  count.sequence = sequence;
  return {};
}

SequenceGate::Count &SequenceGate::countOf(const QString &sender) {
  const auto same = std::find_if(m_counts.begin(), m_counts.end(),
                                 [&](const Count &count) { return count.sequence != 0 && count.sender == sender; });
  if (same != m_counts.end()) return *same;
  const auto unused =
      std::find_if(m_counts.begin(), m_counts.end(), [](const Count &count) { return count.sequence == 0; });
  if (unused != m_counts.end()) return *unused;
  return *std::min_element(m_counts.begin(), m_counts.end(),
                           [](const Count &a, const Count &b) { return a.heard < b.heard; });
}

}  // namespace tagwire::rtls
