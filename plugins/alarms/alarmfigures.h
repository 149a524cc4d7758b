// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "alarmstore.h"
#include "services/alarmdesk.h"

namespace tagwire::alarms {

/// The figures of EEMUA 191 (3rd edition, chapter 11) for [from, to): `came` in the order of time, `standing` and
/// `chattering` of now. A flood is a slice of ten minutes with more than ten alarms.
AlarmStatistics figuresOf(Time from, Time to, Time now, const QList<AlarmStore::Came> &came,
                          const QList<AlarmStatus> &standing, const QList<AlarmStatus> &chattering);

}  // namespace tagwire::alarms
