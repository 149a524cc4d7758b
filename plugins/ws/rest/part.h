// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "gatewaystate.h"
#include "rest/router.h"

namespace tagwire::ws {

class Endpoints;

/// A group of routes that belong together, and what they need to know of the run. Thread-bound; owned by the gateway.
class RestPart {
 public:
  virtual ~RestPart() = default;
  /// Before the first request.
  virtual void start() {}
  virtual void notify(const Event &) {}
  /// A few times a second.
  virtual void tick() {}
  /// Ends what is still under way.
  virtual void stop() {}
};

/// Adds all routes to `router`, each group in the order in which they are to be found. `endpoints` may be asked while a
/// request is answered, and only then: it is null while the gateway is stopped.
std::vector<std::unique_ptr<RestPart>> makeRestParts(Router &router, GatewayState &state,
                                                     const std::function<Endpoints *()> &endpoints);

}  // namespace tagwire::ws
