// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include "audit/audittrail.h"
#include "rest/part.h"

namespace tagwire::ws {

/// GET /api/v1/audit: who did what, the newest first. Thread-bound; owned by the gateway.
class AuditRoutes : public RestPart {
 public:
  AuditRoutes(Router &router, GatewayState &state);

 private:
  void list(const Call &call) const;
  void refuse(const Answer &answer, const Refusal &refusal) const;

  GatewayState &m_state;
  mutable bool m_isFailing = false;                               ///< so that the log has one line for each change
  std::shared_ptr<QObject> m_here = std::make_shared<QObject>();  ///< answers that come after it find nobody
};

}  // namespace tagwire::ws
