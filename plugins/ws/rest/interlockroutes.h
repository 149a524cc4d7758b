// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rest/part.h"

namespace tagwire::ws {

/// /api/v1/interlocks: how each stands and why, and the reset of a trip. A permission's pattern stands for an
/// interlock's number. Thread-bound; owned by the gateway.
class InterlockRoutes : public RestPart {
 public:
  InterlockRoutes(Router &router, GatewayState &state);

 private:
  void list(const Call &call) const;
  void one(const Call &call) const;
  void reset(const Call &call) const;
  void refuse(const Call &call, const Refusal &refusal) const;

  GatewayState &m_state;
};

}  // namespace tagwire::ws
