// SPDX-License-Identifier: Apache-2.0
// What the manifest says of places beside zones and triggers.
#pragma once

#include "config.h"

namespace tagwire::rtls {

/// Of what a manifest may say in lengths, or what is made of them.
constexpr double tiniestMeasure = 1e-6;
constexpr double largestMeasure = 1e9;
constexpr int weekMs = 604'800'000;

/// What is wrong with the name of a class, which becomes part of points' names; empty when nothing is.
QString wrongClass(const QString &name);

struct CircleConfig {
  static void describe(Shape<CircleConfig> &shape);
  QList<double> center;
  double radius = 0;
};

/// A picture of a zone, whose rows go along x before it is turned.
struct PlanConfig {
  static void describe(Shape<PlanConfig> &shape);
  QString image;
  double scale = 0;
  QList<double> origin;
  double rotation = 0;
};

struct ProximityConfig {
  static void describe(Shape<ProximityConfig> &shape);
  int id = 0;
  QString name;
  QList<QString> between;
  double distance = 0;
  double exitTolerance = 0;
  std::chrono::milliseconds ongoing{0};
  std::optional<int> zone;
  std::optional<double> zDistance;
};

struct UnaccompaniedConfig {
  static void describe(Shape<UnaccompaniedConfig> &shape);
  int id = 0;
  QString name;
  QString tagClass;
  QString needs;
  double distance = 0;
  std::optional<int> zone;
  std::chrono::milliseconds delay{0};
  double move = 0;
};

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
