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
  void tree(const Call &call);
  /// False when too much is under way: answered with 503.
  bool hasRoom(const Call &call);
  void answerWith(const Answer &answer, const PointPage &page);
  void one(const Call &call) const;

  GatewayState &m_state;
  const std::shared_ptr<PointIndex> m_index;
  const std::shared_ptr<ReadablePoints> m_readable;  ///< touched in m_worker's thread only
  DiskWorker m_worker;                               ///< what walks over every name, and large answers
};

}  // namespace tagwire::ws
