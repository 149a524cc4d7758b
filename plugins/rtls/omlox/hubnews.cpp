// SPDX-License-Identifier: Apache-2.0
// HubSite: what it tells those who listen.
#include <QJsonDocument>

#include "hubsite.h"

namespace tagwire::rtls {
namespace {

constexpr std::array crses{HubCrs::Wgs84, HubCrs::Local};

QByteArray compactText(const QJsonObject &json) { return QJsonDocument(json).toJson(QJsonDocument::Compact); }

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

QStringList HubSite::zonesFrom(const HubZone *zone) const {
  if (!zone) return {};
  return zone->isFixed ? m_objects.idsAbove(zone->number) : QStringList{zone->id};
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
      news.json = compactText(json);
      m_host.tell(news);
    }
  }
}

/// A location that does not move its trackable.
void HubSite::tellHeard(const HeardLocation &heard) {
  const int tag = m_host.tracker().find(heard.fix.fix.tag);
  if (!m_isAwake || tag < 0) return;
  const HubZone *zone = m_objects.zone(heard.source);
  for (const HubCrs crs : crses) {
    if (crs == HubCrs::Wgs84 && !plane().isGeoreferenced()) continue;
    for (const HubTopic topic : {HubTopic::LocationUpdates, HubTopic::LocationUpdatesGeoJson}) {
      if (!m_host.wants(topic, crs)) continue;
      HubNews news = newsOf(topic, crs, tag);
      news.zones = zonesFrom(zone);
      news.providers = {heard.provider};
      news.accuracy = accuracyOf(heard);
      news.subject = heard.fix.fix.tag + u' ' + heard.provider;
      QJsonObject json = location(heard, crs);
      if (topic == HubTopic::LocationUpdatesGeoJson) json = featureOf(std::move(json), QStringLiteral("position"));
      news.json = compactText(json);
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
    news.zones += zonesFrom(m_objects.zone(fence.zone));
    news.zones.removeDuplicates();
    if (m_host.wants(HubTopic::FenceEvents, crs)) {
      news.json = compactText(json);
      m_host.tell(news);
    }
    const bool isPlaced = crs == HubCrs::Local || plane().isGeoreferenced();  // only the other form has coordinates
    if (!isPlaced || !m_host.wants(HubTopic::FenceEventsGeoJson, crs)) continue;
    news.topic = HubTopic::FenceEventsGeoJson;
    json.insert(QStringLiteral("region"), plane().region(crs, fence.fence.region));
    news.json = compactText(featureOf(json, QStringLiteral("region")));
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
    // Who is lost is in none, but was.
    for (const auto &fix : {collision.a.fix, collision.b.fix}) news.zones += m_objects.idsAbove(fix ? fix->zone : 0);
    news.zones.removeDuplicates();
    news.trackables += other.trackables;
    news.providers += other.providers;
    news.accuracy.reset();
    news.json = compactText(collisionJson(collision, crs));
    m_host.tell(news);
  }
}

}  // namespace tagwire::rtls
