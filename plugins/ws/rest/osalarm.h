// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

#include "auth/caller.h"
#include "services/alarmdesk.h"

namespace tagwire::ws {

/// One alarm of /api/os/alarms (R5-13). Plain value.
struct OsAlarm {
  QString status;  ///< one of statuses()
  AlarmTransition alarm;
  Time time;

  static QStringList statuses();
  /// Those that are active, or over and not acknowledged, and that people are to be told of: none that is shelved,
  /// suppressed or out of service, as in R5-6.
  static QList<OsAlarm> standing(const QList<AlarmStatus> &alarms, const Caller &caller);
  /// Those that are over and acknowledged, from records of the history, the newest first.
  static QList<OsAlarm> cleared(const QList<Event> &events, const Caller &caller);
  QJsonObject json() const;
};

}  // namespace tagwire::ws
