// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonArray>

#include "rest/part.h"

namespace tagwire::ws {

/// What all instances together are worth: the worst of them, as health tells it.
QString healthOf(const QList<InstanceStatus> &instances);
/// Each with its state and why.
QJsonArray instancesJson(const QList<InstanceStatus> &instances);

/// Health, metrics and plugins.
class SystemRoutes : public RestPart {
 public:
  SystemRoutes(Router &router, GatewayState &state);

 private:
  void health(const Call &call) const;
  void readiness(const Call &call) const;
  void plugins(const Call &call) const;

  GatewayState &m_state;
};

}  // namespace tagwire::ws
