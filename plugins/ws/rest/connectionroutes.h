// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rest/part.h"

namespace tagwire::ws {

/// Who is connected by WebSocket, since when and how it goes (R1-37). Thread-bound; owned by the gateway.
class ConnectionRoutes : public RestPart {
 public:
  ConnectionRoutes(Router &router, GatewayState &state, std::function<Endpoints *()> endpoints);

 private:
  Response list(const Call &call) const;

  GatewayState &m_state;
  std::function<Endpoints *()> m_endpoints;
};

}  // namespace tagwire::ws
