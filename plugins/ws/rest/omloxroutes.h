// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>

#include "rest/part.h"

namespace tagwire::ws {

/// The omlox hub's REST API under /v2, and under /v1 as older clients call it, where the listener has an `omlox`
/// endpoint. What is answered is made by the RTLS instances. Thread-bound; owned by the gateway.
class OmloxRoutes : public RestPart {
 public:
  OmloxRoutes(Router &router, GatewayState &state);

  /// Whether a path is one of the hub's.
  static bool isHub(const QByteArray &target);
  /// An error of ours in the hub's words: {"type","code","message"}.
  static Response reworded(Response response);

 private:
  void pass(const Call &call) const;

  GatewayState &m_state;
  std::list<QByteArray> m_paths;  ///< for the router, which keeps pointers
};

}  // namespace tagwire::ws
