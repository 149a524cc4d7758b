// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/eventaccess.h"
#include "protocols/zonebook.h"
#include "rest/eventring.h"
#include "rest/part.h"

namespace tagwire::ws {

/// What the RTLS instances have configured, and the newest trigger events (page 1). Thread-bound; owned by the gateway.
class RtlsRoutes : public RestPart {
 public:
  RtlsRoutes(Router &router, GatewayState &state);
  void notify(const Event &event) override;

 private:
  using Sites = QList<ZoneBook::Site>;

  /// Answers with what `make` makes of the sites; 404 when there are none.
  void withSites(const Call &call, const std::function<QJsonDocument(const Sites &)> &make);
  void staticNames(const Call &call);
  void recentEvents(const Call &call) const;

  GatewayState &m_state;
  EventAccess m_access;
  ZoneBook m_zones;
  EventRing m_recent;
};

}  // namespace tagwire::ws
