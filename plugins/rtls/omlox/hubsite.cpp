// SPDX-License-Identifier: Apache-2.0
#include "hubsite.h"

#include <QJsonDocument>

#include <algorithm>
#include <cmath>

namespace tagwire::rtls {
namespace {

constexpr std::array crses{HubCrs::Wgs84, HubCrs::Local};

Place placeAt(const Position &position) { return {position.x, position.y, position.z}; }

QByteArray textOf(const QJsonObject &json) { return QJsonDocument(json).toJson(QJsonDocument::Compact); }

/// One object as GeoJSON: what is no geometry becomes properties.
QJsonObject featureOf(QJsonObject json, const QString &geometryKey) {
  const QJsonValue geometry = json.take(geometryKey);
  const QJsonObject feature{{QStringLiteral("type"), QStringLiteral("Feature")},
                            {QStringLiteral("geometry"), geometry},
                            {QStringLiteral("properties"), json}};
  return {{QStringLiteral("type"), QStringLiteral("FeatureCollection")},
          {QStringLiteral("features"), QJsonArray{feature}}};
}

}  // namespace

HubSite::HubSite(const QString &instance, const Model &model, std::chrono::nanoseconds timeout, HubHost &host)
    : m_instance(instance), m_host(host), m_objects(instance, model, timeout) {}

void HubSite::redirect(IncomingFix &fix) {
  if (m_isAwake) {
    m_heardFrom = fix.fix.tag;
    m_heard = std::exchange(m_incoming, {});
  }
  const HubTrackable *holder = m_objects.holderOf(fix.fix.tag);
  if (!holder) return;
  // Each provider counts its fixes for itself.
  fix.sender += u' ' + fix.fix.tag;
  fix.fix.tag = holder->tag;
}

void HubSite::took(const Tracker::Outcome &outcome) {
  if (!m_isAwake) return;
  for (const auto &change : outcome.changes) {
    if (change.quality.isBad()) continue;  // its fences know by themselves when they take it for gone
    note(change.tag, change);
    QList<FenceBoard::Crossing> crossings;
    const Moment moment{change.time, m_host.now().elapsed};
    m_fences.move(change.tag, tagId(change.tag), placeAt(change.position), moment, crossings);
    tellLocation(change.tag);
    tellCrossings(crossings);
  }
  for (const Collision &collision : outcome.collisions) tellCollision(collision);
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
  const Tracker &tracker = m_host.tracker();
  for (int tag = 0; tag < tracker.tagCount(); ++tag) {
    if (!tracker.isPresent(tag)) continue;
    QList<FenceBoard::Crossing> before;  // nobody was there to be told
    m_fences.move(tag, tagId(tag), placeAt(tracker.position(tag)), tracker.last(tag), before);
    note(tag, {tag, tracker.position(tag), Quality::good(), tracker.last(tag).time});
  }
}

void HubSite::applyObjects() {
  std::vector<FenceBoard::Fence> fences;
  for (const auto &[id, fence] : m_objects.fences()) fences.push_back(fence.fence);
  m_fences.clearWishes();
  for (int tag = 0; tag < static_cast<int>(m_tags.size()); ++tag) {
    if (const auto wish = wishOf(tagId(tag))) m_fences.setWish(tag, *wish);
  }
  m_fences.setFences(std::move(fences));
}

void HubSite::advance(const Moment &moment) {
  QList<FenceBoard::Crossing> crossings;
  m_fences.settle(moment.elapsed, crossings);
  tellCrossings(crossings);
}

void HubSite::forget(int tag) {
  m_host.forget(tag);
  QList<FenceBoard::Crossing> crossings;
  m_fences.leave(tag, m_host.now().time, crossings);
  tellCrossings(crossings);
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
bool HubSite::isTaken(HubKind kind, const QString &id) const {
  if (m_objects.find(kind, id) || (kind == HubKind::Providers && m_objects.isListed(id))) return true;
  if (kind != HubKind::Trackables) return false;
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

/// Of the provider that spoke last: what it says itself, what REST knows of it, or what its fixes name.
QString HubSite::typeOf(int index) const {
  const Tag &tag = m_tags[static_cast<size_t>(index)];
  if (const QString said = tag.details.value(u"provider_type").toString(); !said.isEmpty()) return said;
  const auto known = m_objects.providers().find(tag.provider);
  if (known != m_objects.providers().end() && known->second.json.value(u"type") != QLatin1String("unknown")) {
    return known->second.json.value(u"type").toString();
  }
  static const QStringList types{QStringLiteral("uwb"),  QStringLiteral("gps"),     QStringLiteral("wifi"),
                                 QStringLiteral("rfid"), QStringLiteral("ibeacon"), QStringLiteral("virtual")};
  const auto &fix = m_host.tracker().position(index).fix;
  const QString named = fix ? fix->type.toLower() : QString();
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

HubNews HubSite::newsOf(HubTopic topic, HubCrs crs, int index) const {
  const Tag &tag = m_tags[static_cast<size_t>(index)];
  const auto &fix = m_host.tracker().position(index).fix;
  HubNews news;
  news.topic = topic;
  news.crs = crs;
  news.tags = {tagId(index)};
  news.zones = m_objects.idsAbove(fix ? fix->zone : 0);
  news.trackables = {tag.trackable};
  news.providers = {tag.provider};
  news.accuracy = accuracyOf(index);
  return news;
}

void HubSite::tellLocation(int tag) {
  for (const HubCrs crs : crses) {
    if (crs == HubCrs::Wgs84 && !plane().isGeoreferenced()) continue;
    for (const HubTopic topic :
         {HubTopic::LocationUpdates, HubTopic::LocationUpdatesGeoJson, HubTopic::TrackableMotions}) {
      if (!m_host.wants(topic, crs)) continue;
      HubNews news = newsOf(topic, crs, tag);
      news.subject = tagId(tag);
      QJsonObject json = topic == HubTopic::TrackableMotions ? motion(tag, crs) : location(tag, crs);
      if (topic == HubTopic::LocationUpdatesGeoJson) json = featureOf(std::move(json), QStringLiteral("position"));
      news.json = textOf(json);
      m_host.tell(news);
    }
  }
}

void HubSite::tellCrossings(const QList<FenceBoard::Crossing> &crossings) {
  for (const auto &each : crossings) tellCrossing(each);
}

void HubSite::tellCrossing(const FenceBoard::Crossing &crossing) {
  const HubFence &fence = m_objects.fences().at(crossing.fence);
  const Tag &tag = m_tags[static_cast<size_t>(crossing.tag)];
  QJsonObject json{
      {QStringLiteral("id"), QUuid::createUuid().toString(QUuid::WithoutBraces)},
      {QStringLiteral("fence_id"), fence.id},
      {QStringLiteral("event_type"), crossing.isEntry ? QStringLiteral("region_entry") : QStringLiteral("region_exit")},
      {QStringLiteral("provider_id"), tag.provider},
      {QStringLiteral("trackable_id"), tag.trackable},
      {QStringLiteral("trackables"), QJsonArray{tag.trackable}},
      {QStringLiteral("entry_time"), toIso(crossing.entered)}};
  if (!crossing.isEntry) json.insert(QStringLiteral("exit_time"), toIso(crossing.time));
  for (const char *key : {"foreign_id", "properties"}) {
    const QString name = QString::fromLatin1(key);
    if (fence.json.contains(name)) json.insert(name, fence.json.value(name));
  }
  for (const HubCrs crs : crses) {
    HubNews news = newsOf(HubTopic::FenceEvents, crs, crossing.tag);
    news.isEvent = true;
    news.fence = fence.id;
    if (!fence.zone.isEmpty() && !news.zones.contains(fence.zone)) news.zones << fence.zone;
    if (m_host.wants(HubTopic::FenceEvents, crs)) {
      news.json = textOf(json);
      m_host.tell(news);
    }
    const bool isPlaced = crs == HubCrs::Local || plane().isGeoreferenced();  // only the other form has coordinates
    if (!isPlaced || !m_host.wants(HubTopic::FenceEventsGeoJson, crs)) continue;
    news.topic = HubTopic::FenceEventsGeoJson;
    json.insert(QStringLiteral("region"), plane().region(crs, fence.fence.region));
    news.json = textOf(featureOf(json, QStringLiteral("region")));
    json.remove(QStringLiteral("region"));
    m_host.tell(news);
  }
}

QJsonObject HubSite::collisionJson(const Collision &collision, HubCrs crs) const {
  static const QHash<Collision::Phase, QString> types{{Collision::Phase::Start, QStringLiteral("collision_start")},
                                                      {Collision::Phase::Ongoing, QStringLiteral("colliding")},
                                                      {Collision::Phase::End, QStringLiteral("collision_end")}};
  QJsonArray both;
  for (const auto &[tag, at] : {std::pair{collision.tagA, collision.a}, std::pair{collision.tagB, collision.b}}) {
    both.append(QJsonObject{{QStringLiteral("id"), trackableOf(tag)},
                            {QStringLiteral("object_type"), QStringLiteral("trackable")},
                            {QStringLiteral("position"), plane().point(crs, placeAt(at))}});
  }
  // The same from its start to its end.
  const QString name = QStringLiteral("%1/%2/%3/%4")
                           .arg(collision.rule)
                           .arg(tagId(collision.tagA), tagId(collision.tagB), toIso(collision.start, 9));
  QJsonObject json{{QStringLiteral("id"), hubId(m_instance, "collision", name)},
                   {QStringLiteral("collision_type"), types.value(collision.phase)},
                   {QStringLiteral("collisions"), both},
                   {QStringLiteral("start_time"), toIso(collision.start)},
                   {QStringLiteral("collision_time"), toIso(collision.time)},
                   {QStringLiteral("center_distance"), plane().toMetres(collision.distance)}};
  if (collision.phase == Collision::Phase::End) json.insert(QStringLiteral("end_time"), toIso(collision.time));
  return json;
}

void HubSite::tellCollision(const Collision &collision) {
  for (const HubCrs crs : crses) {
    if (crs == HubCrs::Wgs84 && !plane().isGeoreferenced()) continue;
    if (!m_host.wants(HubTopic::CollisionEvents, crs)) continue;
    HubNews news = newsOf(HubTopic::CollisionEvents, crs, collision.tagA);
    const HubNews other = newsOf(HubTopic::CollisionEvents, crs, collision.tagB);
    news.isEvent = true;
    news.tags += other.tags;
    news.zones += other.zones;
    news.trackables += other.trackables;
    news.providers += other.providers;
    news.accuracy.reset();
    news.json = textOf(collisionJson(collision, crs));
    m_host.tell(news);
  }
}

}  // namespace tagwire::rtls
