// SPDX-License-Identifier: Apache-2.0
// HubSite: locations and proximity that clients send.
#include <QJsonDocument>

#include "hubsite.h"

namespace tagwire::rtls {
namespace {

using Kind = HubField::Kind;

constexpr std::array locationFields{
    HubField{"position", Kind::Object, true},
    HubField{"source", Kind::Text, true},
    HubField{"provider_type", Kind::Word, true, "uwb gps wifi rfid ibeacon virtual unknown"},
    HubField{"provider_id", Kind::Text, true},
    HubField{"timestamp_generated", Kind::Time},
    HubField{"timestamp_sent", Kind::Time},
    HubField{"crs"},
    HubField{"associated", Kind::Flag},
    HubField{"accuracy", Kind::Length},
    HubField{"floor", Kind::Number},
    HubField{"true_heading", Kind::Number},
    HubField{"magnetic_heading", Kind::Number},
    HubField{"heading_accuracy", Kind::Number},
    HubField{"elevation_ref", Kind::Word, false, "floor wgs84"},
    HubField{"speed", Kind::Number},
    HubField{"course", Kind::Number},
    HubField{"properties", Kind::Object}};
constexpr std::array proximityFields{HubField{"source", Kind::Text, true},
                                     HubField{"provider_type", Kind::Word, true, "rfid ibeacon virtual unknown"},
                                     HubField{"provider_id", Kind::Text, true},
                                     HubField{"timestamp_generated", Kind::Time},
                                     HubField{"timestamp_sent", Kind::Time},
                                     HubField{"accuracy", Kind::Length},
                                     HubField{"properties", Kind::Object}};

HubResult<QJsonObject> checked(const QJsonObject &body, std::span<const HubField> fields, const QString &provider,
                               const Permissions &permissions) {
  auto json = readFields(body, fields);
  if (!json) return tl::unexpected(HubProblem{400, json.error()});
  const QString id = json->value(u"provider_id").toString();
  if (!provider.isEmpty() && id != provider) {
    return tl::unexpected(HubProblem{400, QStringLiteral("provider_id is wrong (allowed: that of the path)")});
  }
  if (!permissions.allow(right::writePositions, id)) {
    return tl::unexpected(
        HubProblem{403, QStringLiteral("not permitted: positions:write of \"%1\" is due").arg(id.left(64))});
  }
  return *json;
}

}  // namespace

/// In the instance's plane, whichever coordinates it comes in.
Result<Place> HubSite::placeOf(const QJsonObject &location) const {
  const auto crs = plane().crsOf(location.value(u"crs").toString());
  if (!crs) return failure(crs.error());
  const HubZone *zone = m_objects.zone(location.value(u"source").toString());
  QJsonValue position = location.value(u"position");
  if (location.value(u"elevation_ref") == QLatin1String("wgs84")) {
    const auto ground = HubObjects::groundOf(zone, "source");
    if (!ground) return failure(ground.error());
    position = HubPlane::above(*ground, position);
  }
  if (*crs == HubCrs::Wgs84) return plane().place(*crs, position, "position");
  if (!zone) {
    return failure(QStringLiteral("source is unknown (allowed: the id or foreign_id of a zone, as crs is local)"));
  }
  const auto place = plane().place(HubCrs::Local, position, "position");
  if (!place || !zone->reference) return place;
  const Wgs84 wgs84 = zone->reference->toWgs84(plane().toMetres(place->x), plane().toMetres(place->y));
  const QJsonObject point{
      {QStringLiteral("type"), QStringLiteral("Point")},
      {QStringLiteral("coordinates"), QJsonArray{wgs84.longitude, wgs84.latitude, plane().toMetres(place->z)}}};
  return plane().place(HubCrs::Wgs84, point, "position");
}

HubResult<void> HubSite::takeLocation(const QJsonObject &body, const QString &provider, const Permissions &permissions,
                                      const QString &sender) {
  const auto json = checked(body, locationFields, provider, permissions);
  if (!json) return tl::unexpected(json.error());
  const auto place = placeOf(*json);
  if (!place) return tl::unexpected(HubProblem{400, place.error()});
  return send(json->value(u"provider_id").toString(), *place, *json, sender);
}

HubResult<void> HubSite::takeProximity(const QJsonObject &body, const QString &provider, const Permissions &permissions,
                                       const QString &sender) {
  const auto json = checked(body, proximityFields, provider, permissions);
  if (!json) return tl::unexpected(json.error());
  const HubZone *zone = m_objects.zone(json->value(u"source").toString());
  if (!zone || !zone->centre) {
    return tl::unexpected(
        HubProblem{400, QStringLiteral("source is unknown (allowed: the id or foreign_id of a zone with a position)")});
  }
  QJsonObject details = *json;
  if (!details.contains(QStringLiteral("accuracy"))) details.insert(QStringLiteral("accuracy"), zone->radius);
  const QString id = json->value(u"provider_id").toString();
  if (auto sent = send(id, *zone->centre, details, sender); !sent) return sent;
  const int tag = tagOfProvider(id);
  for (const HubCrs crs : {HubCrs::Wgs84, HubCrs::Local}) {
    if (!m_isAwake || tag < 0 || !m_host.wants(HubTopic::ProximityUpdates, crs)) continue;
    HubNews news = newsOf(HubTopic::ProximityUpdates, crs, tag);
    if (!news.zones.contains(zone->id)) news.zones << zone->id;
    news.json = QJsonDocument(*json).toJson(QJsonDocument::Compact);
    m_host.tell(news);
  }
  return {};
}

HubResult<void> HubSite::send(const QString &provider, const Place &place, const QJsonObject &details,
                              const QString &sender) {
  IncomingFix fix;
  fix.fix.tag = provider;
  fix.fix.type = details.value(u"provider_type").toString();
  fix.x = place.x;
  fix.y = place.y;
  fix.z = place.z;
  if (const auto time = fromIso(details.value(u"timestamp_generated").toString())) fix.time = *time;
  fix.sender = sender;
  const QJsonValue accuracy = details.value(u"accuracy");
  if (accuracy.isDouble()) fix.fix.accuracy = plane().fromMetres(accuracy.toDouble());
  m_incoming = details;
  for (const char *ours : {"position", "crs", "timestamp_generated", "timestamp_sent", "accuracy"}) {
    m_incoming.remove(QLatin1String(ours));
  }
  const auto taken = m_host.take(fix);
  m_incoming = {};
  if (!taken) return tl::unexpected(HubProblem{400, taken.error()});
  return {};
}

}  // namespace tagwire::rtls
