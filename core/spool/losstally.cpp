// SPDX-License-Identifier: Apache-2.0
#include "losstally.h"

#include <algorithm>

namespace tagwire::spool {

void LossTally::add(const SpoolLoss &loss) {
  const auto same = std::find_if(m_losses.begin(), m_losses.end(), [&](const SpoolLoss &each) {
    return each.reason == loss.reason && each.stream == loss.stream;
  });
  if (same == m_losses.end()) {
    m_losses << loss;
    return;
  }
  same->records += loss.records;
  same->from = std::min(same->from, loss.from);
  same->to = std::max(same->to, loss.to);
}

QList<SpoolLoss> LossTally::take(quint32 second, bool atOnce) {
  if (m_losses.isEmpty() || (!atOnce && m_toldIn > 0 && second - m_toldIn < pause)) return {};
  m_toldIn = second;
  m_told = 0;
  for (const SpoolLoss &loss : std::as_const(m_losses)) m_told += loss.records;
  return std::exchange(m_losses, {});
}

qint64 LossTally::recent(quint32 second) const {
  const bool isOver = m_losses.isEmpty() && second - m_toldIn >= pause;
  return isOver ? 0 : m_told;
}

}  // namespace tagwire::spool
