// SPDX-License-Identifier: Apache-2.0
#include "placesmodel.h"

#include <algorithm>
#include <cmath>

namespace tagwire::rtls {

std::optional<GeoReference> makeGeoReference(const GeoReferenceConfig &config, LengthUnit unit, ConfigReader &reader) {
  const QString at = QStringLiteral("georeference.points");
  std::vector<GeoReference::ControlPoint> points;
  double extent = 0;
  for (const ControlPointConfig &point : config.points) {
    points.push_back({point.local[0], point.local[1], {point.wgs84[0], point.wgs84[1]}});
    extent = std::max(extent, std::hypot(points.back().x - points.front().x, points.back().y - points.front().y));
  }
  const auto made = GeoReference::fit(points);
  if (!made) {
    reader.error(at, made.error());
    return std::nullopt;
  }
  const double allowed = config.maxResidual.value_or(extent * made->metresPerUnit() / 100);
  if (made->residual() > allowed) {
    reader.warning(at, QStringLiteral("the points do not fit together: one is %1 m off (expected: up to %2 m)")
                           .arg(made->residual(), 0, 'f', 2)
                           .arg(allowed, 0, 'f', 2));
  }
  const double metres = unit == LengthUnit::Feet ? 0.3048 : 1;
  if (std::abs(made->metresPerUnit() / metres - 1) > 0.02) {
    reader.warning(at, QStringLiteral("by the points a length unit is %1 m, but `length_unit` says %2 m")
                           .arg(made->metresPerUnit(), 0, 'g', 4)
                           .arg(metres));
  }
  return *made;
}

}  // namespace tagwire::rtls
