// SPDX-License-Identifier: Apache-2.0
#include "triggerboard.h"

#include <algorithm>

namespace tagwire::rtls {

std::vector<TriggerBoard::Entry> TriggerBoard::makeEntries(const std::vector<Trigger> &triggers) {
  std::vector<Entry> entries;
  entries.reserve(triggers.size());
  for (const Trigger &trigger : triggers) entries.push_back(Entry{trigger, -1, {}});
  return entries;
}

void TriggerBoard::addTag(const QString &id, const QString &name) {
  const int index = static_cast<int>(m_tags.size());
  m_tags.push_back(Tag{id, name, {}});
  for (Entry &entry : m_triggers) {
    const Trigger &trigger = entry.trigger;
    const bool carries = trigger.portable && trigger.portable->carrier == id;
    if (carries) entry.carrier = index;
    const bool listed = trigger.tags.isEmpty() || trigger.tags.contains(id);
    entry.standings.push_back(carries || !listed ? Standing::Exempt : Standing::Unseen);
  }
}

void TriggerBoard::move(int tag, const Place &place, QList<TriggerEvent> &events) {
  m_tags[static_cast<size_t>(tag)].place = place;
  for (Entry &entry : m_triggers) {
    if (entry.carrier == tag) {
      for (int other = 0; other < static_cast<int>(m_tags.size()); ++other) test(entry, other, events);
    } else {
      test(entry, tag, events);
    }
  }
}

void TriggerBoard::lose(int tag, QList<TriggerEvent> &events) {
  for (Entry &entry : m_triggers) {
    if (entry.carrier == tag) {
      for (int other = 0; other < static_cast<int>(m_tags.size()); ++other) leave(entry, other, events);
    } else {
      leave(entry, tag, events);
    }
  }
  m_tags[static_cast<size_t>(tag)].place.reset();
}

bool TriggerBoard::isInside(const Entry &entry, const Place &place) const {
  const Trigger &trigger = entry.trigger;
  if (!trigger.portable) {
    return std::any_of(trigger.regions.begin(), trigger.regions.end(),
                       [&](const Region &region) { return region.contains(place.x, place.y, place.z); });
  }
  const Place &carrier = *m_tags[static_cast<size_t>(entry.carrier)].place;
  return trigger.portable->heights.contains(place.z) &&
         contains(Circle{{carrier.x, carrier.y}, trigger.portable->radius}, {place.x, place.y}) &&
         trigger.zone.contains(place.x, place.y, place.z);
}

void TriggerBoard::test(Entry &entry, int tag, QList<TriggerEvent> &events) {
  Standing &standing = entry.standings[static_cast<size_t>(tag)];
  const std::optional<Place> &place = m_tags[static_cast<size_t>(tag)].place;
  if (standing == Standing::Exempt || !place) return;
  if (entry.trigger.portable && (entry.carrier < 0 || !m_tags[static_cast<size_t>(entry.carrier)].place)) return;
  const Standing now = isInside(entry, *place) ? Standing::Inside : Standing::Outside;
  const Standing before = std::exchange(standing, now);
  const bool entered = before == Standing::Outside && now == Standing::Inside;
  const bool left = before == Standing::Inside && now == Standing::Outside;
  if (entry.trigger.direction.kind == Direction::OnEnter ? entered : left) events << event(entry, tag, *place);
}

void TriggerBoard::leave(Entry &entry, int tag, QList<TriggerEvent> &events) {
  Standing &standing = entry.standings[static_cast<size_t>(tag)];
  if (standing != Standing::Inside) return;
  standing = Standing::Outside;
  if (entry.trigger.direction.kind != Direction::OnExit) return;
  TriggerEvent left = event(entry, tag, m_tags[static_cast<size_t>(tag)].place.value_or(Place()));
  left.reason = QStringLiteral("timeout");
  events << left;
}

TriggerEvent TriggerBoard::event(const Entry &entry, int tag, const Place &place) const {
  const Tag &who = m_tags[static_cast<size_t>(tag)];
  const TriggerInfo &info = entry.trigger.info;
  TriggerEvent event;
  event.triggerId = info.id;
  event.triggerName = info.name;
  event.direction = info.direction;
  event.tagId = who.id;
  event.tagName = who.name;
  event.zoneId = info.zone;
  event.x = place.x;
  event.y = place.y;
  event.z = place.z;
  return event;
}

}  // namespace tagwire::rtls
