// SPDX-License-Identifier: Apache-2.0
#include "triggerboard.h"

#include <algorithm>

namespace tagwire::rtls {
namespace {

using std::chrono::nanoseconds;

bool raises(Direction direction, const Happening &happening) {
  switch (direction) {
    case Direction::OnEnter:
      return happening.kind == Happening::Entered;
    case Direction::OnExit:
      return happening.kind == Happening::Left;
    case Direction::OnCross:
      return happening.kind == Happening::Left && happening.crossed;
    case Direction::OnDwell:
      return happening.kind == Happening::Dwelt;
    case Direction::WhileIn:
      return happening.kind == Happening::Stayed;
    case Direction::WhileOut:
      break;
  }
  return false;
}

}  // namespace

TriggerBoard::TriggerBoard(const std::vector<Trigger> &triggers)
    : m_parts(makeParts(triggers)), m_index(boxesOf(m_parts)), m_circles(triggers), m_foundIn(triggers.size()) {
  m_watches.reserve(triggers.size());
  for (const Trigger &trigger : triggers) addWatch(trigger);
}

std::vector<TriggerBoard::Part> TriggerBoard::makeParts(const std::vector<Trigger> &triggers) {
  std::vector<Part> parts;
  for (size_t i = 0; i < triggers.size(); ++i) {
    for (const Region &region : triggers[i].regions) parts.push_back({static_cast<int>(i), region});
  }
  return parts;
}

std::vector<RegionIndex::Entry> TriggerBoard::boxesOf(const std::vector<Part> &parts) {
  std::vector<RegionIndex::Entry> boxes;
  for (size_t i = 0; i < parts.size(); ++i) boxes.push_back({parts[i].region.bounds(), static_cast<int>(i)});
  return boxes;
}

void TriggerBoard::addWatch(Trigger trigger) {
  const int index = static_cast<int>(m_watches.size());
  Watch watch{std::move(trigger), m_watches.empty() ? 0 : m_watches.back().endPart, 0, -1, {}, {}, {}};
  watch.endPart = watch.firstPart + std::exchange(watch.trigger.regions, {}).size();
  for (const QString &tag : watch.trigger.tags) m_listing[tag].push_back(index);
  if (watch.trigger.portable) m_carrying[watch.trigger.portable->carrier].push_back(index);
  if (watch.trigger.direction == Direction::WhileOut) m_whileOut.push_back(index);
  m_watches.push_back(std::move(watch));
}

void TriggerBoard::addTag(const QString &id, const QString &name) {
  const int index = static_cast<int>(m_tags.size());
  m_tags.push_back(Tag{id, name, false, {}, {}, m_carrying.value(id)});
  for (const int trigger : m_tags.back().carried) watchOf(trigger).carrier = index;
  for (const int trigger : m_listing.value(id)) watchOf(trigger).listed.push_back(index);
}

void TriggerBoard::move(int tagIndex, const Place &place, const Moment &moment, QList<RaisedEvent> &events) {
  Tag &tag = m_tags[static_cast<size_t>(tagIndex)];
  const bool firstSight = !std::exchange(tag.isSeen, true);
  tag.place = place;
  m_circles.moveTag(tagIndex, {place.x, place.y});
  findTriggers(tagIndex, place);
  for (const int trigger : m_found) {
    observe(trigger, tagIndex, m_foundIn[static_cast<size_t>(trigger)] == m_moves, firstSight, moment, events);
  }
  raiseWhileOut(tagIndex, moment, events);
  moveCarried(tagIndex, firstSight, moment, events);
}

void TriggerBoard::findTriggers(int tag, const Place &place) {
  ++m_moves;
  m_found.clear();
  for (const Stay &stay : staysOf(tag)) m_found.push_back(stay.trigger);
  const auto hold = [&](int trigger) {
    m_foundIn[static_cast<size_t>(trigger)] = m_moves;
    m_found.push_back(trigger);
  };
  const auto isNews = [&](int trigger) {
    return m_foundIn[static_cast<size_t>(trigger)] != m_moves && isMeant(trigger, tag);
  };
  m_index.find({place.x, place.y}, [&](int index) {
    const Part &part = m_parts[static_cast<size_t>(index)];
    if (isNews(part.trigger) && part.region.contains(place.x, place.y, place.z)) hold(part.trigger);
  });
  m_circles.circlesNear({place.x, place.y}, [&](int trigger) {
    if (isNews(trigger) && isInCircle(watchOf(trigger), place)) hold(trigger);
  });
  if (m_found.size() < 2) return;
  std::sort(m_found.begin(), m_found.end());
  m_found.erase(std::unique(m_found.begin(), m_found.end()), m_found.end());
}

void TriggerBoard::moveCarried(int carrier, bool firstSight, const Moment &moment, QList<RaisedEvent> &events) {
  const Tag &tag = m_tags[static_cast<size_t>(carrier)];
  for (const int trigger : tag.carried) {
    const Vertex center{tag.place->x, tag.place->y};
    m_circles.moveCircle(trigger, center);
    const Watch &watch = watchOf(trigger);
    std::set<int> others = watch.near;
    m_circles.tagsNear(trigger, center, watch.trigger.portable->radius, [&](int other) { others.insert(other); });
    for (const int other : others) {
      if (!isMeant(trigger, other)) continue;
      observe(trigger, other, isInCircle(watch, *placeOf(other)), firstSight, moment, events);
    }
  }
}

/// Linear in the triggers that wait for it; every other tag is outside of them.
void TriggerBoard::raiseWhileOut(int tag, const Moment &moment, QList<RaisedEvent> &events) {
  for (const int trigger : m_whileOut) {
    const Watch &watch = watchOf(trigger);
    if (!isMeant(trigger, tag) || (watch.trigger.portable && !placeOf(watch.carrier))) continue;
    const Stay *stay = findStay(trigger, tag);
    if (stay && stay->presence.stage == Presence::Stage::Inside) continue;
    if (takeTurn(trigger, tag, moment.elapsed)) raise(trigger, tag, moment.time, false, events);
  }
}

nanoseconds &TriggerBoard::turnOf(Watch &watch, int tag) {
  const auto listed = std::ranges::lower_bound(watch.listed, tag) - watch.listed.begin();
  const auto place = static_cast<size_t>(watch.trigger.tags.isEmpty() ? tag : listed);
  if (place >= watch.turns.size()) watch.turns.resize(place + 1, nanoseconds::min());
  return watch.turns[place];
}

/// False: the tag raised it too lately.
bool TriggerBoard::takeTurn(int trigger, int tag, nanoseconds elapsed) {
  Watch &watch = watchOf(trigger);
  if (watch.trigger.whileInterval <= nanoseconds(0)) return true;
  nanoseconds &next = turnOf(watch, tag);
  if (elapsed < next) return false;
  next = elapsed + watch.trigger.whileInterval;
  return true;
}

std::vector<TriggerBoard::Turn> TriggerBoard::turnsAfter(nanoseconds elapsed) const {
  std::vector<Turn> turns;
  for (size_t trigger = 0; trigger < m_watches.size(); ++trigger) {
    const Watch &watch = m_watches[trigger];
    for (size_t i = 0; i < watch.turns.size(); ++i) {
      if (watch.turns[i] <= elapsed) continue;
      const int tag = watch.trigger.tags.isEmpty() ? static_cast<int>(i) : watch.listed[i];
      turns.push_back({tag, static_cast<int>(trigger), watch.turns[i]});
    }
  }
  return turns;
}

void TriggerBoard::restore(const Turn &turn) {
  Watch &watch = watchOf(turn.trigger);
  if (watch.trigger.whileInterval > nanoseconds(0) && isMeant(turn.trigger, turn.tag))
    turnOf(watch, turn.tag) = turn.next;
}

void TriggerBoard::lose(int tagIndex, const Moment &moment, QList<RaisedEvent> &events) {
  Tag &tag = m_tags[static_cast<size_t>(tagIndex)];
  while (!tag.stays.empty()) leave(tag.stays.front().trigger, tagIndex, moment, events);
  for (const int trigger : tag.carried) {
    const std::set<int> near = watchOf(trigger).near;
    for (const int other : near) leave(trigger, other, moment, events);
    m_circles.removeCircle(trigger);
  }
  m_circles.removeTag(tagIndex);
  tag.place.reset();
}

void TriggerBoard::leave(int trigger, int tag, const Moment &moment, QList<RaisedEvent> &events) {
  Stay &stay = *findStay(trigger, tag);
  Happenings happened;
  rtls::lose(stay.presence, moment.time, happened);
  keep(tag, stay);
  tell(trigger, tag, happened, moment.elapsed, events);
}

nanoseconds TriggerBoard::nextDeadline() const {
  return m_deadlines.empty() ? endless : std::get<nanoseconds>(*m_deadlines.begin());
}

void TriggerBoard::settle(nanoseconds elapsed, QList<RaisedEvent> &events) {
  while (nextDeadline() <= elapsed && !m_deadlines.empty()) {
    const auto [when, tag, trigger] = *m_deadlines.begin();
    Stay &stay = *findStay(trigger, tag);
    Happenings happened;
    rtls::settle(stay.presence, watchOf(trigger).trigger.rule, when, happened);
    keep(tag, stay);
    tell(trigger, tag, happened, when, events);
  }
}

bool TriggerBoard::isMeant(int trigger, int tag) const {
  const Watch &watch = watchOf(trigger);
  if (tag == watch.carrier) return false;
  return watch.trigger.tags.isEmpty() || std::binary_search(watch.listed.begin(), watch.listed.end(), tag);
}

const Place *TriggerBoard::placeOf(int tag) const {
  if (tag < 0) return nullptr;
  const std::optional<Place> &place = m_tags[static_cast<size_t>(tag)].place;
  return place ? &*place : nullptr;
}

bool TriggerBoard::isInCircle(const Watch &watch, const Place &place) const {
  const Place *carrier = placeOf(watch.carrier);
  return carrier && watch.trigger.portable->heights.contains(place.z) &&
         contains(Circle{{carrier->x, carrier->y}, watch.trigger.portable->radius}, {place.x, place.y}) &&
         watch.trigger.zone.contains(place.x, place.y, place.z);
}

double TriggerBoard::distance(const Watch &watch, const Place &place) const {
  double nearest = std::numeric_limits<double>::infinity();
  for (size_t i = watch.firstPart; i < watch.endPart; ++i) {
    nearest = std::min(nearest, m_parts[i].region.distance(place.x, place.y, place.z));
  }
  const Place *carrier = placeOf(watch.carrier);
  if (!carrier) return nearest;
  const Region circle(Circle{{carrier->x, carrier->y}, watch.trigger.portable->radius},
                      watch.trigger.portable->heights);
  return std::max(circle.distance(place.x, place.y, place.z), watch.trigger.zone.distance(place.x, place.y, place.z));
}

void TriggerBoard::observe(int trigger, int tag, bool inside, bool firstSight, const Moment &moment,
                           QList<RaisedEvent> &events) {
  Stay *stay = findStay(trigger, tag);
  if (!stay && !inside) return;
  if (!stay) stay = &addStay(tag, {trigger, {}});
  const Watch &watch = watchOf(trigger);
  const bool isMeasured = !inside && watch.trigger.rule.exitTolerance > 0;
  const Observation observation{inside, isMeasured ? distance(watch, *placeOf(tag)) : 0, firstSight};
  Happenings happened;
  step(stay->presence, watch.trigger.rule, observation, moment, happened);
  keep(tag, *stay);
  tell(trigger, tag, happened, moment.elapsed, events);
}

TriggerBoard::Stay *TriggerBoard::findStay(int trigger, int tag) {
  std::vector<Stay> &stays = m_tags[static_cast<size_t>(tag)].stays;
  const auto found = std::ranges::lower_bound(stays, trigger, {}, &Stay::trigger);
  return found != stays.end() && found->trigger == trigger ? &*found : nullptr;
}

TriggerBoard::Stay &TriggerBoard::addStay(int tag, Stay stay) {
  std::vector<Stay> &stays = m_tags[static_cast<size_t>(tag)].stays;
  Watch &watch = watchOf(stay.trigger);
  if (watch.trigger.portable) watch.near.insert(tag);
  return *stays.insert(std::ranges::lower_bound(stays, stay.trigger, {}, &Stay::trigger), stay);
}

/// After a change: the queue gets its new deadline, and what says nothing any more is dropped.
void TriggerBoard::keep(int tag, Stay &stay) {
  const bool isOver = stay.presence.stage == Presence::Stage::Outside;
  Watch &watch = watchOf(stay.trigger);
  schedule(tag, stay, isOver ? endless : deadlineOf(stay.presence, watch.trigger.rule));
  if (!isOver) return;
  watch.near.erase(tag);
  std::vector<Stay> &stays = m_tags[static_cast<size_t>(tag)].stays;
  stays.erase(stays.begin() + (&stay - stays.data()));
}

void TriggerBoard::schedule(int tag, Stay &stay, nanoseconds deadline) {
  if (stay.deadline == deadline) return;
  if (stay.deadline != endless) m_deadlines.erase({stay.deadline, tag, stay.trigger});
  stay.deadline = deadline;
  if (deadline != endless) m_deadlines.insert({deadline, tag, stay.trigger});
}

void TriggerBoard::tell(int trigger, int tag, const Happenings &happened, nanoseconds elapsed,
                        QList<RaisedEvent> &events) {
  for (const Happening &happening : happened) {
    if (!raises(watchOf(trigger).trigger.direction, happening)) continue;
    if (happening.kind == Happening::Stayed && !takeTurn(trigger, tag, elapsed)) continue;
    raise(trigger, tag, happening.time, happening.timedOut, events);
  }
}

void TriggerBoard::raise(int trigger, int tag, Time time, bool timedOut, QList<RaisedEvent> &events) const {
  const Tag &who = m_tags[static_cast<size_t>(tag)];
  const TriggerInfo &info = watchOf(trigger).trigger.info;
  const Place place = who.place.value_or(Place());
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
  if (timedOut) event.reason = QStringLiteral("timeout");
  events << RaisedEvent{event, time};
}

void TriggerBoard::restore(int tagIndex, const std::optional<Place> &place) {
  Tag &tag = m_tags[static_cast<size_t>(tagIndex)];
  tag.isSeen = true;
  tag.place = place;
  if (!place) return;
  m_circles.moveTag(tagIndex, {place->x, place->y});
  for (const int trigger : tag.carried) m_circles.moveCircle(trigger, {place->x, place->y});
}

void TriggerBoard::restore(int tag, Stay stay) {
  if (stay.presence.stage == Presence::Stage::Outside || !placeOf(tag) || !isMeant(stay.trigger, tag) ||
      findStay(stay.trigger, tag)) {
    return;
  }
  stay.deadline = endless;
  keep(tag, addStay(tag, stay));
}

void TriggerBoard::sightAgain(int tag, const std::vector<bool> &isNew, const Moment &now) {
  const Place *place = placeOf(tag);
  if (!place) return;
  findTriggers(tag, *place);
  for (const int trigger : m_found) {
    const bool inside = m_foundIn[static_cast<size_t>(trigger)] == m_moves;
    if (!isNew[static_cast<size_t>(trigger)] || !inside || findStay(trigger, tag)) continue;
    Stay &stay = addStay(tag, {trigger, {}});
    Happenings unsaid;
    step(stay.presence, watchOf(trigger).trigger.rule, {true, 0, true}, now, unsaid);
    keep(tag, stay);
  }
}

}  // namespace tagwire::rtls
