// SPDX-License-Identifier: Apache-2.0
#include "tracker.h"

#include <algorithm>
#include <cmath>

namespace tagwire::rtls {
namespace {

constexpr qsizetype longestFixText = 128;

QString wrongCoordinate(const char *name, double value) {
  if (std::isfinite(value) && std::abs(value) <= farthestCoordinate) return {};
  return QStringLiteral("%1 is %2 (allowed: a number from -1e9 to 1e9)").arg(QLatin1String(name)).arg(value);
}

QString wrongText(const char *name, const QString &text) {
  if (text.size() <= longestFixText) return {};
  return QStringLiteral("%1 has %2 characters (allowed: %3)")
      .arg(QLatin1String(name))
      .arg(text.size())
      .arg(longestFixText);
}

QString wrongNumbers(const IncomingFix &fix) {
  const double confidence = fix.fix.confidence;
  if (!std::isnan(confidence) && !(confidence >= 0 && confidence <= 100)) {
    return QStringLiteral("CNF %1 is out of range (allowed: 0 to 100)").arg(confidence);
  }
  const double accuracy = fix.fix.accuracy;
  if (!std::isnan(accuracy) && !(accuracy >= 0 && accuracy <= farthestCoordinate)) {
    return QStringLiteral("Acc %1 is out of range (allowed: 0 to 1e9)").arg(accuracy);
  }
  if (fix.fix.battery < -1 || fix.fix.battery > 100) {
    return QStringLiteral("Bat %1 is out of range (allowed: 0 to 100)").arg(fix.fix.battery);
  }
  if (fix.fix.sequence != -1 && (fix.fix.sequence < 1 || fix.fix.sequence > 200)) {
    return QStringLiteral("Sequence %1 is out of range (allowed: 1 to 200)").arg(fix.fix.sequence);
  }
  return {};
}

using Definitions = std::vector<TrackerMemory::Definition>;

QByteArray keyOf(const TrackerMemory::Definition &definition) {
  return QByteArray::number(definition.id) + ':' + definition.fingerprint;
}

/// For each of the memory the index of the same among ours; -1: there is none.
std::vector<int> sameOf(const Definitions &memory, const Definitions &ours) {
  QHash<QByteArray, int> places;
  for (const auto &each : ours) places.insert(keyOf(each), static_cast<int>(places.size()));
  std::vector<int> same;
  same.reserve(memory.size());
  for (const auto &each : memory) same.push_back(places.value(keyOf(each), -1));
  return same;
}

}  // namespace

QString wrongFix(const IncomingFix &fix) {
  for (const QString &wrong :
       {wrongTagId(fix.fix.tag), wrongCoordinate("X", fix.x), wrongCoordinate("Y", fix.y), wrongCoordinate("Z", fix.z),
        wrongText("Type", fix.fix.type), wrongText("GWID", fix.fix.gateway), wrongNumbers(fix)}) {
    if (!wrong.isEmpty()) return wrong;
  }
  return {};
}

Time sourceTime(const IncomingFix &fix, Time receipt) {
  static const Time year2000 = fromMilliseconds(946'684'800'000);
  const bool plausible = fix.time && *fix.time >= year2000 && *fix.time <= receipt + std::chrono::minutes(1);
  return plausible ? *fix.time : receipt;
}

Tracker::Tracker(const Model &model, std::chrono::nanoseconds timeout)
    : m_zones(model.zones),
      m_triggers(model.triggers),
      m_crowd(model),
      m_collisions(model.proximity, m_crowd),
      m_escorts(model.escorts, m_crowd),
      m_listed(static_cast<int>(model.tags.size())),
      m_classes(model.classes),
      m_classCounts(model.zones.size() * static_cast<size_t>(m_classes.size())),
      m_timeout(timeout),
      m_filter(model.filter),
      m_smoothing(model.smoothing),
      m_tagSmoothing(model.tagSmoothing) {
  for (const Zone &zone : model.zones) m_zoneIds.insert(zone.info.id);
  for (const Trigger &trigger : model.triggers) m_definitions.push_back({trigger.info.id, trigger.fingerprint});
  for (const ProximityRule &rule : model.proximity) m_proximity.push_back({rule.id, rule.fingerprint});
  for (const TagInfo &tag : model.tags) addTag(tag.id, tag.name, tag.tagClass);
}

int Tracker::addTag(const QString &id, const QString &name, const QString &tagClass) {
  const int index = tagCount();
  Tag &tag = m_tags.emplace_back();
  tag.id = id;
  if (!m_filter.isOff()) tag.filter = std::make_unique<FixFilter>();
  const SmoothingRule smoothing = m_tagSmoothing.value(id, m_smoothing);
  if (smoothing.kind != SmoothingKind::None) tag.smoother = std::make_unique<Smoother>(smoothing);
  m_byId.insert(id, index);
  m_triggers.addTag(id, name);
  m_tags.back().ofClass = static_cast<int>(m_classes.indexOf(tagClass));
  m_crowd.addTag(tagClass);
  m_collisions.addTag();
  m_escorts.addTag();
  return index;
}

Result<void> Tracker::take(int tagIndex, const IncomingFix &fix, const Moment &moment, Outcome &outcome) {
  Tag &tag = m_tags[static_cast<size_t>(tagIndex)];
  if (auto admitted = admit(tag, fix, moment, outcome); !admitted) {
    if (isSignOfLife(outcome.refusal)) notice(tagIndex, moment);
    return admitted;
  }
  advance(moment, outcome);
  const Time time = sourceTime(fix, moment.time);
  Measured measured{{fix.x, fix.y, fix.z}, fix.fix.accuracy};
  if (tag.smoother) measured = tag.smoother->add(measured, {time, moment.elapsed});
  const auto [x, y, z] = measured.at;
  const int zone = m_zones.deepest(x, y, z);
  auto own = std::make_shared<Fix>(fix.fix);
  own->zone = m_zones.idOf(zone);
  own->accuracy = measured.accuracy;
  const bool first = !tag.position.fix || !tag.present;
  const bool wasPresent = tag.present;
  const Position before = std::exchange(tag.position, Position{x, y, z, std::move(own)});
  tag.last = {time, moment.elapsed};
  tag.present = true;
  hear(tagIndex, moment.elapsed);
  const bool changed = enterZone(tag, zone, time, outcome) || first;
  outcome.changes << Change{tagIndex, tag.position, Quality::good(), time, changed, m_zones.idOf(zone)};
  m_triggers.move(tagIndex, Place{x, y, z}, tag.last, outcome.events);
  crowdMoved(tagIndex, before, wasPresent, outcome);
  return {};
}

void Tracker::crowdMoved(int index, const Position &before, bool wasPresent, Outcome &outcome) {
  const Tag &tag = m_tags[static_cast<size_t>(index)];
  m_crowd.move(index, tag.position, tag.zone);
  m_collisions.moved(index, tag.last, outcome.collisions);
  m_escorts.moved(index, wasPresent ? std::optional(before) : std::nullopt, tag.last, outcome.unaccompanied);
}

Result<void> Tracker::admit(Tag &tag, const IncomingFix &fix, const Moment &moment, Outcome &outcome) const {
  if (auto passed = tag.gate.pass(fix.sender, fix.fix.sequence, moment.elapsed); !passed) {
    outcome.refusal = Refusal::Sequence;
    return passed;
  }
  if (!tag.filter) return {};
  const auto verdict = tag.filter->judge(m_filter, fix, sourceTime(fix, moment.time), moment);
  outcome.refusal = verdict.refusal;
  if (verdict.refusal == Refusal::None) return {};
  return failure(verdict.text);
}

bool Tracker::enterZone(Tag &tag, int zone, Time time, Outcome &outcome) {
  if (tag.zone == zone) return false;
  for (const int changed : m_zones.move(std::exchange(tag.zone, zone), zone)) {
    outcome.occupancies << Occupancy{changed, m_zones.occupancy(changed), time};
    if (tag.ofClass < 0) continue;
    const bool isIn = m_zones.isWithin(zone, changed);
    int &count = m_classCounts[static_cast<size_t>(changed * m_classes.size() + tag.ofClass)];
    count += isIn ? 1 : -1;
    outcome.occupancies << Occupancy{changed, count, time, tag.ofClass};
  }
  return true;
}

int Tracker::occupancy(int zone, int ofClass) const {
  return m_classCounts[static_cast<size_t>(zone * m_classes.size() + ofClass)];
}

Tracker::Sight Tracker::sightOf(int index) const {
  const Tag &tag = m_tags[static_cast<size_t>(index)];
  if (!tag.position.fix) return {};
  const Position &at = tag.position;
  const int zone = tag.present ? tag.zone : m_zones.deepest(at.x, at.y, at.z);
  return {tag.present, m_zones.idOf(zone), at, tag.last.time};
}

/// In the order of time, whether it is called in time or late.
void Tracker::advance(const Moment &moment, Outcome &outcome) {
  for (;;) {
    const auto loss = nextLoss();
    const auto delay = m_triggers.nextDeadline();
    const auto escort = m_escorts.nextDeadline();
    const auto next = std::min({loss, delay, escort});
    if (next > moment.elapsed || next == endless) return;
    if (escort == next) {
      m_escorts.settle(escort, outcome.unaccompanied);
    } else if (delay <= loss) {
      m_triggers.settle(delay, outcome.events);
    } else {
      lose(m_silence.longestSilent(), Moment{moment.time - (moment.elapsed - loss), loss}, outcome);
    }
  }
}

void Tracker::lose(int index, const Moment &moment, Outcome &outcome) {
  Tag &tag = m_tags[static_cast<size_t>(index)];
  tag.present = false;
  if (tag.smoother) tag.smoother->reset();
  m_silence.remove(index);
  enterZone(tag, -1, moment.time, outcome);
  auto nowhere = std::make_shared<Fix>(*tag.position.fix);
  nowhere->zone = 0;
  tag.position.fix = std::move(nowhere);
  outcome.changes << Change{index, tag.position, Quality::bad(QualityReason::Lost), moment.time, true, 0};
  m_triggers.lose(index, moment, outcome.events);
  m_crowd.remove(index);
  m_collisions.lost(index, moment.time, outcome.collisions);
  m_escorts.lost(index, moment, outcome.unaccompanied);
}

void Tracker::hear(int tag, std::chrono::nanoseconds elapsed) {
  m_tags[static_cast<size_t>(tag)].heard = elapsed;
  m_silence.hear(tag);
}

void Tracker::notice(int index, const Moment &moment) {
  const Tag &tag = m_tags[static_cast<size_t>(index)];
  if (tag.present && lossOf(tag) > moment.elapsed) hear(index, moment.elapsed);
}

FixFilter::Verdict Tracker::judgeAlone(const IncomingFix &fix, const Moment &moment) const {
  return FixFilter().judge(m_filter, fix, sourceTime(fix, moment.time), moment);
}

std::chrono::nanoseconds Tracker::nextLoss() const {
  const int tag = m_silence.longestSilent();
  return tag < 0 ? endless : lossOf(m_tags[static_cast<size_t>(tag)]);
}

std::chrono::nanoseconds Tracker::nextDeadline() const {
  return std::min({nextLoss(), m_triggers.nextDeadline(), m_escorts.nextDeadline()});
}

TrackerMemory Tracker::remember(const Moment &moment) const {
  TrackerMemory memory{moment, m_definitions, {}, m_proximity, {}};
  memory.tags.reserve(m_tags.size());
  std::vector<int> places(m_tags.size(), -1);  // tag → its place in the memory
  for (int index = 0; index < tagCount(); ++index) {
    const Tag &tag = m_tags[static_cast<size_t>(index)];
    if (!tag.position.fix || (!tag.present && !isListed(index))) continue;
    places[static_cast<size_t>(index)] = static_cast<int>(memory.tags.size());
    memory.tags.push_back({tag.id, tag.present, tag.position, tag.last, {}, {}, tag.heard});
    for (const auto &stay : m_triggers.staysOf(index))
      memory.tags.back().stays.push_back({stay.trigger, stay.presence});
  }
  for (const auto &turn : m_triggers.turnsAfter(moment.elapsed)) {
    const int place = places[static_cast<size_t>(turn.tag)];
    if (place >= 0) memory.tags[static_cast<size_t>(place)].turns.push_back({turn.trigger, turn.next});
  }
  for (const auto &[rule, tagA, tagB, start] : m_collisions.contacts()) {
    const int a = places[static_cast<size_t>(tagA)], b = places[static_cast<size_t>(tagB)];
    if (a >= 0 && b >= 0) memory.contacts.push_back({rule, a, b, start});
  }
  return memory;
}

void Tracker::recall(const TrackerMemory &memory, const Moment &moment, Outcome &outcome) {
  const auto downtime = std::max(moment.time - memory.saved.time, Time::duration::zero());
  const auto shift = moment.elapsed - downtime - memory.saved.elapsed;
  std::vector<const TrackerMemory::Tag *> tags;
  for (const auto &tag : memory.tags) {
    if (m_byId.contains(tag.id)) tags.push_back(&tag);
  }
  // The longest silent first, for that is the order in which they are lost.
  std::ranges::stable_sort(tags, {}, [](const auto *tag) { return tag->heard; });
  for (const auto *tag : tags) recallTag(*tag, shift, outcome);
  recallStays(memory, tags, shift, moment);
  recallContacts(memory, shift);
  for (const auto *tag : tags) recallCrowd(m_byId.value(tag->id), moment);
}

void Tracker::recallContacts(const TrackerMemory &memory, std::chrono::nanoseconds shift) {
  const std::vector<int> rules = sameOf(memory.proximity, m_proximity);
  const auto tagOf = [&](int index) { return find(memory.tags[static_cast<size_t>(index)].id); };
  for (const auto &contact : memory.contacts) {
    const int rule = rules[static_cast<size_t>(contact.rule)], a = tagOf(contact.tagA), b = tagOf(contact.tagB);
    if (rule < 0 || a < 0 || b < 0) continue;
    m_collisions.restore({rule, a, b, {contact.start.time, contact.start.elapsed + shift}});
  }
}

/// Who is near by a rule that is new raises nothing; who is alone is so from now on.
void Tracker::recallCrowd(int index, const Moment &moment) {
  m_collisions.restored(index, m_tags[static_cast<size_t>(index)].last);
  if (m_crowd.member(index).isHere) m_escorts.restored(index, moment);
}

void Tracker::recallTag(const TrackerMemory::Tag &memory, std::chrono::nanoseconds shift, Outcome &outcome) {
  const int index = m_byId.value(memory.id);
  Tag &tag = m_tags[static_cast<size_t>(index)];
  const Position &at = memory.position;
  const int zone = memory.isPresent ? m_zones.deepest(at.x, at.y, at.z) : -1;
  auto fix = std::make_shared<Fix>(*at.fix);
  fix->zone = m_zones.idOf(zone);
  tag.position = Position{at.x, at.y, at.z, std::move(fix)};
  tag.last = {memory.last.time, memory.last.elapsed + shift};
  tag.present = memory.isPresent;
  if (tag.present) hear(index, memory.heard + shift);
  enterZone(tag, zone, tag.last.time, outcome);
  const Quality quality = tag.present ? Quality::good() : Quality::bad(QualityReason::Lost);
  // A lost tag's time is that of its loss, as it was then.
  const Time time = tag.present ? tag.last.time : memory.last.time + (memory.heard - memory.last.elapsed) + m_timeout;
  outcome.changes << Change{index, tag.position, quality, time, true, m_zones.idOf(zone)};
  if (tag.present) m_crowd.move(index, tag.position, zone);
  m_triggers.restore(index, tag.present ? std::optional(Place{at.x, at.y, at.z}) : std::nullopt);
}

void Tracker::recallStays(const TrackerMemory &memory, const std::vector<const TrackerMemory::Tag *> &tags,
                          std::chrono::nanoseconds shift, const Moment &moment) {
  const std::vector<int> now = sameOf(memory.triggers, m_definitions);
  std::vector<bool> isNew(m_definitions.size(), true);
  for (const int trigger : now) {
    if (trigger >= 0) isNew[static_cast<size_t>(trigger)] = false;
  }
  for (const auto *tag : tags) {
    for (const auto &stay : tag->stays) {
      const int trigger = now[static_cast<size_t>(stay.trigger)];
      if (trigger >= 0) m_triggers.restore(m_byId.value(tag->id), {trigger, shifted(stay.presence, shift)});
    }
    for (const auto &turn : tag->turns) {
      const int trigger = now[static_cast<size_t>(turn.trigger)];
      if (trigger >= 0) m_triggers.restore({m_byId.value(tag->id), trigger, turn.next + shift});
    }
  }
  if (std::ranges::find(isNew, true) == isNew.end()) return;
  for (const auto *tag : tags) {
    m_triggers.sightAgain(m_byId.value(tag->id), isNew, moment);
  }
}

}  // namespace tagwire::rtls
