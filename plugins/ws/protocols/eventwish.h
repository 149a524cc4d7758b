// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>

#include "http/response.h"
#include "result.h"
#include "websocket/session.h"

namespace tagwire::ws {

/// What an event stream is to carry: ?channels=telemetry,alarms,commands&endpointIds=59,60 (R5-13). Plain value.
struct EventWish {
  QList<qint64> endpointIds;  ///< empty: no telemetry
  bool hasAlarms = false;
  bool hasCommands = false;

  /// Without `channels` all that the caller may have. Refusals: 400, or 403 for a channel that is not permitted.
  static tl::expected<EventWish, Refusal> read(const Upgrade &upgrade, const Caller &caller, int mostSubscriptions);
};

}  // namespace tagwire::ws
