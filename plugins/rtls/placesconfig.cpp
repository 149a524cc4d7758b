// SPDX-License-Identifier: Apache-2.0
#include "placesconfig.h"

namespace tagwire::rtls {

namespace {
constexpr double largest = 1e9;
}  // namespace

void ControlPointConfig::describe(Shape<ControlPointConfig> &shape) {
  shape.required("local", &ControlPointConfig::local, "[x, y] in the length unit")
      .range(2, 2)
      .eachWithin(-largest, largest);
  shape.required("wgs84", &ControlPointConfig::wgs84, "the same place as [longitude, latitude], in degrees")
      .range(2, 2);
}

void GeoReferenceConfig::describe(Shape<GeoReferenceConfig> &shape) {
  shape
      .required("points", &GeoReferenceConfig::points,
                "ground control points, far apart: two give place, turn and scale, further ones say how good they are")
      .range(2, 100);
  shape
      .optional("max_residual", &GeoReferenceConfig::maxResidual,
                "metres a point may be off before it is warned of; 1 % of the extent if absent")
      .range(0, 100'000);
}

}  // namespace tagwire::rtls
