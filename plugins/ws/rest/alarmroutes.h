// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "alarmactions.h"
#include "rest/part.h"

namespace tagwire::ws {

/// Alarms as they stand, by rule and by area, and what operators do with them (R3-21): of every instance that knows
/// alarms, as far as the caller may read or do it. Thread-bound; owned by the gateway.
class AlarmRoutes : public RestPart {
 public:
  AlarmRoutes(Router &router, GatewayState &state);

 private:
  void addActions(Router &router);
  void list(const Call &call) const;
  void one(const Call &call) const;
  void act(const Call &call, AlarmAction::Kind kind) const;
  void acknowledgeMany(const Call &call) const;
  void areas(const Call &call) const;
  void refuse(const Answer &answer, const Refusal &refusal) const;

  GatewayState &m_state;
};

}  // namespace tagwire::ws
