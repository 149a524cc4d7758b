// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "services/sitemap.h"
#include "tracker.h"

namespace tagwire::rtls {

/// The answers of the service SiteMap. Plain class; owned by Rtls.
class MapDesk {
 public:
  explicit MapDesk(const Model &model);

  const QJsonObject &zones() const { return m_zones; }
  Result<PlanFile> plan(int zone) const;
  /// By tag id.
  QList<Whereabouts> whereabouts(const Tracker &tracker) const;

 private:
  const QJsonObject m_zones;
  QHash<int, std::optional<PlanFile>> m_plans;  ///< of all zones
  const QList<TagInfo> m_tags;                  ///< the listed ones are the tracker's first
};

}  // namespace tagwire::rtls
