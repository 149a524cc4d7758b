// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gatewaystate.h"
#include "protocol.h"

namespace tagwire::ws {

/// The protocol of one endpoint. `state` must outlive it.
std::unique_ptr<Protocol> makeProtocol(const EndpointConfig &endpoint, GatewayState &state);

}  // namespace tagwire::ws
