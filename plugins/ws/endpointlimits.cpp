// SPDX-License-Identifier: Apache-2.0
#include "endpointlimits.h"

namespace tagwire::ws {

Limits defaultLimits(ProtocolKind kind) {
  using namespace std::chrono_literals;
  Limits limits;
  switch (kind) {
    case ProtocolKind::Rooms:  // R4-12
      limits.messageBytes = 512;
      limits.messagesPerSecond = 20;
      limits.pingInterval = 54s;
      limits.mayOverfillForATime = true;
      break;
    case ProtocolKind::Panel:  // R5-8
      limits.connections = 100;
      limits.messagesPerSecond = 10;
      break;
    case ProtocolKind::Device:  // R2-9
      limits.pingInterval = 20s;
      break;
    case ProtocolKind::RtlsManager:  // R1-8 gives 30 s and 10 s, which are the general ones
    case ProtocolKind::Alarms:
    case ProtocolKind::Live:
    case ProtocolKind::Omlox:
    case ProtocolKind::RtlsEvents:
      break;
  }
  return limits;
}

}  // namespace tagwire::ws
