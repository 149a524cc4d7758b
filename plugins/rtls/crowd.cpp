// SPDX-License-Identifier: Apache-2.0
#include "crowd.h"

#include <algorithm>
#include <map>

namespace tagwire::rtls {

Crowd::Crowd(const Model &model) {
  for (const Zone &zone : model.zones) m_parents.push_back(zone.parent);
  std::map<QString, double> widest;  // distance that is asked for, by class
  const auto add = [&](const QString &name, double distance) { widest[name] = std::max(widest[name], distance); };
  for (const ProximityRule &rule : model.proximity) {
    add(rule.classA, rule.distance);
    add(rule.classB, rule.distance);
  }
  for (const EscortRule &rule : model.escorts) {
    add(rule.tagClass, rule.distance);
    add(rule.needs, rule.distance);
  }
  for (const auto &[name, distance] : widest) {
    m_classes.insert(name, classCount());
    m_grids.emplace_back(distance);
  }
}

void Crowd::addTag(const QString &tagClass) { m_members.emplace_back().ofClass = classOf(tagClass); }

void Crowd::move(int tag, const Position &position, int zone) {
  Member &member = m_members[static_cast<size_t>(tag)];
  if (member.ofClass < 0) return;
  member.isHere = true;
  member.position = position;
  member.zone = zone;
  m_grids[static_cast<size_t>(member.ofClass)].move(tag, {position.x, position.y});
}

void Crowd::remove(int tag) {
  Member &member = m_members[static_cast<size_t>(tag)];
  if (member.ofClass < 0) return;
  member.isHere = false;
  m_grids[static_cast<size_t>(member.ofClass)].remove(tag);
}

bool Crowd::isIn(int tag, int zone) const {
  if (zone < 0) return true;
  int up = member(tag).zone;
  while (up >= 0 && up != zone) up = m_parents[static_cast<size_t>(up)];
  return up == zone;
}

}  // namespace tagwire::rtls
