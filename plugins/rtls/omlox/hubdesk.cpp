// SPDX-License-Identifier: Apache-2.0
#include "hubdesk.h"

#include <QJsonDocument>

#include <algorithm>

namespace tagwire::rtls {
namespace {

QJsonArray arrayOf(const QList<QJsonObject> &objects) {
  QJsonArray list;
  for (const QJsonObject &each : objects) list.append(each);
  return list;
}

}  // namespace

HubDesk::HubDesk(HubSite &site, const HubRequest &request)
    : m_site(site), m_request(request), m_id(request.path.value(1)) {}

HubDesk::Answered HubDesk::missing() const {
  return hubProblem(404, QStringLiteral("there is no \"%1\"").arg(m_id.left(100)));
}

HubDesk::Answered HubDesk::answer() {
  const auto kind = kindOf(m_request.path.value(0));
  return kind ? ofKind(*kind) : missing();
}

HubDesk::Answered HubDesk::ofKind(HubKind kind) {
  const qsizetype depth = m_request.path.size();
  if (depth == 1) return ofAll(kind);
  if (depth == 2 && m_id == u"summary" && is("GET")) return HubReply{200, arrayOf(visible(kind))};
  if (depth == 2 && kind == HubKind::Providers && m_id == u"locations") return allLocations();
  if (depth == 2 && kind == HubKind::Trackables && m_id == u"motions") return allMotions();
  if (depth == 2) return ofOne(kind);
  const QString &what = m_request.path.at(2);
  switch (kind) {
    case HubKind::Zones:
      if (const auto zone = m_site.objects().zones().find(m_id); zone != m_site.objects().zones().end()) {
        return ofZone(zone->second, what);
      }
      return missing();
    case HubKind::Providers:
      return ofProvider(what);
    case HubKind::Trackables:
      return ofTrackable(what);
    case HubKind::Fences:
      return m_site.objects().find(kind, m_id) ? ofFence(what) : missing();
  }
  return missing();
}

HubDesk::Answered HubDesk::ofAll(HubKind kind) {
  if (is("POST")) return create(kind);
  if (is("DELETE")) {
    if (kind == HubKind::Trackables) {
      for (const auto &[id, trackable] : m_site.objects().trackables()) forget(id);
    }
    if (auto done = m_site.objects().clear(kind); !done) return tl::unexpected(done.error());
    return HubReply{204};
  }
  QJsonArray ids;
  for (const QJsonObject &each : visible(kind)) ids.append(each.value(u"id"));
  return HubReply{200, ids};
}

HubDesk::Answered HubDesk::create(HubKind kind) {
  const auto json = body();
  if (!json) return tl::unexpected(json.error());
  const auto id = m_site.objects().add(kind, *json);
  if (!id) return tl::unexpected(id.error());
  if (kind == HubKind::Trackables) m_site.forgetOwnTags(*id);
  return HubReply{201, m_site.objects().find(kind, *id)->json};
}

HubDesk::Answered HubDesk::ofOne(HubKind kind) {
  if (!is("GET") && m_site.isListed(kind, m_id)) {
    return hubProblem(403, QStringLiteral("\"%1\" stands in the manifest and can't be changed here").arg(m_id));
  }
  if (is("PUT")) {
    const auto json = body();
    if (!json) return tl::unexpected(json.error());
    if (auto done = m_site.objects().replace(kind, m_id, *json); !done) return tl::unexpected(done.error());
    if (kind == HubKind::Trackables) m_site.forgetOwnTags(m_id);
    return HubReply{200, m_site.objects().find(kind, m_id)->json};
  }
  if (is("DELETE")) {
    if (kind == HubKind::Trackables && m_site.objects().find(kind, m_id)) forget(m_id);
    if (auto done = m_site.objects().remove(kind, m_id); !done) return tl::unexpected(done.error());
    return HubReply{204};
  }
  const auto found = seenObject(kind);
  return found ? HubReply{200, *found} : missing();
}

/// The one that the path names, as visible() has it.
std::optional<QJsonObject> HubDesk::seenObject(HubKind kind) const {
  const HubObjects &objects = m_site.objects();
  const HubObject *made = objects.find(kind, m_id);
  if (kind == HubKind::Zones || kind == HubKind::Fences) return made ? std::optional(made->json) : std::nullopt;
  if (kind == HubKind::Providers) {
    const bool isSeen = m_site.hasProvider(m_id) && maySeeProvider(m_id);
    return isSeen ? std::optional(m_site.providerJson(m_id)) : std::nullopt;
  }
  if (made) return maySeeTag(m_id) ? std::optional(made->json) : std::nullopt;
  const int tag = m_site.tagOfTrackable(m_id);
  const bool isSeen = tag >= 0 && m_site.isTrackable(tag) && maySee(tag);
  return isSeen ? std::optional(m_site.trackableJson(tag)) : std::nullopt;
}

/// A trackable that REST made goes: its tag is nowhere.
void HubDesk::forget(const QString &trackable) {
  const int tag = m_site.tagOfTrackable(trackable);
  if (tag >= 0 && m_site.isPresent(tag)) m_site.forget(tag);
}

HubDesk::Answered HubDesk::ofZone(const HubZone &zone, const QString &what) {
  if (what == u"transform") return transform(zone);
  return what == u"createfence" ? fenceOf(zone) : missing();
}

/// From the coordinates that the body names to the other ones.
HubDesk::Answered HubDesk::transform(const HubZone &zone) {
  const auto json = body();
  if (!json) return tl::unexpected(json.error());
  const HubPlane &plane = m_site.plane();
  if (!plane.isGeoreferenced()) {
    return hubProblem(400, QStringLiteral("crs: this instance has no georeference, so that there is but one system"));
  }
  if (zone.reference) {
    return hubProblem(400, QStringLiteral("this zone has coordinates of its own (allowed: a zone without "
                                          "ground_control_points of its own)"));
  }
  const auto crs = plane.crsOf(json->value(u"crs").toString());
  if (!crs) return hubProblem(400, crs.error());
  const auto place = plane.place(*crs, json->value(u"position"), "position");
  if (!place) return hubProblem(400, place.error());
  const HubCrs other = *crs == HubCrs::Local ? HubCrs::Wgs84 : HubCrs::Local;
  return HubReply{200, QJsonObject{{QStringLiteral("position"), plane.point(other, *place)},
                                   {QStringLiteral("source"), zone.id},
                                   {QStringLiteral("crs"), HubPlane::nameOf(other)}}};
}

/// What a POST to /fences would take: its outline, or its position and radius.
HubDesk::Answered HubDesk::fenceOf(const HubZone &zone) const {
  if (zone.isFixed) {
    const QString id = hubId(m_site.instance(), "fence", QStringLiteral("zone/%1").arg(zone.number));
    QJsonObject outline = m_site.objects().find(HubKind::Fences, id)->json;
    outline.insert(QStringLiteral("id"), QUuid::createUuid().toString(QUuid::WithoutBraces));
    outline.remove(QStringLiteral("foreign_id"));
    return HubReply{200, outline};
  }
  QJsonObject fence{{QStringLiteral("id"), QUuid::createUuid().toString(QUuid::WithoutBraces)},
                    {QStringLiteral("name"), zone.json.value(u"name")},
                    {QStringLiteral("zone_id"), zone.id}};
  if (zone.centre && zone.radius > 0) {
    const HubCrs crs = m_site.plane().isGeoreferenced() ? HubCrs::Wgs84 : HubCrs::Local;
    fence.insert(QStringLiteral("region"), m_site.plane().point(crs, *zone.centre));
    fence.insert(QStringLiteral("radius"), zone.radius);
    fence.insert(QStringLiteral("crs"), HubPlane::nameOf(crs));
    return HubReply{200, fence};
  }
  QJsonArray ring;
  for (const QJsonValue &each : zone.json.value(u"ground_control_points").toArray()) {
    ring.append(each[u"wgs84"][u"coordinates"]);
  }
  if (ring.size() < 3) {
    return hubProblem(400,
                      QStringLiteral("this zone has no outline (allowed: one with position and radius, or with three "
                                     "ground_control_points)"));
  }
  ring.append(ring.first());
  QJsonArray rings;
  rings.append(ring);
  fence.insert(QStringLiteral("region"), QJsonObject{{QStringLiteral("type"), QStringLiteral("Polygon")},
                                                     {QStringLiteral("coordinates"), rings}});
  fence.insert(QStringLiteral("crs"), HubPlane::nameOf(HubCrs::Wgs84));
  return HubReply{200, fence};
}

bool HubDesk::maySee(int tag) const { return maySeeTag(m_site.tagId(tag)); }

/// As the socket has it: where a provider is, its trackable is.
bool HubDesk::maySeeProvider(const QString &provider) const {
  const HubTrackable *holder = m_site.objects().holderOf(provider);
  return maySeeTag(holder ? holder->tag : provider);
}

std::vector<int> HubDesk::seen(const std::vector<int> &tags) const {
  std::vector<int> some;
  std::ranges::copy_if(tags, std::back_inserter(some),
                       [this](int tag) { return maySee(tag) && m_site.isPresent(tag); });
  return some;
}

/// What there is of a kind, as far as the caller may know of it.
QList<QJsonObject> HubDesk::visible(HubKind kind) const {
  QList<QJsonObject> list;
  const HubObjects &objects = m_site.objects();
  if (kind == HubKind::Zones || kind == HubKind::Fences) {
    for (const HubObject *each : objects.all(kind)) list << each->json;
  } else if (kind == HubKind::Providers) {
    for (const QString &provider : m_site.providers()) {
      if (maySeeProvider(provider)) list << m_site.providerJson(provider);
    }
  } else {
    for (const auto &[id, trackable] : objects.trackables()) {
      if (maySeeTag(trackable.tag)) list << trackable.json;
    }
    for (const int tag : m_site.tags()) {
      if (maySee(tag) && !objects.trackables().contains(m_site.trackableOf(tag))) list << m_site.trackableJson(tag);
    }
  }
  return list;
}

/// Where the tags are, and what those of the providers said last that they are not there by.
HubDesk::Answered HubDesk::locationsOf(const std::vector<int> &tags, const QStringList &providers) {
  const auto crs = m_site.plane().crsOf(m_request.crs);
  if (!crs) return hubProblem(400, crs.error());
  QJsonArray list;
  for (const int tag : seen(tags)) list.append(m_site.location(tag, *crs));
  for (const QString &provider : providers) {
    const HeardLocation *heard = maySeeProvider(provider) ? m_site.heardOf(provider) : nullptr;
    if (heard) list.append(m_site.location(*heard, *crs));
  }
  return HubReply{200, list};
}

HubDesk::Answered HubDesk::motionsOf(const std::vector<int> &tags) {
  const auto crs = m_site.plane().crsOf(m_request.crs);
  if (!crs) return hubProblem(400, crs.error());
  QJsonArray list;
  for (const int tag : seen(tags)) list.append(m_site.motion(tag, *crs));
  return HubReply{200, list};
}

HubDesk::Answered HubDesk::allMotions() {
  if (!is("GET")) return missing();
  return motionsOf(m_site.tags());
}

HubDesk::Answered HubDesk::allLocations() {
  if (is("GET")) return locationsOf(m_site.tags(), m_site.providers());
  for (const QString &provider : m_site.providers()) {
    if (m_request.permissions.allow(right::writePositions, provider)) m_site.forgetProvider(provider);
  }
  for (const int tag : m_site.tags()) {
    if (m_site.isPresent(tag) && m_request.permissions.allow(right::writePositions, m_site.providerOf(tag))) {
      m_site.forget(tag);
    }
  }
  return HubReply{204};
}

QStringList HubDesk::trackablesOf(const std::vector<int> &tags) const {
  QStringList ids;
  for (const int tag : seen(tags)) ids << m_site.trackableOf(tag);
  return ids;
}

HubDesk::Answered HubDesk::ofTrackable(const QString &what) {
  const int tag = m_site.tagOfTrackable(m_id);
  const auto known = m_site.objects().trackables().find(m_id);
  const bool isMade = known != m_site.objects().trackables().end();
  if (!(isMade ? maySeeTag(known->second.tag) : tag >= 0 && m_site.isTrackable(tag) && maySee(tag))) return missing();
  const bool isHere = tag >= 0 && m_site.isPresent(tag);
  if (what == u"providers") {
    return HubReply{200, isMade ? known->second.json.value(u"location_providers").toArray()
                                : QJsonArray::fromStringList(m_site.providersOf(tag))};
  }
  if (what == u"sensors") {
    QJsonArray sensors;
    for (const QString &provider : isMade ? known->second.providers : m_site.providersOf(tag)) {
      sensors.append(m_site.providerJson(provider).value(u"sensors").toObject());
    }
    return HubReply{200, sensors};
  }
  if (what == u"fences")
    return HubReply{200, QJsonArray::fromStringList(tag < 0 ? QStringList() : m_site.fencesOf(tag))};
  if (what == u"locations") {
    return locationsOf(tag < 0 ? std::vector<int>() : std::vector<int>{tag},
                       isMade ? known->second.providers : QStringList());
  }
  if (what != u"location" && what != u"motion") return missing();
  const auto crs = m_site.plane().crsOf(m_request.crs);
  if (!crs) return hubProblem(400, crs.error());
  if (!isHere) return hubProblem(404, QStringLiteral("no location of \"%1\" is known").arg(m_id));
  return HubReply{200, what == u"motion" ? m_site.motion(tag, *crs) : m_site.location(tag, *crs)};
}

HubDesk::Answered HubDesk::ofProvider(const QString &what) {
  if (is("PUT") && (what == u"location" || what == u"proximity")) return takeOne(what == u"location");
  const HubTrackable *holder = m_site.objects().holderOf(m_id);
  const bool isSeen = maySeeProvider(m_id);
  const bool isWritten = is("DELETE") && m_request.permissions.allow(right::writePositions, m_id);
  if (!m_site.hasProvider(m_id) || !(isSeen || isWritten)) return missing();
  const int tag = m_site.tagOfProvider(m_id);
  if (what == u"location") return providerLocation(tag);
  if (what == u"sensors") return HubReply{200, m_site.providerJson(m_id).value(u"sensors").toObject()};
  if (what == u"fences")
    return HubReply{200, QJsonArray::fromStringList(tag < 0 ? QStringList() : m_site.fencesOf(tag))};
  if (what != u"trackables") return missing();
  if (holder) return HubReply{200, QJsonArray{holder->id}};
  return HubReply{200, tag < 0 ? QJsonArray() : QJsonArray{m_site.trackableOf(tag)}};
}

HubDesk::Answered HubDesk::providerLocation(int tag) {
  const bool isHere = tag >= 0 && m_site.isPresent(tag);
  if (is("DELETE")) {
    if (!m_request.permissions.allow(right::writePositions, m_id)) {
      return hubProblem(403, QStringLiteral("not permitted: positions:write of \"%1\" is due").arg(m_id));
    }
    m_site.forgetProvider(m_id);
    return HubReply{204};
  }
  const auto crs = m_site.plane().crsOf(m_request.crs);
  if (!crs) return hubProblem(400, crs.error());
  if (const HeardLocation *heard = m_site.heardOf(m_id)) return HubReply{200, m_site.location(*heard, *crs)};
  if (isHere && m_site.providerOf(tag) == m_id) return HubReply{200, m_site.location(tag, *crs)};
  return hubProblem(404, QStringLiteral("no location of \"%1\" is known").arg(m_id));
}

HubDesk::Answered HubDesk::takeOne(bool isLocation) {
  const auto json = body();
  if (!json) return tl::unexpected(json.error());
  const auto taken = isLocation ? m_site.takeLocation(*json, m_id, m_request.permissions, m_request.sender)
                                : m_site.takeProximity(*json, m_id, m_request.permissions, m_request.sender);
  if (!taken) return tl::unexpected(taken.error());
  return HubReply{204};
}

HubDesk::Answered HubDesk::ofFence(const QString &what) {
  const std::vector<int> tags = m_site.tagsIn(m_id);
  if (what == u"locations") return locationsOf(tags, {});
  if (what == u"motions") return motionsOf(tags);
  if (what == u"trackables") return HubReply{200, QJsonArray::fromStringList(trackablesOf(tags))};
  if (what != u"providers") return missing();
  QStringList providers;
  for (const int tag : seen(tags)) providers << m_site.providersOf(tag);
  return HubReply{200, QJsonArray::fromStringList(providers)};
}

HubResult<QJsonObject> HubDesk::body() const {
  QJsonParseError error;
  const QJsonDocument document = QJsonDocument::fromJson(m_request.body, &error);
  if (document.isObject()) return document.object();
  return hubProblem(400, error.error == QJsonParseError::NoError
                             ? QStringLiteral("the body is no object (allowed: one JSON object)")
                             : QStringLiteral("the body is no JSON: %1").arg(error.errorString()));
}

}  // namespace tagwire::rtls
