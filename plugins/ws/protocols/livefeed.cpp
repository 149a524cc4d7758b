// SPDX-License-Identifier: Apache-2.0
#include "livefeed.h"

namespace tagwire::ws {

LiveFeed::LiveFeed(TopicSet topics, Interval interval)
    : m_topics(std::move(topics)), m_interval(interval), m_wantsAlarms(m_topics.wantsAny(QLatin1String("alarms"))) {}

bool LiveFeed::wants(const PointNames::Entry &entry) {
  const auto index = static_cast<size_t>(entry.id);
  if (index >= m_known.size()) {
    m_known.resize(index + 1);
    m_wanted.resize(index + 1);
  }
  if (!m_known[index]) {
    m_known[index] = true;
    m_wanted[index] = m_topics.matches(entry.topic);
  }
  return m_wanted[index];
}

}  // namespace tagwire::ws
