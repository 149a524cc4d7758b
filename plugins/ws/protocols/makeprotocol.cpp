// SPDX-License-Identifier: Apache-2.0
#include "makeprotocol.h"

#include "alarmsprotocol.h"
#include "deviceprotocol.h"
#include "eventsprotocol.h"
#include "liveprotocol.h"
#include "omloxprotocol.h"
#include "panelprotocol.h"
#include "roomsprotocol.h"
#include "rtlsprotocol.h"

namespace tagwire::ws {

std::unique_ptr<Protocol> makeProtocol(const EndpointConfig &endpoint, GatewayState &state) {
  const Limits limits = endpoint.effectiveLimits();
  PluginContext &context = state.context;
  switch (endpoint.protocol) {
    case ProtocolKind::RtlsManager:
      return std::make_unique<RtlsProtocol>(context, limits);
    case ProtocolKind::RtlsEvents:
      return std::make_unique<EventsProtocol>(context);
    case ProtocolKind::Alarms:
      return std::make_unique<AlarmsProtocol>(context, limits);
    case ProtocolKind::Panel:
      return std::make_unique<PanelProtocol>(context, limits);
    case ProtocolKind::Live:
      return std::make_unique<LiveProtocol>(state, limits);
    case ProtocolKind::Device:
      return std::make_unique<DeviceProtocol>(state);
    case ProtocolKind::Rooms:
      return std::make_unique<RoomsProtocol>(state, limits);
    case ProtocolKind::Omlox:
      return std::make_unique<OmloxProtocol>(context, limits);
  }
  return nullptr;
}

}  // namespace tagwire::ws
