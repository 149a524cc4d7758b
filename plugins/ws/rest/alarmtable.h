// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>

#include "event.h"

namespace tagwire::ws {

/// Records of the alarm history as CSV, with a line of column names.
QByteArray alarmCsv(const QList<Event> &events);

}  // namespace tagwire::ws
