// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rest/part.h"
#include "rest/tilebook.h"

namespace tagwire::ws {

/// /api/os/tiles (R5-16): those whose points the caller may read; the page's own as soon as it has saved any, until
/// then the manifest's.
class TileRoutes : public RestPart {
 public:
  TileRoutes(Router &router, GatewayState &state);

 private:
  Tiles all() const;
  bool isVisible(const Tile &tile, const Caller &caller) const;
  QJsonArray shownTo(const Caller &caller) const;
  QByteArray tagFor(const Caller &caller) const;
  void list(const Call &call) const;
  void putNames(QJsonArray &tiles, const Caller &caller) const;
  void replace(const Call &call) const;
  Result<Tiles> read(const Call &call) const;

  GatewayState &m_state;
  std::shared_ptr<TileBook> m_book;
};

}  // namespace tagwire::ws
