// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QLoggingCategory>

namespace tagwire::ws {

/// "tagwire.rooms": of what no instance owns alone.
Q_DECLARE_LOGGING_CATEGORY(roomLog)

}  // namespace tagwire::ws
