// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QString>

#include "timestamp.h"

namespace tagwire::alarms {

/// One message that is due to one target. Kept until the target took it or it is given up. Plain value.
struct Notice {
  qint64 id = 0;   ///< rises; the order of a target's notices
  QString target;  ///< id of the target
  Time created;
  Time notBefore;    ///< of the next attempt
  int attempts = 0;  ///< that failed
  QByteArray body;   ///< what it tells, as JSON: the fields of the event and "kind", see the README
};

}  // namespace tagwire::alarms
