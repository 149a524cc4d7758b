// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rest/diskworker.h"
#include "rest/part.h"

namespace tagwire::ws {

/// /api/v1/tokens (R2-11): who administers tokens makes and revokes them, and gives no right that he has not himself.
class TokenRoutes : public RestPart {
 public:
  TokenRoutes(Router &router, GatewayState &state);

 private:
  void list(const Call &call) const;
  void create(const Call &call);
  void revoke(const Call &call);
  /// 503 when more is under way than the disk can take.
  bool refuseFull(const Call &call) const;

  GatewayState &m_state;
  DiskWorker m_worker;
};

}  // namespace tagwire::ws
