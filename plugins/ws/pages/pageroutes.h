// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>

#include "pages/pagefiles.h"
#include "rest/part.h"

namespace tagwire::ws {

/// `/`, `/assets/…` and the other files of the web pages, for everybody: what they show they ask for by REST and
/// WebSocket, each with its own rights.
class PageRoutes : public RestPart {
 public:
  PageRoutes(Router &router, GatewayState &state);

 private:
  void add(Router &router, const char *route, const QString &file);

  GatewayState &m_state;
  const PageFiles &m_files = PageFiles::embedded();
  std::list<QByteArray> m_routes;  ///< the router keeps pointers
};

}  // namespace tagwire::ws
