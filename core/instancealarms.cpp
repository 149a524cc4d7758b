// SPDX-License-Identifier: Apache-2.0
#include "instancealarms.h"

#include <cmath>

#include "timestamp.h"

namespace tagwire {

void InstanceAlarms::raise(const QString &instance, const QString &message) {
  if (m_standing.contains(instance)) return;
  if (!m_rules.contains(instance)) m_rules.insert(instance, -(firstRule + static_cast<int>(m_rules.size()) + 1));
  const Time now = m_clock.now();
  AlarmTransition alarm;
  // The time is a number that no occurrence before has, and exact in JSON.
  alarm.alarmId = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  alarm.ruleId = m_rules.value(instance);
  alarm.ruleName = instance;
  alarm.state = AlarmState::Alarm;
  alarm.condition = AlarmCondition::UnacknowledgedActive;
  alarm.severity = Severity::Major;
  alarm.comparison = QStringLiteral("instance");
  alarm.value = std::nan("");
  alarm.message = message;
  m_standing.insert(instance, AlarmStatus{now, alarm});
  m_tell(alarm);
}

void InstanceAlarms::clear(const QString &instance) {
  const auto standing = m_standing.constFind(instance);
  if (standing == m_standing.cend()) return;
  AlarmTransition alarm = standing->transition;
  m_standing.erase(standing);
  alarm.state = AlarmState::Ok;
  alarm.previous = AlarmState::Alarm;
  alarm.condition = AlarmCondition::Normal;
  alarm.message = QStringLiteral("%1 is loaded anew, or gone").arg(instance);
  m_tell(alarm);
}

QList<AlarmStatus> InstanceAlarms::all() const { return m_standing.values(); }

}  // namespace tagwire
