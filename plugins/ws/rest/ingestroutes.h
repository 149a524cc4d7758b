// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

#include "rest/part.h"
#include "services/ingestdesk.h"

namespace tagwire::ws {

/// Takes in values for virtual points (R5-12) and hands them to the instances that own them.
class IngestRoutes : public RestPart {
 public:
  IngestRoutes(Router &router, GatewayState &state);

 private:
  /// One value of a request, on its way.
  struct Entry {
    QJsonValue endpointId;
    IngestValue value;
    QString owner;   ///< instance id
    QString reason;  ///< why it is not accepted; empty while all is well
    bool isForbidden = false;
  };
  /// A request until every owner has answered.
  struct Batch {
    QList<Entry> entries;
    int waiting = 0;
    Answer answer;
  };

  void take(const Call &call) const;
  Entry read(const QJsonValue &json, const Call &call) const;
  void hand(const QString &owner, const std::shared_ptr<Batch> &batch) const;
  static Response outcome(const Batch &batch, Time now);

  GatewayState &m_state;
};

}  // namespace tagwire::ws
