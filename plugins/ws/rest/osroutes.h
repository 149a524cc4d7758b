// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rest/osalarm.h"
#include "rest/part.h"

namespace tagwire::ws {

/// What panels ask by REST (R5-13): newest values, alarms and event streams, as far as the caller may read them.
class OsRoutes : public RestPart {
 public:
  OsRoutes(Router &router, GatewayState &state, std::function<Endpoints *()> endpoints);

 private:
  void latest(const Call &call) const;
  void latestOf(const Call &call, const QStringList &numbers) const;
  void alarms(const Call &call) const;
  /// Goes on with those that are over and acknowledged: the newest of the last day.
  void clearedAlarms(const Answer &answer, const CallerPointer &caller,
                     const std::function<void(const QList<OsAlarm> &)> &taker) const;
  void events(const Call &call) const;

  GatewayState &m_state;
  const std::function<Endpoints *()> m_endpoints;
};

}  // namespace tagwire::ws
