// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rest/diskworker.h"
#include "rest/part.h"

namespace tagwire::ws {

class Device;

/// /api/v1/devices, and what each gateway does for its devices besides: the hub's commands to them are carried out
/// here.
class DeviceRoutes : public RestPart {
 public:
  DeviceRoutes(Router &router, GatewayState &state);
  ~DeviceRoutes() override;
  void tick() override;

 private:
  void list(const Call &call) const;
  void make(const Call &call);
  void remove(const Call &call);
  void removed(const QString &id);
  std::optional<Refusal> refusal(const Call &call, const QString &id) const;

  GatewayState &m_state;
  DiskWorker m_worker;
};

}  // namespace tagwire::ws
