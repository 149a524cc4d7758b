// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "context.h"
#include "endpointlimits.h"
#include "protocol.h"
#include "protocolkind.h"

namespace tagwire::ws {

/// The protocol of one endpoint; null for those that are not there yet (device, rooms). `context` must outlive it.
std::unique_ptr<Protocol> makeProtocol(ProtocolKind kind, PluginContext &context, const Limits &limits);

}  // namespace tagwire::ws
