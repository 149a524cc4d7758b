// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "protocolkind.h"

namespace tagwire::ws {

// Not "limits.h": with this folder on the include path that name would stand in front of the C library's <limits.h>.

/// What one endpoint takes from its clients. The numbers here are the manifest's defaults; a protocol's own are set by
/// defaultLimits() from its page of the wire contracts.
struct Limits {
  int connections = 1000;
  int messagesPerSecond = 0;  ///< per client; 0: no limit
  int subscriptions = 50;     ///< per client
  int messageBytes = 65536;
  int fragments = 4096;                              ///< of one message
  std::chrono::milliseconds messageTimeout{30'000};  ///< from the first byte of a message to its last
  int controlFramesPerSecond = 10;                   ///< from one client; twice as many at once
  bool takesBinary = false;                          ///< binary messages; what the protocol says, not the manifest
  int queueMessages = 256;                           ///< events that may wait for one slow client
  bool mayOverfillForATime = false;  ///< more may wait until the write time-out; what the protocol's page says
  std::chrono::milliseconds writeTimeout{10'000};
  std::chrono::milliseconds pingInterval{30'000};
  std::chrono::milliseconds pongTimeout{60'000};
  std::chrono::milliseconds heartbeatInterval{30'000};  ///< application heartbeats, where the protocol has them
  std::chrono::milliseconds heartbeatTimeout{10'000};
};

/// What the page of a protocol says, where it says so.
Limits defaultLimits(ProtocolKind kind);

}  // namespace tagwire::ws
