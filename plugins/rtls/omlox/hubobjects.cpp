// SPDX-License-Identifier: Apache-2.0
#include "hubobjects.h"

#include <QJsonDocument>

#include <algorithm>
#include <cmath>

namespace tagwire::rtls {
namespace {

constexpr int objectsFileVersion = 1;
constexpr std::array kinds{std::pair{HubKind::Zones, "zones"}, std::pair{HubKind::Providers, "providers"},
                           std::pair{HubKind::Trackables, "trackables"}, std::pair{HubKind::Fences, "fences"}};

qint64 millisecondsOf(std::chrono::nanoseconds time) {
  return time == endless ? -1 : std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

Vertex centreOfRegion(const Region &region) {
  const Box &box = region.bounds();
  return {(box.lowest.x + box.highest.x) / 2, (box.lowest.y + box.highest.y) / 2};
}

/// Three corners of the box around it, in both systems.
QJsonArray controlPoints(const HubPlane &plane, const Region &region) {
  const Box &box = region.bounds();
  QJsonArray points;
  for (const Vertex &corner : {box.lowest, Vertex{box.highest.x, box.lowest.y}, Vertex{box.lowest.x, box.highest.y}}) {
    const Place place{corner.x, corner.y, 0};
    points.append(QJsonObject{{QStringLiteral("wgs84"), plane.point(HubCrs::Wgs84, place)},
                              {QStringLiteral("local"), plane.point(HubCrs::Local, place)}});
  }
  return points;
}

HubProblem fixedProblem(const QString &id) {
  return {403, QStringLiteral("\"%1\" stands in the manifest and can't be changed here").arg(id)};
}
HubProblem missingProblem(const QString &id) { return {404, QStringLiteral("there is no \"%1\"").arg(id.left(100))}; }

}  // namespace

std::optional<HubKind> kindOf(const QString &name) {
  const auto found =
      std::ranges::find_if(kinds, [&name](const auto &each) { return name == QLatin1String(each.second); });
  return found == kinds.end() ? std::nullopt : std::optional(found->first);
}

QString hubId(const QString &instance, const char *kind, const QString &ours) {
  const QString name = instance + u'/' + QLatin1String(kind) + u'/' + ours;
  return QUuid::createUuidV5(hubNamespace, name).toString(QUuid::WithoutBraces);
}

HubObjects::HubObjects(const QString &instance, const Model &model, std::chrono::nanoseconds timeout)
    : m_instance(instance), m_plane(model.lengthUnit, model.georeference) {
  addZones(model);
  addFences(model, timeout);
  for (const TagInfo &tag : model.tags) m_listed.insert(tag.id, tag.name);
}

void HubObjects::addZones(const Model &model) {
  for (const Zone &zone : model.zones) {
    m_zoneIds.insert(zone.info.id, hubId(m_instance, "zone", QString::number(zone.info.id)));
    m_parents.insert(zone.info.id, zone.info.parent);
  }
  for (const Zone &zone : model.zones) {
    const QString id = idOfZone(zone.info.id);
    QJsonObject properties{{QStringLiteral("id"), zone.info.id},
                           {QStringLiteral("instance"), m_instance},
                           {QStringLiteral("level"), zone.info.level}};
    if (zone.info.parent != 0) properties.insert(QStringLiteral("parent"), idOfZone(zone.info.parent));
    HubZone made{{id, {}, true}, zone.info.id, {}, 0, {}};
    made.json = {{QStringLiteral("id"), id},
                 {QStringLiteral("type"), QStringLiteral("uwb")},
                 {QStringLiteral("foreign_id"), QString::number(zone.info.id)},
                 {QStringLiteral("name"), zone.info.name},
                 {QStringLiteral("incomplete_configuration"), !m_plane.isGeoreferenced()},
                 {QStringLiteral("properties"), properties}};
    if (m_plane.isGeoreferenced()) {
      made.json.insert(QStringLiteral("ground_control_points"), controlPoints(m_plane, zone.region));
    }
    const Vertex centre = centreOfRegion(zone.region);
    const double floor = std::isfinite(zone.region.heights().from) ? zone.region.heights().from : 0;
    made.centre = Place{centre.x, centre.y, floor};
    const Vertex corner = zone.region.bounds().highest;
    made.radius = m_plane.toMetres(std::hypot(corner.x - centre.x, corner.y - centre.y));
    m_foreignZones.insert(QString::number(zone.info.id), id);
    m_zones.emplace(id, std::move(made));
  }
}

/// Every zone's outline, and every region of every trigger that stays where it is.
void HubObjects::addFences(const Model &model, std::chrono::nanoseconds timeout) {
  for (const Zone &zone : model.zones) {
    PresenceRule rule;
    rule.timeout = timeout;
    addFence(QStringLiteral("zone/%1").arg(zone.info.id), zone.info.name, zone.region, rule, zone.info.id,
             {{QStringLiteral("zone"), zone.info.id}});
  }
  for (const Trigger &trigger : model.triggers) {
    PresenceRule rule = trigger.rule;
    rule.timeout = timeout;
    for (size_t i = 0; i < trigger.regions.size(); ++i) {
      addFence(QStringLiteral("trigger/%1/%2").arg(trigger.info.id).arg(i), trigger.info.name, trigger.regions[i], rule,
               trigger.info.zone,
               {{QStringLiteral("trigger"), trigger.info.id}, {QStringLiteral("direction"), trigger.info.direction}},
               trigger.tags);
    }
  }
}

void HubObjects::addFence(const QString &ours, const QString &name, const Region &region, const PresenceRule &rule,
                          int zone, QJsonObject properties, const QSet<QString> &tags) {
  const QString id = hubId(m_instance, "fence", ours);
  properties.insert(QStringLiteral("instance"), m_instance);
  HubFence made{{id, {}, true}, {id, region, rule, tags}, idOfZone(zone)};
  made.fence.rule.timeout = endless;  // the Tracker says who is lost
  made.json = {{QStringLiteral("id"), id},
               {QStringLiteral("region"), m_plane.region(HubCrs::Local, region)},
               {QStringLiteral("foreign_id"), ours},
               {QStringLiteral("name"), name},
               {QStringLiteral("timeout"), millisecondsOf(rule.timeout)},
               {QStringLiteral("exit_tolerance"), m_plane.toMetres(rule.exitTolerance)},
               {QStringLiteral("tolerance_timeout"), millisecondsOf(rule.toleranceTimeout)},
               {QStringLiteral("exit_delay"), millisecondsOf(rule.exitDelay)},
               {QStringLiteral("crs"), HubPlane::nameOf(HubCrs::Local)},
               {QStringLiteral("zone_id"), idOfZone(zone)},
               {QStringLiteral("elevation_ref"), QStringLiteral("floor")},
               {QStringLiteral("properties"), properties}};
  if (const auto *circle = std::get_if<Circle>(&region.shape())) {
    made.json.insert(QStringLiteral("radius"), m_plane.toMetres(circle->radius));
  }
  const Heights &heights = region.heights();
  if (std::isfinite(heights.to - heights.from)) {
    made.json.insert(QStringLiteral("extrusion"), m_plane.toMetres(heights.to - heights.from));
  }
  m_fences.emplace(id, std::move(made));
}

std::vector<const HubObject *> HubObjects::all(HubKind kind) const {
  std::vector<const HubObject *> list;
  const auto take = [&list](const auto &objects) {
    for (const auto &[id, object] : objects) list.push_back(&object);
  };
  if (kind == HubKind::Zones) take(m_zones);
  if (kind == HubKind::Providers) take(m_providers);
  if (kind == HubKind::Trackables) take(m_trackables);
  if (kind == HubKind::Fences) take(m_fences);
  return list;
}

const HubObject *HubObjects::find(HubKind kind, const QString &id) const {
  const auto look = [&id](const auto &objects) -> const HubObject * {
    const auto found = objects.find(id);
    return found == objects.end() ? nullptr : &found->second;
  };
  switch (kind) {
    case HubKind::Zones:
      return look(m_zones);
    case HubKind::Providers:
      return look(m_providers);
    case HubKind::Trackables:
      return look(m_trackables);
    case HubKind::Fences:
      return look(m_fences);
  }
  return nullptr;
}

const HubZone *HubObjects::zone(const QString &id) const {
  auto found = m_zones.find(id);
  if (found == m_zones.end()) found = m_zones.find(m_foreignZones.value(id));
  return found == m_zones.end() ? nullptr : &found->second;
}

QStringList HubObjects::idsAbove(int number) const {
  QStringList ids;
  for (; number != 0 && m_zoneIds.contains(number); number = m_parents.value(number)) ids << idOfZone(number);
  return ids;
}

const HubTrackable *HubObjects::holderOf(const QString &provider) const {
  if (m_holders.isEmpty()) return nullptr;
  const auto found = m_trackables.find(m_holders.value(provider));
  return found == m_trackables.end() ? nullptr : &found->second;
}

HubResult<QString> HubObjects::add(HubKind kind, const QJsonObject &body) {
  QString id = body.value(u"id").toString();
  if (find(kind, id) || (kind == HubKind::Providers && isListed(id))) {
    return tl::unexpected(HubProblem{400, QStringLiteral("id \"%1\" is taken").arg(id.left(100))});
  }
  if (m_made[static_cast<size_t>(kind)] >= most) {
    return tl::unexpected(
        HubProblem{400, QStringLiteral("there are %1 of these already, which is the most").arg(most)});
  }
  if (const auto done = put(kind, id, body); !done) return tl::unexpected(done.error());
  return id;
}

HubResult<void> HubObjects::replace(HubKind kind, const QString &id, const QJsonObject &body) {
  const HubObject *there = find(kind, id);
  if (!there) return tl::unexpected(missingProblem(id));
  if (there->isFixed) return tl::unexpected(fixedProblem(id));
  QJsonObject whole = body;
  if (!whole.contains(QStringLiteral("id"))) whole.insert(QStringLiteral("id"), id);
  if (whole.value(u"id").toString() != id) {
    return tl::unexpected(HubProblem{400, QStringLiteral("id is wrong (allowed: that of the path)")});
  }
  if (kind == HubKind::Zones) {
    if (auto may = mayChange(m_zones.at(id), &whole); !may) return may;
  }
  QString same = id;
  return put(kind, same, whole);
}

HubResult<void> HubObjects::remove(HubKind kind, const QString &id) {
  const HubObject *there = find(kind, id);
  if (!there) return tl::unexpected(missingProblem(id));
  if (there->isFixed) return tl::unexpected(fixedProblem(id));
  if (kind == HubKind::Zones) {
    if (auto may = mayChange(m_zones.at(id), nullptr); !may) return may;
  }
  drop(kind, [&id](const HubObject &each) { return each.id == id; });
  return {};
}

HubResult<void> HubObjects::mayClear(HubKind kind) const {
  if (kind != HubKind::Zones) return {};
  for (const auto &[id, zone] : m_zones) {
    if (zone.isFixed) continue;
    if (auto may = mayChange(zone, nullptr); !may) return may;
  }
  return {};
}

HubResult<void> HubObjects::clear(HubKind kind) {
  if (auto may = mayClear(kind); !may) return may;
  drop(kind, [](const HubObject &) { return true; });
  return {};
}

/// One that a client made, which names it, and its height if that is meant; null when none does.
const HubFence *HubObjects::fenceAt(const HubZone &zone, bool isByHeight) const {
  if (m_made[static_cast<size_t>(HubKind::Fences)] == 0) return nullptr;
  const auto found = std::find_if(m_fences.begin(), m_fences.end(), [&](const auto &each) {
    return !each.second.isFixed && each.second.zone == zone.id &&
           (!isByHeight || each.second.json.value(u"elevation_ref") == QLatin1String("wgs84"));
  });
  return found == m_fences.end() ? nullptr : &found->second;
}

/// A fence could not be read any more whose zone were gone (`next` null), called something else, or no part of our
/// plane, or as high as nobody knows.
HubResult<void> HubObjects::mayChange(const HubZone &zone, const QJsonObject *next) const {
  const bool isSame = next && next->value(u"foreign_id") == zone.json.value(u"foreign_id") &&
                      next->contains(u"ground_control_points") == zone.reference.has_value();
  const bool isAsHigh = next && next->value(u"wgs84_height") == zone.json.value(u"wgs84_height");
  const HubFence *fence = isSame && isAsHigh ? nullptr : fenceAt(zone, isSame);
  if (!fence) return {};
  return tl::unexpected(
      HubProblem{400, QStringLiteral("zone \"%1\" is the zone_id of fence \"%2\" (allowed: change or delete that one "
                                     "first)")
                          .arg(zone.id, fence->id)});
}

Result<double> HubObjects::groundOf(const HubZone *zone, const char *field) {
  const QJsonValue height = zone ? zone->json.value(u"wgs84_height") : QJsonValue();
  if (height.isDouble()) return height.toDouble();
  return failure(QStringLiteral("elevation_ref wgs84: %1 is no zone with a wgs84_height, so that nobody knows how high "
                                "its floor is (allowed: floor)")
                     .arg(QLatin1String(field)));
}

/// Its providers, for others to have.
void HubObjects::release(const QString &trackable, const QStringList &providers) {
  for (const QString &provider : providers) {
    if (m_holders.value(provider) == trackable) m_holders.remove(provider);
  }
}

/// Of what clients made.
void HubObjects::drop(HubKind kind, const std::function<bool(const HubObject &)> &isMeant) {
  const auto dropFrom = [&](auto &objects) {
    std::erase_if(objects, [&](const auto &each) {
      if (each.second.isFixed || !isMeant(each.second)) return false;
      --m_made[static_cast<size_t>(kind)];
      m_bytes -= each.second.bytes;
      if constexpr (std::is_same_v<decltype(each.second), HubTrackable>) {
        release(each.first, each.second.providers);
      }
      return true;
    });
  };
  if (kind == HubKind::Zones) dropFrom(m_zones);
  if (kind == HubKind::Zones) nameZones();
  if (kind == HubKind::Providers) dropFrom(m_providers);
  if (kind == HubKind::Fences) dropFrom(m_fences);
  if (kind == HubKind::Trackables) dropFrom(m_trackables);
}

/// The first of a foreign_id has it; those of the manifest before those of clients.
void HubObjects::nameZones() {
  m_foreignZones.clear();
  for (const bool isFixed : {true, false}) {
    for (const auto &[id, zone] : m_zones) {
      const QString foreign = zone.json.value(u"foreign_id").toString();
      if (zone.isFixed == isFixed && !foreign.isEmpty() && !m_foreignZones.contains(foreign)) {
        m_foreignZones.insert(foreign, id);
      }
    }
  }
}

QByteArray HubObjects::toBytes() const {
  QJsonObject file{{QStringLiteral("version"), objectsFileVersion}};
  for (const auto &[kind, name] : kinds) {
    QJsonArray list;
    for (const HubObject *each : all(kind)) {
      if (!each->isFixed) list.append(each->json);
    }
    file.insert(QLatin1String(name), list);
  }
  return QJsonDocument(file).toJson(QJsonDocument::Compact);
}

Result<void> HubObjects::takeBytes(const QByteArray &bytes, const Permit &permit) {
  const QJsonObject file = QJsonDocument::fromJson(bytes).object();
  if (file.value(u"version").toInt() != objectsFileVersion) {
    return failure(QStringLiteral("is damaged, or of an unknown version (allowed: %1)").arg(objectsFileVersion));
  }
  QStringList refused;
  for (const auto &[kind, name] : kinds) {
    for (const QJsonValue &each : file.value(QLatin1String(name)).toArray()) {
      const auto may = permit(kind, each.toObject());
      const auto added = may ? add(kind, each.toObject()) : tl::unexpected(may.error());
      if (added) continue;
      refused << QStringLiteral("%1 \"%2\": %3")
                     .arg(QLatin1String(name), each[u"id"].toString().left(100), added.error().text);
    }
  }
  if (refused.isEmpty()) return {};
  return failure(QStringLiteral("holds what is left out now: ") + refused.mid(0, 5).join(QStringLiteral("; ")));
}

}  // namespace tagwire::rtls
