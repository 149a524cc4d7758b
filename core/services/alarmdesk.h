// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>

#include "../event.h"
#include "service.h"

namespace tagwire {

/// An active rule as the snapshot shows it: the transition that brought it to its state, and when.
struct ActiveAlarm {
  Time since;
  AlarmTransition transition;
};

/// Who knows the alarms. Offered by plugin `alarms`.
class TAGWIRE_EXPORT AlarmDesk {
 public:
  static constexpr const char *serviceName = "alarm desk";
  virtual ~AlarmDesk();
  /// Every rule in WARNING or ALARM, in the order of the manifest.
  virtual void activeAlarms(Reply<QList<ActiveAlarm>> reply) = 0;
};

}  // namespace tagwire
