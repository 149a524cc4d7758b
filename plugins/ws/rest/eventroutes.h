// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/eventaccess.h"
#include "rest/eventring.h"
#include "rest/part.h"

namespace tagwire::ws {

/// The newest events of every kind, each for those who may see it. What is older is in the history. Thread-bound; owned
/// by the gateway.
class EventRoutes : public RestPart {
 public:
  EventRoutes(Router &router, GatewayState &state);
  void notify(const Event &event) override { m_events.add(event); }

 private:
  static constexpr size_t remembered = 1000;

  Response list(const Call &call) const;

  GatewayState &m_state;
  EventAccess m_access;
  EventRing m_events{remembered};
};

}  // namespace tagwire::ws
