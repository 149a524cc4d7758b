// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

#include "rest/part.h"

namespace tagwire::ws {

/// The description of all that is served over HTTP, as an OpenAPI 3.1 document made from the router's own rows, so that
/// it can't say anything else than what is served. Thread-bound; owned by the gateway.
class OpenApi : public RestPart {
 public:
  OpenApi(Router &router, GatewayState &state);

 private:
  QJsonObject document(const QByteArray &cookie) const;
  void answer(const Call &call);

  const Router &m_router;
  GatewayState &m_state;
  QHash<QByteArray, QByteArray>
      m_texts;  ///< by cookie name; made when somebody asks first: all routes are there by then
};

}  // namespace tagwire::ws
