// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonArray>
#include <QJsonObject>

#include <optional>

#include "geometry.h"
#include "georeference.h"
#include "result.h"
#include "services/locationhub.h"
#include "triggerboard.h"

namespace tagwire::rtls {

/// The instance's plane as omlox sees it: metres (`local`) or longitude and latitude (EPSG:4326), in GeoJSON. Inside
/// everything is in the instance's length unit. Plain class.
class HubPlane {
 public:
  HubPlane(const QString &lengthUnit, std::optional<GeoReference> georeference);

  bool isGeoreferenced() const { return m_georeference.has_value(); }
  double toMetres(double length) const { return length * m_metresPerUnit; }
  double fromMetres(double metres) const { return metres / m_metresPerUnit; }

  /// What a `crs` means; without one EPSG:4326. Errors say what is allowed here.
  Result<HubCrs> crsOf(const QString &text) const;
  static QString nameOf(HubCrs crs);

  QJsonArray coordinates(HubCrs crs, const Vertex &vertex) const;
  QJsonArray coordinates(HubCrs crs, const Place &place) const;
  QJsonObject point(HubCrs crs, const Place &place) const;
  /// GeoJSON of a region's outline, or of its centre when it is a circle. Its lowest height is the z, if it has one.
  QJsonObject region(HubCrs crs, const Region &region) const;

  /// The same geometry with its heights from there on; what has none stays without.
  static QJsonValue above(double height, const QJsonValue &geometry);
  /// Of a GeoJSON Point, z 0 when it has none. Errors name `field`.
  Result<Place> place(HubCrs crs, const QJsonValue &point, const char *field) const;
  /// Of a GeoJSON Polygon, or Point with a radius in metres; up to `extrusion` metres high, absent: of any height.
  Result<Region> region(HubCrs crs, const QJsonValue &geometry, double radius, std::optional<double> extrusion) const;
  /// Degrees clockwise from north; without a georeference north is where y grows.
  double course(const Place &from, const Place &to) const;

 private:
  Result<Vertex> vertex(HubCrs crs, double x, double y) const;
  Result<Polygon> polygon(HubCrs crs, const QJsonArray &ring, double *lowest) const;

  double m_metresPerUnit;
  std::optional<GeoReference> m_georeference;
};

}  // namespace tagwire::rtls
