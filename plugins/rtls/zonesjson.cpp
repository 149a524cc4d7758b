// SPDX-License-Identifier: Apache-2.0
#include "zonesjson.h"

#include <QJsonArray>

#include <cmath>

namespace tagwire::rtls {
namespace {

QJsonArray pair(double first, double second) { return {first, second}; }

QJsonArray cornersOf(const Polygon &polygon) {
  QJsonArray corners;
  for (const Vertex &vertex : polygon) corners.append(pair(vertex.x, vertex.y));
  return corners;
}

QJsonArray onEarth(const Polygon &polygon, const GeoReference &georeference) {
  QJsonArray corners;
  for (const Vertex &vertex : polygon) {
    const Wgs84 place = georeference.toWgs84(vertex.x, vertex.y);
    corners.append(pair(place.longitude, place.latitude));
  }
  return corners;
}

QJsonObject circleJson(const Circle &circle, const std::optional<GeoReference> &georeference) {
  QJsonObject json{{QStringLiteral("center"), pair(circle.center.x, circle.center.y)},
                   {QStringLiteral("radius"), circle.radius}};
  if (!georeference) return json;
  const Wgs84 center = georeference->toWgs84(circle.center.x, circle.center.y);
  json.insert(QStringLiteral("center_wgs84"), pair(center.longitude, center.latitude));
  json.insert(QStringLiteral("radius_m"), circle.radius * georeference->metresPerUnit());
  return json;
}

void putShape(QJsonObject &json, const Region &region, const std::optional<GeoReference> &georeference) {
  if (const auto *circle = std::get_if<Circle>(&region.shape())) {
    json.insert(QStringLiteral("circle"), circleJson(*circle, georeference));
    return;
  }
  const Polygon &outline = std::get<Polygon>(region.shape());
  json.insert(QStringLiteral("polygon"), cornersOf(outline));
  if (georeference) json.insert(QStringLiteral("polygon_wgs84"), onEarth(outline, *georeference));
  if (region.holes().empty()) return;
  QJsonArray holes;
  QJsonArray holesOnEarth;
  for (const Polygon &hole : region.holes()) {
    holes.append(cornersOf(hole));
    if (georeference) holesOnEarth.append(onEarth(hole, *georeference));
  }
  json.insert(QStringLiteral("holes"), holes);
  if (georeference) json.insert(QStringLiteral("holes_wgs84"), holesOnEarth);
}

QJsonObject zoneJson(const Zone &zone, const std::optional<GeoReference> &georeference) {
  QJsonObject json{{QStringLiteral("id"), zone.info.id},
                   {QStringLiteral("name"), zone.info.name},
                   {QStringLiteral("level"), zone.info.level}};
  if (zone.info.parent != 0) json.insert(QStringLiteral("parent"), zone.info.parent);
  const Heights &heights = zone.region.heights();
  if (std::isfinite(heights.from)) json.insert(QStringLiteral("z"), pair(heights.from, heights.to));
  putShape(json, zone.region, georeference);
  return json;
}

/// Zones of other instances may have the same number: the manager tells them apart. Its name fits into a URL as it
/// is.
QString planUrl(const Zone &zone, const QList<RtlsManager> &managers) {
  const QString url = QStringLiteral("/api/v1/rtls/zones/%1/plan").arg(zone.info.id);
  if (managers.isEmpty()) return url;
  return url + QStringLiteral("?manager=") + managers.first().name;
}

QJsonObject planJson(const Plan &plan, const QString &url) {
  return {{QStringLiteral("url"), url},
          {QStringLiteral("scale"), plan.scale},
          {QStringLiteral("origin"), pair(plan.origin.x, plan.origin.y)},
          {QStringLiteral("rotation"), plan.rotation}};
}

}  // namespace

QJsonObject zonesJson(const Model &model) {
  QJsonArray zones;
  for (const Zone &zone : model.zones) {
    QJsonObject json = zoneJson(zone, model.georeference);
    if (zone.plan) json.insert(QStringLiteral("plan"), planJson(*zone.plan, planUrl(zone, model.managers)));
    zones.append(json);
  }
  QJsonObject json{{QStringLiteral("length_unit"), model.lengthUnit}, {QStringLiteral("zones"), zones}};
  if (!model.georeference) return json;
  // Not local 0, 0, which may be thousands of kilometres away, as those of UTM are.
  const QPointF origin = model.georeference->centre();
  const Wgs84 onEarth = model.georeference->toWgs84(origin.x(), origin.y());
  json.insert(QStringLiteral("georeference"),
              QJsonObject{{QStringLiteral("origin"), pair(origin.x(), origin.y())},
                          {QStringLiteral("origin_wgs84"), pair(onEarth.longitude, onEarth.latitude)},
                          {QStringLiteral("m_per_unit"), model.georeference->metresPerUnit()},
                          {QStringLiteral("residual_m"), model.georeference->residual()}});
  return json;
}

}  // namespace tagwire::rtls
