// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rest/historydesk.h"
#include "rest/part.h"
#include "services/historyreader.h"

namespace tagwire::ws {

/// /api/v1/history/quarantine: records that the database would not take. Thread-bound; owned by the gateway.
class QuarantineRoutes : public RestPart {
 public:
  QuarantineRoutes(Router &router, GatewayState &state, HistoryDeskPointer desk);

 private:
  using Verb = void (HistoryReader::*)(Reply<int>, QList<qint64>);

  void list(const Call &call) const;
  void carryOut(const Call &call, Verb verb, const QString &done) const;
  void refuse(const Answer &answer, const Refusal &refusal) const;

  GatewayState &m_state;
  const HistoryDeskPointer m_desk;
};

}  // namespace tagwire::ws
