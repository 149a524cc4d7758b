// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rest/part.h"

namespace tagwire::ws {

/// What other plugins know: active alarms. 404 with the reason when there is no such plugin.
class ServiceRoutes : public RestPart {
 public:
  ServiceRoutes(Router &router, GatewayState &state);

 private:
  void alarms(const Call &call) const;

  GatewayState &m_state;
};

}  // namespace tagwire::ws
