// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"
#include "point.h"
#include "scalartype.h"

namespace tagwire::ingest {

/// One virtual point as the manifest says it. Plain value.
struct PointConfig {
  QString name;
  std::optional<int> number;
  ScalarType type = ScalarType::Float64;
  QString unit;
  QString description;
  std::optional<double> minimum;
  std::optional<double> maximum;
  std::chrono::milliseconds maxSilence{0};
  ConfigLocation where;

  static void describe(Shape<PointConfig> &shape);
  PointInfo info() const;
};

/// The configuration of an `ingest` instance. Plain value.
struct IngestConfig {
  QList<PointConfig> points;

  static void describe(Shape<IngestConfig> &shape);
  /// Nothing when there are errors, each one reported.
  static std::optional<IngestConfig> read(ConfigReader &reader);
};

}  // namespace tagwire::ingest
