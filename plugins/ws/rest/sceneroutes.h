// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "commands/scenestatus.h"
#include "rest/commanddesk.h"

namespace tagwire::ws {

/// /api/v1/scenes: what there is, how it stands, and running one. Thread-bound; owned by the gateway, as the desk,
/// which outlives it.
class SceneRoutes : public RestPart {
 public:
  SceneRoutes(Router &router, GatewayState &state, CommandDesk &desk);

 private:
  void list(const Call &call) const;
  void one(const Call &call) const;
  void run(const Call &call) const;
  void refuse(const Call &call, const Refusal &refusal) const;
  /// Those that the caller may see.
  QList<SceneStatus> readable(const Call &call) const;

  GatewayState &m_state;
  CommandDesk &m_desk;
};

}  // namespace tagwire::ws
