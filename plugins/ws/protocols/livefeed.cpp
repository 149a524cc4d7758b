// SPDX-License-Identifier: Apache-2.0
#include "livefeed.h"

#include "wirejson.h"

namespace tagwire::ws {

LiveFeed::LiveFeed(TopicSet topics, Interval interval, Permissions permissions, const PointTable &points)
    : m_topics(std::move(topics)),
      m_interval(interval),
      m_permissions(std::move(permissions)),
      m_access(points),
      m_wantsAlarms(m_topics.wantsAny(QLatin1String("alarms")) && m_permissions.allowSome(right::readAlarms)) {}

bool LiveFeed::wantsAlarm(const QString &area, int ruleId) const {
  return m_wantsAlarms && m_topics.matches(topicOf(area, ruleId)) && m_permissions.allow(right::readAlarms, area);
}

bool LiveFeed::wants(const LiveEvent &event) const {
  return m_topics.matches(event.topic()) && m_access.allow(m_permissions, event.event());
}

bool LiveFeed::wants(const PointNames::Entry &entry) {
  const auto index = static_cast<size_t>(entry.id);
  if (index >= m_known.size()) {
    m_known.resize(index + 1);
    m_wanted.resize(index + 1);
  }
  if (!m_known[index]) {
    m_known[index] = true;
    m_wanted[index] = m_topics.matches(entry.topic) && m_access.allowPoint(m_permissions, entry.id);
  }
  return m_wanted[index];
}

}  // namespace tagwire::ws
