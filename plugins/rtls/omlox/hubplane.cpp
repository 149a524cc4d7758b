// SPDX-License-Identifier: Apache-2.0
#include "hubplane.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "shapecheck.h"

namespace tagwire::rtls {
namespace {

constexpr double metresPerFoot = 0.3048;
constexpr qsizetype mostCorners = 1000;
constexpr qsizetype mostRings = 100;

QJsonObject geometryOf(const char *type, const QJsonArray &coordinates) {
  return {{QStringLiteral("type"), QLatin1String(type)}, {QStringLiteral("coordinates"), coordinates}};
}

QString wrongGeometry(const char *field, const char *allowed) {
  return QStringLiteral("%1 is wrong or missing (allowed: %2)").arg(QLatin1String(field), QLatin1String(allowed));
}

bool isNumbers(const QJsonArray &array) {
  return (array.size() == 2 || array.size() == 3) && std::all_of(array.begin(), array.end(), [](const auto &each) {
           return each.isDouble() && std::isfinite(each.toDouble()) && std::abs(each.toDouble()) <= farthestCoordinate;
         });
}

/// A position, a ring, or rings.
QJsonArray lowered(const QJsonArray &coordinates, double by, int depth) {
  QJsonArray all = coordinates;
  if (all.size() > 2 && all[2].isDouble()) {
    all[2] = all[2].toDouble() - by;
  } else if (depth > 0) {
    for (qsizetype i = 0; i < all.size(); ++i) {
      if (all[i].isArray()) all[i] = lowered(all[i].toArray(), by, depth - 1);
    }
  }
  return all;
}

}  // namespace

HubPlane::HubPlane(const QString &lengthUnit, std::optional<GeoReference> georeference)
    : m_metresPerUnit(lengthUnit == u"ft" ? metresPerFoot : 1), m_georeference(georeference) {}

QString HubPlane::nameOf(HubCrs crs) {
  return crs == HubCrs::Local ? QStringLiteral("local") : QStringLiteral("EPSG:4326");
}

Result<HubCrs> HubPlane::crsOf(const QString &text) const {
  if (text == u"local") return HubCrs::Local;
  const QString allowed = isGeoreferenced() ? QStringLiteral("local, EPSG:4326") : QStringLiteral("local");
  if (!text.isEmpty() && text != u"EPSG:4326") {
    return failure(QStringLiteral("crs \"%1\" is not served (allowed: %2)").arg(text.left(40), allowed));
  }
  if (isGeoreferenced()) return HubCrs::Wgs84;
  return failure(QStringLiteral("crs EPSG:4326%1 is not served, as this instance has no georeference (allowed: %2)")
                     .arg(text.isEmpty() ? QStringLiteral(", the default,") : QString(), allowed));
}

QJsonArray HubPlane::coordinates(HubCrs crs, const Vertex &vertex) const {
  if (crs == HubCrs::Local) return {toMetres(vertex.x), toMetres(vertex.y)};
  const Wgs84 wgs84 = m_georeference->toWgs84(vertex.x, vertex.y);
  return {wgs84.longitude, wgs84.latitude};
}

QJsonArray HubPlane::coordinates(HubCrs crs, const Place &place) const {
  QJsonArray all = coordinates(crs, Vertex{place.x, place.y});
  all.append(toMetres(place.z));
  return all;
}

QJsonObject HubPlane::point(HubCrs crs, const Place &place) const {
  return geometryOf("Point", coordinates(crs, place));
}

QJsonObject HubPlane::region(HubCrs crs, const Region &region) const {
  const bool hasFloor = std::isfinite(region.heights().from);
  const auto corner = [&](const Vertex &vertex) {
    return hasFloor ? coordinates(crs, Place{vertex.x, vertex.y, region.heights().from}) : coordinates(crs, vertex);
  };
  if (const auto *circle = std::get_if<Circle>(&region.shape())) return geometryOf("Point", corner(circle->center));
  const auto ringOf = [&corner](const Polygon &polygon) {
    QJsonArray ring;
    for (const Vertex &vertex : polygon) ring.append(corner(vertex));
    ring.append(ring.first());
    return ring;
  };
  QJsonArray rings;
  rings.append(ringOf(std::get<Polygon>(region.shape())));
  for (const Polygon &hole : region.holes()) rings.append(ringOf(hole));
  return geometryOf("Polygon", rings);
}

QJsonValue HubPlane::above(double height, const QJsonValue &geometry) {
  QJsonObject object = geometry.toObject();
  object.insert(QStringLiteral("coordinates"), lowered(object.value(u"coordinates").toArray(), height, 2));
  return object;
}

Result<Vertex> HubPlane::vertex(HubCrs crs, double x, double y) const {
  if (crs == HubCrs::Local) return Vertex{fromMetres(x), fromMetres(y)};
  if (std::abs(x) > 180 || std::abs(y) > 90) {
    return failure(QStringLiteral("[%1, %2] is not on earth (allowed: [longitude, latitude])").arg(x).arg(y));
  }
  const QPointF local = m_georeference->toLocal({x, y});
  if (std::abs(local.x()) <= farthestCoordinate && std::abs(local.y()) <= farthestCoordinate)
    return Vertex{local.x(), local.y()};
  return failure(QStringLiteral("[%1, %2] is too far away").arg(x).arg(y));
}

Result<Place> HubPlane::place(HubCrs crs, const QJsonValue &point, const char *field) const {
  const QJsonArray numbers = point[u"coordinates"].toArray();
  if (point[u"type"] != QLatin1String("Point") || !isNumbers(numbers)) {
    return failure(wrongGeometry(field, "{\"type\":\"Point\",\"coordinates\":[x,y] or [x,y,z]}"));
  }
  const auto at = vertex(crs, numbers[0].toDouble(), numbers[1].toDouble());
  if (!at) return failure(QStringLiteral("%1: %2").arg(QLatin1String(field), at.error()));
  return Place{at->x, at->y, fromMetres(numbers.size() > 2 ? numbers[2].toDouble() : 0)};
}

Result<Polygon> HubPlane::polygon(HubCrs crs, const QJsonArray &ring, double *lowest) const {
  if (ring.size() < 4 || ring.size() > mostCorners || ring.first() != ring.last()) {
    return failure(QStringLiteral("region: a ring has 4 to %1 positions, and ends where it began").arg(mostCorners));
  }
  Polygon polygon;
  for (qsizetype i = 0; i + 1 < ring.size(); ++i) {
    const QJsonArray numbers = ring[i].toArray();
    if (!isNumbers(numbers)) return failure(QStringLiteral("region: position %1 is no [x, y] or [x, y, z]").arg(i));
    const auto corner = vertex(crs, numbers[0].toDouble(), numbers[1].toDouble());
    if (!corner) return failure(QStringLiteral("region: ") + corner.error());
    if (numbers.size() > 2) *lowest = std::min(*lowest, fromMetres(numbers[2].toDouble()));
    polygon.push_back(*corner);
  }
  if (const QString wrong = wrongOutline(polygon); !wrong.isEmpty()) return failure(QStringLiteral("region: ") + wrong);
  return polygon;
}

Result<Region> HubPlane::region(HubCrs crs, const QJsonValue &geometry, double radius,
                                std::optional<double> extrusion) const {
  constexpr double none = std::numeric_limits<double>::infinity();
  const auto heights = [&](double lowest) {
    if (!extrusion) return Heights();
    const double from = lowest == none ? 0 : lowest;
    return Heights{from, from + fromMetres(*extrusion)};
  };
  if (geometry[u"type"] == QLatin1String("Point")) {
    const auto centre = place(crs, geometry, "region");
    if (!centre) return failure(centre.error());
    if (radius <= 0)
      return failure(QStringLiteral("radius is wrong or missing (allowed: metres, as region is a Point)"));
    return Region(Circle{{centre->x, centre->y}, fromMetres(radius)}, heights(centre->z));
  }
  const QJsonArray rings = geometry[u"coordinates"].toArray();
  if (geometry[u"type"] != QLatin1String("Polygon") || rings.isEmpty() || rings.size() > mostRings) {
    return failure(wrongGeometry("region", "a GeoJSON Polygon, or a Point and radius"));
  }
  double lowest = none;
  std::vector<Polygon> all;
  for (const QJsonValue &ring : rings) {
    auto each = polygon(crs, ring.toArray(), &lowest);
    if (!each) return failure(each.error());
    all.push_back(std::move(*each));
  }
  const std::vector<Polygon> holes(all.begin() + 1, all.end());
  if (const QString wrong = wrongHoles(all[0], holes); !wrong.isEmpty())
    return failure(QStringLiteral("region: ") + wrong);
  return Region(std::move(all[0]), heights(lowest), holes);
}

double HubPlane::course(const Place &from, const Place &to) const {
  double east = to.x - from.x;
  double north = to.y - from.y;
  if (m_georeference) {
    const Wgs84 a = m_georeference->toWgs84(from.x, from.y);
    const Wgs84 b = m_georeference->toWgs84(to.x, to.y);
    east = (b.longitude - a.longitude) * std::cos(a.latitude * std::numbers::pi / 180);
    north = b.latitude - a.latitude;
  }
  const double degrees = std::atan2(east, north) * 180 / std::numbers::pi;
  return degrees < 0 ? degrees + 360 : degrees;
}

}  // namespace tagwire::rtls
