// SPDX-License-Identifier: Apache-2.0
#include "senderbook.h"

namespace tagwire::rtls {

bool SenderBook::refused(const QString &sender, std::chrono::nanoseconds now) {
  const auto known = m_refused.find(sender);
  if (known != m_refused.end()) {
    const bool isNews = now - *known >= quiet;
    *known = now;
    return isNews;
  }
  if (m_refused.size() >= most && now - m_swept >= std::chrono::seconds(1)) {
    m_swept = now;
    m_refused.removeIf([now](const auto &each) { return now - each.value() >= quiet; });
  }
  if (m_refused.size() >= most) return false;
  m_refused.insert(sender, now);
  return true;
}

bool SenderBook::taken(const QString &sender, std::chrono::nanoseconds now) {
  if (m_refused.isEmpty()) return false;
  const auto known = m_refused.constFind(sender);
  if (known == m_refused.cend() || now - *known < quiet) return false;
  m_refused.erase(known);
  return true;
}

}  // namespace tagwire::rtls
