// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPointF>

#include <vector>

#include "result.h"

namespace tagwire::rtls {

/// Degrees, as GPS and EPSG:4326 mean them.
struct Wgs84 {
  double longitude = 0;
  double latitude = 0;
};

/// Where the instance's plane lies on the earth: turned, scaled and moved, fitted to control points by least squares,
/// on a plane that touches the earth in their midst. Both directions undo each other. Good up to `range` around. Plain
/// value.
class GeoReference {
 public:
  struct ControlPoint {
    double x = 0;
    double y = 0;
    Wgs84 wgs84;
  };

  /// Errors, for people: fewer than two points, points that coincide, a place that is not on earth, points more than
  /// 100 km apart. Points are counted from 0.
  static Result<GeoReference> fit(const std::vector<ControlPoint> &points);

  static constexpr double range = 100'000;  ///< metres

  Wgs84 toWgs84(double x, double y) const;
  QPointF toLocal(const Wgs84 &place) const;
  /// How far the worst control point is from where it should be, in metres. Two points always fit.
  double residual() const { return m_residual; }
  double metresPerUnit() const;
  /// Of the control points, local.
  QPointF centre() const { return m_localCentre; }
  /// Metres from their centre.
  double distanceOf(double x, double y) const;

 private:
  GeoReference() = default;
  QPointF fromPlane(const QPointF &metres) const;
  QPointF ontoPlane(double x, double y) const;

  Wgs84 m_origin;         ///< where the plane touches
  QPointF m_localCentre;  ///< of the control points
  QPointF m_planeCentre;
  /// Scale times cosine and sine of the angle from the x axis to east, counter-clockwise.
  double m_cosine = 1;
  double m_sine = 0;
  double m_residual = 0;
};

}  // namespace tagwire::rtls
