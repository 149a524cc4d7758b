// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rest/part.h"

namespace tagwire::ws {

/// /api/v1/trace: where the next values of one point go and when (`tagwire trace`). For who may see how the whole does
/// and read that point. Thread-bound; owned by the gateway.
class TraceRoutes : public RestPart {
 public:
  TraceRoutes(Router &router, GatewayState &state);

 private:
  void begin(const Call &call) const;
  void report(const Call &call) const;
  void end(const Call &call) const;

  GatewayState &m_state;
};

}  // namespace tagwire::ws
