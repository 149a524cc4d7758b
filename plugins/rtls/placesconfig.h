// SPDX-License-Identifier: Apache-2.0
// What the manifest says of places beside zones and triggers.
#pragma once

#include "config.h"

namespace tagwire::rtls {

struct ControlPointConfig {
  static void describe(Shape<ControlPointConfig> &shape);
  QList<double> local;
  QList<double> wgs84;
};

struct GeoReferenceConfig {
  static void describe(Shape<GeoReferenceConfig> &shape);
  QList<ControlPointConfig> points;
  std::optional<double> maxResidual;
};

}  // namespace tagwire::rtls
