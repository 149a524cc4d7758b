// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rest/part.h"

namespace tagwire::ws {

/// Health, metrics, plugins and the front page.
class SystemRoutes : public RestPart {
 public:
  SystemRoutes(Router &router, GatewayState &state);

 private:
  void index(const Call &call) const;
  void health(const Call &call) const;
  void readiness(const Call &call) const;
  void plugins(const Call &call) const;

  const Router &m_router;
  GatewayState &m_state;
};

}  // namespace tagwire::ws
