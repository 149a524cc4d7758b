// SPDX-License-Identifier: Apache-2.0
#include "georeference.h"

#include <GeographicLib/AzimuthalEquidistant.hpp>
#include <algorithm>
#include <cmath>

namespace tagwire::rtls {
namespace {

/// East and north of `origin`, in metres: true to length and direction from there. Unlike a tangent plane that drops
/// the height, it is exact both ways.
QPointF project(const Wgs84 &origin, const Wgs84 &place) {
  static const GeographicLib::AzimuthalEquidistant plane(GeographicLib::Geodesic::WGS84());
  double east = 0, north = 0;
  plane.Forward(origin.latitude, origin.longitude, place.latitude, place.longitude, east, north);
  return {east, north};
}

Wgs84 unproject(const Wgs84 &origin, const QPointF &metres) {
  static const GeographicLib::AzimuthalEquidistant plane(GeographicLib::Geodesic::WGS84());
  Wgs84 place;
  plane.Reverse(origin.latitude, origin.longitude, metres.x(), metres.y(), place.latitude, place.longitude);
  return place;
}

double length(const QPointF &vector) { return std::hypot(vector.x(), vector.y()); }

QPointF centreOf(const std::vector<QPointF> &points) {
  QPointF sum;
  for (const QPointF &point : points) sum += point;
  return sum / static_cast<double>(points.size());
}

QString wrongPlace(const GeoReference::ControlPoint &point) {
  if (!std::isfinite(point.x) || !std::isfinite(point.y)) return QStringLiteral("its local position is no number");
  const Wgs84 &place = point.wgs84;
  if (!(std::abs(place.longitude) <= 180)) {
    return QStringLiteral("longitude %1 is out of range (allowed: -180 to 180; it stands first)").arg(place.longitude);
  }
  if (!(std::abs(place.latitude) <= 90)) {
    return QStringLiteral("latitude %1 is out of range (allowed: -90 to 90; it stands second)").arg(place.latitude);
  }
  return {};
}

/// Two points, in metres of each other on earth and in units here.
QString wrongPair(const GeoReference::ControlPoint &a, const GeoReference::ControlPoint &b) {
  if (a.x == b.x && a.y == b.y) return QStringLiteral("have the same local position");
  const double apart = length(project(a.wgs84, b.wgs84));
  if (apart < 0.01) return QStringLiteral("have the same place on earth");
  if (apart > GeoReference::range) {
    return QStringLiteral("are %1 km apart (allowed: 100)").arg(apart / 1000, 0, 'f', 1);
  }
  return {};
}

QString wrongPoints(const std::vector<GeoReference::ControlPoint> &points) {
  if (points.size() < 2) return QStringLiteral("two control points are due, better three");
  for (size_t i = 0; i < points.size(); ++i) {
    if (const QString wrong = wrongPlace(points[i]); !wrong.isEmpty()) {
      return QStringLiteral("point %1: %2").arg(i).arg(wrong);
    }
  }
  for (size_t i = 0; i < points.size(); ++i) {
    for (size_t j = i + 1; j < points.size(); ++j) {
      const QString wrong = wrongPair(points[i], points[j]);
      if (!wrong.isEmpty()) return QStringLiteral("points %1 and %2 %3").arg(i).arg(j).arg(wrong);
    }
  }
  return {};
}

}  // namespace

Result<GeoReference> GeoReference::fit(const std::vector<ControlPoint> &points) {
  if (const QString wrong = wrongPoints(points); !wrong.isEmpty()) return failure(wrong);
  std::vector<QPointF> local;
  std::vector<QPointF> plane;
  for (const ControlPoint &point : points) {
    local.emplace_back(point.x, point.y);
    plane.push_back(project(points.front().wgs84, point.wgs84));
  }
  GeoReference made;
  made.m_origin = unproject(points.front().wgs84, centreOf(plane));
  for (size_t i = 0; i < points.size(); ++i) plane[i] = project(made.m_origin, points[i].wgs84);
  made.m_localCentre = centreOf(local);
  made.m_planeCentre = centreOf(plane);
  double dot = 0, cross = 0, spread = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    const QPointF from = local[i] - made.m_localCentre;
    const QPointF to = plane[i] - made.m_planeCentre;
    dot += from.x() * to.x() + from.y() * to.y();
    cross += from.x() * to.y() - from.y() * to.x();
    spread += from.x() * from.x() + from.y() * from.y();
  }
  if (!(std::hypot(dot, cross) > 0) || !std::isfinite(spread)) {
    return failure(QStringLiteral("no turn and scale fits the points"));
  }
  made.m_cosine = dot / spread;
  made.m_sine = cross / spread;
  for (size_t i = 0; i < points.size(); ++i) {
    made.m_residual = std::max(made.m_residual, length(made.ontoPlane(points[i].x, points[i].y) - plane[i]));
  }
  return made;
}

QPointF GeoReference::ontoPlane(double x, double y) const {
  const QPointF from = QPointF(x, y) - m_localCentre;
  return m_planeCentre + QPointF(m_cosine * from.x() - m_sine * from.y(), m_sine * from.x() + m_cosine * from.y());
}

QPointF GeoReference::fromPlane(const QPointF &metres) const {
  const QPointF to = metres - m_planeCentre;
  const double square = m_cosine * m_cosine + m_sine * m_sine;
  return m_localCentre + QPointF(m_cosine * to.x() + m_sine * to.y(), m_cosine * to.y() - m_sine * to.x()) / square;
}

Wgs84 GeoReference::toWgs84(double x, double y) const { return unproject(m_origin, ontoPlane(x, y)); }

QPointF GeoReference::toLocal(const Wgs84 &place) const { return fromPlane(project(m_origin, place)); }

double GeoReference::distanceOf(double x, double y) const {
  return length(QPointF(x, y) - m_localCentre) * metresPerUnit();
}

double GeoReference::metresPerUnit() const { return std::hypot(m_cosine, m_sine); }

}  // namespace tagwire::rtls
