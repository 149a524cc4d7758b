// SPDX-License-Identifier: Apache-2.0
#include "strangers.h"

#include <algorithm>

namespace tagwire::ws {

Strangers::Strangers(const HttpLimits &limits, Metrics &metrics)
    : m_most(limits.strangers),
      m_mostOfOne(limits.strangersOfOneAddress),
      m_waiting(metrics.gauge("tagwire_ws_strangers", "WebSockets whose clients have shown no credential yet")),
      m_evicted(metrics.counter("tagwire_ws_strangers_evicted_total",
                                "WebSockets closed with 4401 before their time as others came")) {}

std::optional<quint64> Strangers::add(quint64 session, const QByteArray &group) {
  const auto isOfIt = [&](const Entry &each) { return each.group == group; };
  const bool isTooMany = std::count_if(m_entries.begin(), m_entries.end(), isOfIt) >= m_mostOfOne;
  std::optional<quint64> evicted;
  if (isTooMany || m_entries.size() >= m_most) {
    const auto oldest = isTooMany ? std::find_if(m_entries.begin(), m_entries.end(), isOfIt) : m_entries.begin();
    evicted = oldest->session;
    m_entries.erase(oldest);
    m_evicted.add();
  }
  m_entries.append({session, group});
  m_waiting.set(static_cast<double>(m_entries.size()));
  return evicted;
}

void Strangers::remove(quint64 session) {
  m_entries.removeIf([session](const Entry &each) { return each.session == session; });
  m_waiting.set(static_cast<double>(m_entries.size()));
}

}  // namespace tagwire::ws
