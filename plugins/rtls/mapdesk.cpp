// SPDX-License-Identifier: Apache-2.0
#include "mapdesk.h"

#include "planfile.h"
#include "zonesjson.h"

namespace tagwire::rtls {

MapDesk::MapDesk(const Model &model) : m_zones(zonesJson(model)), m_tags(model.tags) {
  for (const Zone &zone : model.zones) {
    auto &plan = m_plans[zone.info.id];
    if (zone.plan) plan = PlanFile{zone.plan->image, planTypeOf(zone.plan->image)};
  }
}

Result<PlanFile> MapDesk::plan(int zone) const {
  const auto found = m_plans.constFind(zone);
  if (found == m_plans.cend()) return failure(QStringLiteral("there is no zone %1").arg(zone));
  if (!*found) return failure(QStringLiteral("zone %1 has no plan").arg(zone));
  return **found;
}

QList<Whereabouts> MapDesk::whereabouts(const Tracker &tracker) const {
  using State = Whereabouts::State;
  QList<Whereabouts> list;
  for (int tag = 0; tag < tracker.tagCount(); ++tag) {
    const TagInfo info = tag < m_tags.size() ? m_tags.at(tag) : TagInfo{tracker.idOf(tag), {}, {}};
    const Tracker::Sight sight = tracker.sightOf(tag);
    const State state = sight.isPresent ? State::Present : sight.position.fix ? State::Lost : State::Unseen;
    list << Whereabouts{info.id, info.name, info.tagClass, state, sight.zone, sight.position, sight.time};
  }
  std::ranges::sort(list, {}, &Whereabouts::tag);
  return list;
}

}  // namespace tagwire::rtls
