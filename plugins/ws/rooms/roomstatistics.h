// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "timestamp.h"

namespace tagwire::ws {

/// The `rooms` clients of one gateway, all its endpoints together (R4-9). Plain value.
struct RoomStatistics {
  int connected = 0;
  qint64 connections = 0;            ///< since the start
  qint64 sent = 0;                   ///< messages, each client counted
  qint64 received = 0;               ///< messages that were carried out or answered with an error
  std::optional<Time> lastActivity;  ///< newest message from or to a client
};

}  // namespace tagwire::ws
