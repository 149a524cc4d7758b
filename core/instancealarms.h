// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QMap>

#include <functional>

#include "services/alarmdesk.h"

namespace tagwire {

/// Alarms of instances that the host has given up: each stands until the instance is loaded anew, and nothing else
/// ends it. Rule id -(1,000,000,000 + n), comparison "instance", severity major. They last as long as the program.
/// Thread-bound to the host thread; owned by the Runtime.
class TAGWIRE_EXPORT InstanceAlarms {
 public:
  /// Numbers below are interlocks'.
  static constexpr int firstRule = 1'000'000'000;

  /// `tell` is given each transition, to be raised as an event of the host.
  InstanceAlarms(const Clock &clock, std::function<void(const AlarmTransition &)> tell)
      : m_clock(clock), m_tell(std::move(tell)) {}

  void raise(const QString &instance, const QString &message);
  /// It is gone, or loaded anew.
  void clear(const QString &instance);
  QList<AlarmStatus> all() const;
  bool stands(const QString &instance) const { return m_standing.contains(instance); }

 private:
  const Clock &m_clock;
  const std::function<void(const AlarmTransition &)> m_tell;
  QMap<QString, int> m_rules;  ///< of instances that ever had one: the same instance, the same rule
  QMap<QString, AlarmStatus> m_standing;
};

}  // namespace tagwire
