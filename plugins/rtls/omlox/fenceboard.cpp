// SPDX-License-Identifier: Apache-2.0
#include "fenceboard.h"

namespace tagwire::rtls {

using std::chrono::nanoseconds;

void FenceBoard::setFences(std::vector<Fence> fences) {
  m_places.clear();
  std::vector<RegionIndex::Entry> boxes;
  for (size_t i = 0; i < fences.size(); ++i) {
    m_places.insert(fences[i].id, static_cast<int>(i));
    boxes.push_back({fences[i].region.bounds(), static_cast<int>(i)});
  }
  m_index = RegionIndex(boxes);
  m_deadlines.clear();
  ++m_changes;
  const std::vector<Fence> before = std::exchange(m_fences, std::move(fences));
  for (auto &[tag, stays] : m_stays) {
    for (const auto &[fence, stay] : std::exchange(stays, {})) {
      const int now = m_places.value(before[static_cast<size_t>(fence)].id, -1);
      if (now < 0) continue;
      Stay &kept = stays[now] = stay;
      kept.deadline = endless;
      schedule(tag, now, kept, deadlineOf(kept.presence, ruleOf(tag, m_fences[static_cast<size_t>(now)])));
    }
  }
}

PresenceRule FenceBoard::ruleOf(int tag, const Fence &fence) const {
  const auto wish = m_wishes.find(tag);
  PresenceRule rule = wish == m_wishes.end() ? fence.rule : wish->second.applied(fence.rule);
  // Whoever is away for so long has left in any case.
  if (fence.isOfClient) rule.toleranceTimeout = std::min(rule.toleranceTimeout, rule.timeout);
  return rule;
}

void FenceBoard::move(int tag, const QString &id, const Place &place, const Moment &moment,
                      QList<Crossing> &crossings) {
  settle(moment.elapsed, crossings);
  std::set<int> inside;
  m_index.find({place.x, place.y}, [&](int index) {
    const Fence &fence = m_fences[static_cast<size_t>(index)];
    if (!fence.tags.isEmpty() && !fence.tags.contains(id)) return;
    if (fence.region.contains(place.x, place.y, place.z)) inside.insert(index);
  });
  if (inside.empty() && !m_stays.contains(tag)) return;
  Stays &stays = m_stays[tag];
  std::set<int> concerned = inside;
  for (const auto &[fence, stay] : stays) concerned.insert(fence);
  for (const int index : concerned) {
    const Fence &fence = m_fences[static_cast<size_t>(index)];
    const bool isInside = inside.contains(index);
    const double distance = isInside ? 0 : fence.region.distance(place.x, place.y, place.z);
    Happenings happened;
    const Presence before = stays[index].presence;
    step(stays[index].presence, ruleOf(tag, fence), {isInside, distance, false}, moment, happened);
    keep(tag, index, before, happened, crossings);
  }
  if (stays.empty()) m_stays.erase(tag);
}

void FenceBoard::leave(int tag, Time time, QList<Crossing> &crossings) {
  const auto found = m_stays.find(tag);
  if (found == m_stays.end()) return;
  std::vector<int> fences;
  for (const auto &[fence, stay] : found->second) fences.push_back(fence);
  leave(tag, fences, time, crossings);
}

void FenceBoard::lose(int tag, Time time, QList<Crossing> &crossings) {
  const auto found = m_stays.find(tag);
  if (found == m_stays.end()) return;
  std::vector<int> fences;
  for (const auto &[fence, stay] : found->second) {
    if (!hasOwnTimeout(tag, m_fences[static_cast<size_t>(fence)])) fences.push_back(fence);
  }
  leave(tag, fences, time, crossings);
}

bool FenceBoard::hasOwnTimeout(int tag, const Fence &fence) const {
  const auto wish = m_wishes.find(tag);
  if (fence.isOfClient || wish == m_wishes.end()) return fence.isOfClient;
  return wish->second.timeout || wish->second.exitDelay == endless;
}

void FenceBoard::leave(int tag, const std::vector<int> &fences, Time time, QList<Crossing> &crossings) {
  Stays &stays = m_stays[tag];
  for (const int fence : fences) {
    Happenings happened;
    const Presence before = stays[fence].presence;
    rtls::lose(stays[fence].presence, time, happened);
    keep(tag, fence, before, happened, crossings);
  }
  if (stays.empty()) m_stays.erase(tag);
}

nanoseconds FenceBoard::nextDeadline() const {
  return m_deadlines.empty() ? endless : std::get<nanoseconds>(*m_deadlines.begin());
}

void FenceBoard::settle(nanoseconds elapsed, QList<Crossing> &crossings) {
  while (!m_deadlines.empty() && nextDeadline() <= elapsed) {
    const auto [when, tag, fence] = *m_deadlines.begin();
    Happenings happened;
    const Presence before = m_stays[tag][fence].presence;
    rtls::settle(m_stays[tag][fence].presence, ruleOf(tag, m_fences[static_cast<size_t>(fence)]), when, happened);
    keep(tag, fence, before, happened, crossings);
    if (m_stays[tag].empty()) m_stays.erase(tag);
  }
}

/// After a change: tells what happened, and drops a stay that says nothing any more.
void FenceBoard::keep(int tag, int index, const Presence &before, const Happenings &happened,
                      QList<Crossing> &crossings) {
  Stays &stays = m_stays[tag];
  Stay &stay = stays[index];
  Presence heard = before;
  heard.heard = stay.presence.heard;
  if (heard != stay.presence) ++m_changes;
  const Fence &fence = m_fences[static_cast<size_t>(index)];
  for (const Happening &each : happened) {
    const bool isEntry = each.kind == Happening::Entered;
    if (!isEntry && each.kind != Happening::Left) continue;
    if (isEntry) stay.entered = each.time;
    crossings << Crossing{fence.id, tag, isEntry, stay.entered, each.time};
  }
  const bool isOver = stay.presence.stage == Presence::Stage::Outside;
  schedule(tag, index, stay, isOver ? endless : deadlineOf(stay.presence, ruleOf(tag, fence)));
  if (isOver) stays.erase(index);
}

void FenceBoard::schedule(int tag, int fence, Stay &stay, nanoseconds deadline) {
  if (stay.deadline == deadline) return;
  if (stay.deadline != endless) m_deadlines.erase({stay.deadline, tag, fence});
  stay.deadline = deadline;
  if (deadline != endless) m_deadlines.insert({deadline, tag, fence});
}

std::vector<FenceBoard::Kept> FenceBoard::stays() const {
  std::vector<Kept> all;
  for (const auto &[tag, stays] : m_stays) {
    for (const auto &[fence, stay] : stays) {
      all.push_back({tag, m_fences[static_cast<size_t>(fence)].id, stay.presence, stay.entered});
    }
  }
  return all;
}

void FenceBoard::restore(const Kept &kept) {
  const int index = m_places.value(kept.fence, -1);
  if (index < 0) return;
  Stay &stay = m_stays[kept.tag][index];
  stay.presence = kept.presence;
  stay.entered = kept.entered;
  schedule(kept.tag, index, stay, deadlineOf(stay.presence, ruleOf(kept.tag, m_fences[static_cast<size_t>(index)])));
}

QStringList FenceBoard::fencesOf(int tag) const {
  QStringList ids;
  const auto found = m_stays.find(tag);
  if (found == m_stays.end()) return ids;
  for (const auto &[fence, stay] : found->second) {
    if (stay.presence.stage == Presence::Stage::Inside) ids << m_fences[static_cast<size_t>(fence)].id;
  }
  return ids;
}

std::vector<int> FenceBoard::tagsIn(const QString &fence) const {
  std::vector<int> tags;
  const int index = m_places.value(fence, -1);
  for (const auto &[tag, stays] : m_stays) {
    const auto stay = stays.find(index);
    if (stay != stays.end() && stay->second.presence.stage == Presence::Stage::Inside) tags.push_back(tag);
  }
  return tags;
}

}  // namespace tagwire::rtls
