// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rest/part.h"

namespace tagwire::ws {

/// /api/v1/points: what the caller may read of them.
class PointRoutes : public RestPart {
 public:
  PointRoutes(Router &router, GatewayState &state);

 private:
  void list(const Call &call) const;
  void one(const Call &call) const;

  GatewayState &m_state;
};

}  // namespace tagwire::ws
