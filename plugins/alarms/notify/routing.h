// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify/notificationconfig.h"

namespace tagwire::alarms {

/// Whether this target is to be told of it.
bool isWanted(const NotificationTarget &target, const Occasion &occasion);

}  // namespace tagwire::alarms
