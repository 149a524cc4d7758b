// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context.h"
#include "services/alarmdesk.h"

namespace tagwire::ws {

/// Asks every instance that knows alarms. `taker` is called once: with the active alarms of all, in the order of the
/// manifest, or with the error when there is no such instance.
void askAlarms(PluginContext &context, std::function<void(const Result<QList<AlarmStatus>> &)> taker);

}  // namespace tagwire::ws
