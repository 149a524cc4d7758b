// SPDX-License-Identifier: Apache-2.0
// HubObjects: what clients send.
#include <QJsonDocument>

#include "hubobjects.h"

namespace tagwire::rtls {
namespace {

using Kind = HubField::Kind;

constexpr const char *providerTypes = "uwb gps wifi rfid ibeacon virtual unknown";
constexpr qsizetype mostProviders = 100;

constexpr std::array zoneFields{HubField{"id", Kind::Id},
                                HubField{"type", Kind::Word, true, "uwb wifi rfid ibeacon"},
                                HubField{"foreign_id"},
                                HubField{"position", Kind::Object},
                                HubField{"crs", Kind::Word, false, "local EPSG:4326"},
                                HubField{"radius", Kind::Length},
                                HubField{"ground_control_points", Kind::List},
                                HubField{"incomplete_configuration", Kind::Flag},
                                HubField{"measurement_timestamp", Kind::Time},
                                HubField{"site"},
                                HubField{"building"},
                                HubField{"floor", Kind::Number},
                                HubField{"name"},
                                HubField{"description"},
                                HubField{"address"},
                                HubField{"wgs84_height", Kind::Number},
                                HubField{"properties", Kind::Object}};
constexpr std::array fenceFields{HubField{"id", Kind::Id},
                                 HubField{"region", Kind::Object, true},
                                 HubField{"radius", Kind::Length},
                                 HubField{"extrusion", Kind::Length},
                                 HubField{"floor", Kind::Number},
                                 HubField{"foreign_id"},
                                 HubField{"name"},
                                 HubField{"timeout", Kind::Milliseconds},
                                 HubField{"exit_tolerance", Kind::Length},
                                 HubField{"tolerance_timeout", Kind::Milliseconds},
                                 HubField{"exit_delay", Kind::Milliseconds},
                                 HubField{"crs"},
                                 HubField{"zone_id"},
                                 HubField{"elevation_ref", Kind::Word, false, "floor wgs84"},
                                 HubField{"properties", Kind::Object}};
constexpr std::array trackableFields{HubField{"id", Kind::Id},
                                     HubField{"type", Kind::Word, true, "omlox virtual"},
                                     HubField{"name"},
                                     HubField{"geometry", Kind::Object},
                                     HubField{"extrusion", Kind::Length},
                                     HubField{"radius", Kind::Length},
                                     HubField{"location_providers", Kind::Texts},
                                     HubField{"fence_timeout", Kind::Milliseconds},
                                     HubField{"exit_tolerance", Kind::Length},
                                     HubField{"tolerance_timeout", Kind::Milliseconds},
                                     HubField{"exit_delay", Kind::Milliseconds},
                                     HubField{"locating_rules", Kind::List},
                                     HubField{"properties", Kind::Object}};
constexpr std::array providerFields{HubField{"id", Kind::Text, true},
                                    HubField{"type", Kind::Word, true, providerTypes},
                                    HubField{"name"},
                                    HubField{"sensors", Kind::Object},
                                    HubField{"fence_timeout", Kind::Milliseconds},
                                    HubField{"exit_tolerance", Kind::Length},
                                    HubField{"tolerance_timeout", Kind::Milliseconds},
                                    HubField{"exit_delay", Kind::Milliseconds},
                                    HubField{"properties", Kind::Object}};

Result<GeoReference> referenceOf(const HubPlane &plane, const QJsonArray &points) {
  if (!plane.isGeoreferenced()) {
    return failure(
        QStringLiteral("ground_control_points: this instance has no georeference of its own to hold them to "
                       "(allowed: leave them out)"));
  }
  std::vector<GeoReference::ControlPoint> pairs;
  for (const QJsonValue &each : points) {
    const QJsonArray wgs84 = each[u"wgs84"][u"coordinates"].toArray();
    const QJsonArray local = each[u"local"][u"coordinates"].toArray();
    const auto isPoint = [](const QJsonArray &point) {
      return point.size() >= 2 && point[0].isDouble() && point[1].isDouble();
    };
    if (!isPoint(wgs84) || !isPoint(local)) {
      return failure(
          QStringLiteral("ground_control_points: each has to be {\"wgs84\":{a GeoJSON Point},\"local\":{a GeoJSON "
                         "Point}}"));
    }
    pairs.push_back({local[0].toDouble(), local[1].toDouble(), {wgs84[0].toDouble(), wgs84[1].toDouble()}});
  }
  auto fitted = GeoReference::fit(pairs);
  if (!fitted) return failure(QStringLiteral("ground_control_points: ") + fitted.error());
  return fitted;
}

PresenceRule presenceRuleFrom(const QJsonObject &json, double metresPerUnit) {
  const FenceWish wish = FenceWish::fromJson(json, "timeout", metresPerUnit);
  return wish.applied({});
}

}  // namespace

/// With an id that is given or made; whether it may be there already is the caller's business.
HubResult<void> HubObjects::put(HubKind kind, QString &id, const QJsonObject &body) {
  QJsonObject whole = body;
  const QJsonValue given = body.value(u"id");
  if ((given.isUndefined() || given.isNull()) && kind != HubKind::Providers) {
    id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    whole.insert(QStringLiteral("id"), id);
  }
  const auto store = [&](auto &objects, auto made) -> HubResult<void> {
    if (!made) return tl::unexpected(HubProblem{400, made.error()});
    const auto before = objects.find(id);
    const qsizetype freed = before == objects.end() ? 0 : before->second.bytes;
    made->bytes = QJsonDocument(made->json).toJson(QJsonDocument::Compact).size();
    if (m_bytes - freed + made->bytes > mostBytes) {
      return tl::unexpected(HubProblem{400, QStringLiteral("all that clients made would be more than 8 MiB")});
    }
    m_bytes += made->bytes - freed;
    if (before == objects.end()) ++m_made[static_cast<size_t>(kind)];
    made->id = id = made->json.value(u"id").toString();
    objects.insert_or_assign(id, std::move(*made));
    return {};
  };
  if (kind == HubKind::Zones) {
    auto stored = store(m_zones, readZone(whole));
    if (!stored) return stored;
    m_foreignZones.removeIf([&id](const auto &each) { return each.value() == id; });
    const QString foreign = m_zones.at(id).json.value(u"foreign_id").toString();
    if (!foreign.isEmpty() && !m_foreignZones.contains(foreign)) m_foreignZones.insert(foreign, id);
    return stored;
  }
  if (kind == HubKind::Fences) return store(m_fences, readFence(whole));
  if (kind == HubKind::Providers) return store(m_providers, readProvider(whole));
  const auto before = m_trackables.find(id);
  const QStringList freed = before == m_trackables.end() ? QStringList() : before->second.providers;
  auto stored = store(m_trackables, readTrackable(whole, id));
  if (!stored) return stored;
  release(id, freed);
  for (const QString &provider : m_trackables.at(id).providers) m_holders.insert(provider, id);
  return stored;
}

Result<HubZone> HubObjects::readZone(const QJsonObject &body) const {
  auto json = readFields(body, zoneFields);
  if (!json) return failure(json.error());
  HubZone zone{{{}, *json, false}, 0, {}, json->value(u"radius").toDouble(), {}};
  if (const QJsonValue points = json->value(u"ground_control_points"); points.isArray()) {
    auto reference = referenceOf(m_plane, points.toArray());
    if (!reference) return failure(reference.error());
    zone.reference = *reference;
  }
  if (const QJsonValue position = json->value(u"position"); position.isObject()) {
    const auto crs = m_plane.crsOf(json->value(u"crs").toString());
    if (!crs) return failure(crs.error());
    const auto centre = m_plane.place(*crs, position, "position");
    if (!centre) return failure(centre.error());
    zone.centre = *centre;
  } else if (!zone.reference && json->value(u"type") != QLatin1String("uwb")) {
    return failure(QStringLiteral("position is missing (allowed: a GeoJSON Point, as type is %1)")
                       .arg(json->value(u"type").toString()));
  }
  return zone;
}

Result<HubFence> HubObjects::readFence(const QJsonObject &body) const {
  const auto json = readFields(body, fenceFields);
  if (!json) return failure(json.error());
  const auto crs = m_plane.crsOf(json->value(u"crs").toString());
  if (!crs) return failure(crs.error());
  const HubZone *zone = this->zone(json->value(u"zone_id").toString());
  if (*crs == HubCrs::Local && !zone) {
    return failure(QStringLiteral("zone_id is wrong or missing (allowed: the id of a zone, as crs is local)"));
  }
  if (*crs == HubCrs::Local && zone->reference) {
    return failure(QStringLiteral("zone_id: this zone has coordinates of its own (allowed: crs EPSG:4326)"));
  }
  QJsonValue geometry = json->value(u"region");
  if (json->value(u"elevation_ref") == QLatin1String("wgs84")) {
    const auto ground = groundOf(zone, "zone_id");
    if (!ground) return failure(ground.error());
    geometry = HubPlane::above(*ground, geometry);
  }
  const QJsonValue extrusion = json->value(u"extrusion");
  auto region = m_plane.region(*crs, geometry, json->value(u"radius").toDouble(),
                               extrusion.isDouble() ? std::optional(extrusion.toDouble()) : std::nullopt);
  if (!region) return failure(region.error());
  const QString id = json->value(u"id").toString();
  return HubFence{{id, *json, false},
                  {id, std::move(*region), presenceRuleFrom(*json, m_plane.toMetres(1)), {}, true},
                  zone ? zone->id : QString()};
}

Result<HubTrackable> HubObjects::readTrackable(const QJsonObject &body, const QString &id) const {
  const auto json = readFields(body, trackableFields);
  if (!json) return failure(json.error());
  auto rules = readLocatingRules(json->value(u"locating_rules").toArray());
  if (!rules) return failure(rules.error());
  const FenceWish wish = FenceWish::fromJson(*json, "fence_timeout", m_plane.toMetres(1));
  HubTrackable trackable{{id, *json, false}, id, {}, wish, std::move(*rules)};
  const QJsonArray providers = json->value(u"location_providers").toArray();
  if (providers.size() > mostProviders) {
    return failure(QStringLiteral("location_providers has too many (allowed: %1)").arg(mostProviders));
  }
  for (const QJsonValue &each : providers) {
    const QString provider = each.toString();
    if (const QString wrong = wrongTagId(provider); !wrong.isEmpty()) {
      return failure(QStringLiteral("location_providers: ") + wrong);
    }
    const QString holder = m_holders.value(provider, id);
    if (holder != id || isListed(provider)) {
      return failure(QStringLiteral("location_providers: \"%1\" belongs to another trackable already").arg(provider));
    }
    trackable.providers << provider;
  }
  return trackable;
}

Result<HubProvider> HubObjects::readProvider(const QJsonObject &body) const {
  const auto json = readFields(body, providerFields);
  if (!json) return failure(json.error());
  const QString id = json->value(u"id").toString();
  if (const QString wrong = wrongTagId(id); !wrong.isEmpty()) return failure(QStringLiteral("id: ") + wrong);
  return HubProvider{{id, *json, false}};
}

}  // namespace tagwire::rtls
