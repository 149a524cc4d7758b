// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rest/diskworker.h"
#include "rest/part.h"
#include "rest/pointlist.h"

namespace tagwire::ws {

/// /api/v1/points: what the caller may read of them.
class PointRoutes : public RestPart {
 public:
  PointRoutes(Router &router, GatewayState &state);
  void tick() override;
  void start() override;

 private:
  void list(const Call &call);
  void search(const Call &call, const PointFilter &filter, const QString &text);
  void tree(const Call &call);
  void one(const Call &call) const;

  GatewayState &m_state;
  const std::shared_ptr<PointIndex> m_index;
  DiskWorker m_worker;  ///< what walks over every name
};

}  // namespace tagwire::ws
