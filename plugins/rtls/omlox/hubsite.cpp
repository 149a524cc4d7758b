// SPDX-License-Identifier: Apache-2.0
#include "hubsite.h"

#include <algorithm>
#include <cmath>

namespace tagwire::rtls {

HubSite::HubSite(const QString &instance, const Model &model, std::chrono::nanoseconds timeout, HubHost &host)
    : m_instance(instance), m_host(host), m_objects(instance, model, timeout), m_book(timeout) {}

void HubSite::took(const Tracker::Outcome &outcome) {
  settleHeard(outcome);
  if (!m_isAwake) return;
  for (const auto &change : outcome.changes) {
    QList<FenceBoard::Crossing> crossings;
    if (change.quality.isBad()) {
      m_fences.lose(change.tag, change.time, crossings);
      tellCrossings(crossings);
      continue;
    }
    note(change.tag, change);
    const Moment moment{change.time, m_host.now().elapsed};
    m_fences.move(change.tag, tagId(change.tag), placeAt(change.position), moment, crossings);
    tellLocation(change.tag);
    tellCrossings(crossings);
  }
  for (const Collision &collision : outcome.collisions) tellCollision(collision);
  keepStays();
}

void HubSite::knowTags() {
  const Tracker &tracker = m_host.tracker();
  for (int index = static_cast<int>(m_tags.size()); index < tracker.tagCount(); ++index) {
    const QString &id = tracker.idOf(index);
    const bool isMade = m_objects.trackables().contains(id);
    Tag &tag = m_tags.emplace_back();
    tag.trackable = isMade ? id : hubId(m_instance, "trackable", id);
    m_byTrackable.insert(tag.trackable, index);
    if (const auto wish = wishOf(id)) m_fences.setWish(index, *wish);
  }
}

std::optional<FenceWish> HubSite::wishOf(const QString &tag) const {
  const auto trackable = m_objects.trackables().find(tag);
  if (trackable != m_objects.trackables().end()) return trackable->second.wish;
  const auto provider = m_objects.providers().find(tag);
  if (provider == m_objects.providers().end()) return std::nullopt;
  return FenceWish::fromJson(provider->second.json, "fence_timeout", plane().toMetres(1));
}

/// Who brought it, and how fast the tag goes as far as two positions tell.
void HubSite::note(int index, const Tracker::Change &change) {
  Tag &tag = m_tags[static_cast<size_t>(index)];
  const bool isFirst = tag.provider.isEmpty();
  tag.provider = m_heardFrom.isEmpty() ? tagId(index) : m_heardFrom;
  tag.details = std::exchange(m_heard, {});
  m_heardFrom.clear();
  const Place place = placeAt(change.position);
  const double seconds = std::chrono::duration<double>(change.time - tag.time).count();
  const double way = plane().toMetres(std::hypot(place.x - tag.place.x, place.y - tag.place.y));
  tag.speed = !isFirst && seconds > 0 ? std::optional(way / seconds) : std::nullopt;
  if (tag.speed && way > 0) tag.course = plane().course(tag.place, place);
  tag.place = place;
  tag.time = change.time;
}

void HubSite::wake() {
  if (std::exchange(m_isAwake, true)) return;
  tagsAdded();
  applyObjects();
  restoreStays();
  const Tracker &tracker = m_host.tracker();
  for (int tag = 0; tag < tracker.tagCount(); ++tag) {
    if (!tracker.isPresent(tag)) continue;
    QList<FenceBoard::Crossing> before;  // nobody was there to be told
    m_fences.move(tag, tagId(tag), placeAt(tracker.position(tag)), tracker.last(tag), before);
    m_heardFrom = m_speakers.value(tagId(tag));
    note(tag, {tag, tracker.position(tag), Quality::good(), tracker.last(tag).time});
  }
}

/// The time in between passes. Those that are nowhere now have left without being told. Of those that stood still the
/// Tracker knows better when they were heard.
void HubSite::restoreStays() {
  if (!m_recalled) return;
  const Tracker &tracker = m_host.tracker();
  const HubStays recalled = *std::exchange(m_recalled, std::nullopt);
  const Moment now = m_host.now();
  const auto downtime = std::max(now.time - recalled.saved.time, Time::duration::zero());
  const auto shift = now.elapsed - downtime - recalled.saved.elapsed;
  for (const auto &stay : recalled.stays) {
    const int tag = tracker.find(stay.tag);
    if (tag < 0 || !tracker.isPresent(tag)) continue;
    Presence presence = shifted(stay.presence, shift);
    presence.heard = std::max(presence.heard, tracker.last(tag).elapsed);
    m_fences.restore({tag, stay.fence, presence, stay.entered});
  }
}

HubStays HubSite::stays() const {
  HubStays all{m_host.now(), {}};
  for (const auto &kept : m_fences.stays()) {
    if (all.stays.size() == HubStays::most) break;
    all.stays.push_back({tagId(kept.tag), kept.fence, kept.presence, kept.entered});
  }
  return all;
}

void HubSite::keepStays() {
  if (std::exchange(m_staysKept, m_fences.changes()) != m_fences.changes()) m_host.staysChanged();
}

void HubSite::applyObjects() {
  std::vector<FenceBoard::Fence> fences;
  for (const auto &[id, fence] : m_objects.fences()) fences.push_back(fence.fence);
  m_fences.clearWishes();
  for (int tag = 0; tag < static_cast<int>(m_tags.size()); ++tag) {
    if (const auto wish = wishOf(tagId(tag))) m_fences.setWish(tag, *wish);
  }
  m_fences.setFences(std::move(fences));
  m_book.keepOnly([this](const QString &provider) { return m_objects.holderOf(provider) != nullptr; });
  m_speakers.removeIf([this](const auto &each) { return !m_objects.trackables().contains(each.key()); });
}

void HubSite::advance(const Moment &moment) {
  QList<FenceBoard::Crossing> crossings;
  m_fences.settle(moment.elapsed, crossings);
  tellCrossings(crossings);
  keepStays();
}

void HubSite::forget(int tag) {
  m_book.remove(m_speakers.take(tagId(tag)));
  m_host.forget(tag);
  QList<FenceBoard::Crossing> crossings;
  m_fences.leave(tag, m_host.now().time, crossings);
  tellCrossings(crossings);
  keepStays();
}

void HubSite::forgetOwnTags(const QString &trackable) {
  for (const QString &provider : m_objects.trackables().at(trackable).providers) {
    const int tag = m_host.tracker().find(provider);
    if (tag >= 0 && isPresent(tag) && !m_objects.trackables().contains(provider)) forget(tag);
  }
}

/// A tag whose provider belongs to a trackable that REST made speaks through that one; of one that is not listed
/// nothing is left when it is lost.
bool HubSite::isTrackable(int tag) const {
  const QString &id = tagId(tag);
  if (m_objects.holderOf(id)) return false;
  return m_objects.isListed(id) || isPresent(tag) || m_objects.trackables().contains(id);
}

std::vector<int> HubSite::tags() const {
  std::vector<int> all;
  for (int tag = 0; tag < static_cast<int>(m_tags.size()); ++tag) {
    if (isTrackable(tag)) all.push_back(tag);
  }
  return all;
}

const QString &HubSite::providerOf(int index) const {
  const Tag &tag = m_tags[static_cast<size_t>(index)];
  return tag.provider.isEmpty() ? tagId(index) : tag.provider;
}

/// The id of a trackable that a client deleted is free again, though its tag remains.
bool HubSite::isTaken(HubKind kind, const QString &id) {
  if (m_objects.find(kind, id) || (kind == HubKind::Providers && m_objects.isListed(id))) return true;
  if (kind != HubKind::Trackables) return false;
  knowTags();
  const int tag = std::max(tagOfTrackable(id), m_host.tracker().find(id));
  return tag >= 0 && trackableOf(tag) != tagId(tag);
}

int HubSite::tagOfProvider(const QString &provider) const {
  const HubTrackable *holder = m_objects.holderOf(provider);
  return m_host.tracker().find(holder ? holder->tag : provider);
}

QStringList HubSite::providersOf(int tag) const {
  const auto made = m_objects.trackables().find(tagId(tag));
  return made == m_objects.trackables().end() ? QStringList{tagId(tag)} : made->second.providers;
}

bool HubSite::hasProvider(const QString &provider) const {
  if (m_objects.providers().contains(provider) || m_objects.holderOf(provider)) return true;
  const int tag = m_host.tracker().find(provider);
  return tag >= 0 && isTrackable(tag) && !m_objects.trackables().contains(provider);
}

QStringList HubSite::providers() const {
  QSet<QString> all;
  for (const auto &[id, provider] : m_objects.providers()) all.insert(id);
  for (const auto &[id, trackable] : m_objects.trackables()) {
    for (const QString &provider : trackable.providers) all.insert(provider);
  }
  for (const int tag : tags()) {
    if (!m_objects.trackables().contains(tagId(tag))) all.insert(tagId(tag));
  }
  QStringList sorted(all.begin(), all.end());
  sorted.sort();
  return sorted;
}

bool HubSite::isListed(HubKind kind, const QString &id) const {
  if (kind == HubKind::Providers) return m_objects.isListed(id);
  const int tag = kind == HubKind::Trackables ? tagOfTrackable(id) : -1;
  return tag >= 0 && m_objects.isListed(tagId(tag));
}

QJsonObject HubSite::trackableJson(int tag) const {
  const auto found = m_objects.trackables().find(trackableOf(tag));
  if (found != m_objects.trackables().end()) return found->second.json;
  const QString name = m_objects.nameOf(tagId(tag));
  return {{QStringLiteral("id"), trackableOf(tag)},
          {QStringLiteral("type"), QStringLiteral("virtual")},
          {QStringLiteral("name"), name.isEmpty() ? tagId(tag) : name},
          {QStringLiteral("location_providers"), QJsonArray{tagId(tag)}},
          {QStringLiteral("properties"),
           QJsonObject{{QStringLiteral("id"), tagId(tag)}, {QStringLiteral("instance"), m_instance}}}};
}

QJsonObject HubSite::providerJson(const QString &provider) const {
  const auto found = m_objects.providers().find(provider);
  if (found != m_objects.providers().end()) return found->second.json;
  const int tag = tagOfProvider(provider);
  QJsonObject json{{QStringLiteral("id"), provider},
                   {QStringLiteral("type"), tag < 0 ? QStringLiteral("unknown") : typeOf(tag)}};
  const QString name = m_objects.nameOf(provider);
  if (!name.isEmpty()) json.insert(QStringLiteral("name"), name);
  return json;
}

/// Of the provider that spoke last.
QString HubSite::typeOf(int index) const {
  const Tag &tag = m_tags[static_cast<size_t>(index)];
  const auto &fix = m_host.tracker().position(index).fix;
  return typeOf(tag.provider, tag.details, fix ? fix->type : QString());
}

/// What it says itself, what REST knows of it, or what its fixes name.
QString HubSite::typeOf(const QString &provider, const QJsonObject &details, const QString &fixType) const {
  if (const QString said = details.value(u"provider_type").toString(); !said.isEmpty()) return said;
  const auto known = m_objects.providers().find(provider);
  if (known != m_objects.providers().end() && known->second.json.value(u"type") != QLatin1String("unknown")) {
    return known->second.json.value(u"type").toString();
  }
  static const QStringList types{QStringLiteral("uwb"),  QStringLiteral("gps"),     QStringLiteral("wifi"),
                                 QStringLiteral("rfid"), QStringLiteral("ibeacon"), QStringLiteral("virtual")};
  const QString named = fixType.toLower();
  return types.contains(named) ? named : QStringLiteral("unknown");
}

std::optional<double> HubSite::accuracyOf(int tag) const {
  const auto &fix = m_host.tracker().position(tag).fix;
  return fix && std::isfinite(fix->accuracy) ? std::optional(plane().toMetres(fix->accuracy)) : std::nullopt;
}

QJsonObject HubSite::location(int index, HubCrs crs) const {
  const Tag &tag = m_tags[static_cast<size_t>(index)];
  const Position &position = m_host.tracker().position(index);
  QJsonObject json = tag.details;
  const int zone = position.fix ? position.fix->zone : 0;
  json.insert(QStringLiteral("position"), plane().point(crs, placeAt(position)));
  if (const auto accuracy = accuracyOf(index)) json.insert(QStringLiteral("accuracy"), *accuracy);
  json.insert(QStringLiteral("crs"), HubPlane::nameOf(crs));
  json.insert(QStringLiteral("source"), zone != 0 ? m_objects.idOfZone(zone) : hubId(m_instance, "instance", {}));
  json.insert(QStringLiteral("provider_id"), providerOf(index));
  json.insert(QStringLiteral("provider_type"), typeOf(index));
  json.insert(QStringLiteral("timestamp_generated"), toIso(m_host.tracker().last(index).time));
  json.insert(QStringLiteral("timestamp_sent"), toIso(m_host.now().time));
  json.insert(QStringLiteral("elevation_ref"), QStringLiteral("floor"));
  json.insert(QStringLiteral("trackables"), QJsonArray{tag.trackable});
  if (tag.speed && !json.contains(QStringLiteral("speed"))) json.insert(QStringLiteral("speed"), *tag.speed);
  if (tag.speed.value_or(0) > 0 && !json.contains(QStringLiteral("course"))) {
    json.insert(QStringLiteral("course"), tag.course);
  }
  return json;
}

QJsonObject HubSite::motion(int tag, HubCrs crs) const {
  const QJsonObject trackable = trackableJson(tag);
  QJsonObject json{{QStringLiteral("id"), trackableOf(tag)}, {QStringLiteral("location"), location(tag, crs)}};
  for (const char *key : {"name", "extrusion", "geometry", "properties"}) {
    const QString name = QString::fromLatin1(key);
    if (trackable.contains(name)) json.insert(name, trackable.value(name));
  }
  return json;
}

}  // namespace tagwire::rtls
