// SPDX-License-Identifier: Apache-2.0
// The part of making the model that is about the earth and about who is near whom.
#include <algorithm>
#include <cmath>

#include "modelmaker.h"

namespace tagwire::rtls {
namespace {

/// Metres from the middle of the control points.
double farthestOf(const Region &region, const GeoReference &georeference) {
  if (const auto *circle = std::get_if<Circle>(&region.shape())) {
    return georeference.distanceOf(circle->center.x, circle->center.y) + circle->radius * georeference.metresPerUnit();
  }
  double farthest = 0;
  for (const Vertex &corner : std::get<Polygon>(region.shape())) {
    farthest = std::max(farthest, georeference.distanceOf(corner.x, corner.y));
  }
  return farthest;
}

}  // namespace

void ModelMaker::addGeoReference(const GeoReferenceConfig &config) {
  const QString at = QStringLiteral("georeference.points");
  std::vector<GeoReference::ControlPoint> points;
  double extent = 0;
  for (const ControlPointConfig &point : config.points) {
    points.push_back({point.local[0], point.local[1], {point.wgs84[0], point.wgs84[1]}});
    extent = std::max(extent, std::hypot(points.back().x - points.front().x, points.back().y - points.front().y));
  }
  const auto made = GeoReference::fit(points);
  if (!made) {
    error(at, made.error());
    return;
  }
  const double allowed = config.maxResidual.value_or(extent * made->metresPerUnit() / 100);
  if (made->residual() > allowed) {
    m_reader.warning(at, QStringLiteral("the points do not fit together: one is %1 m off (expected: up to %2 m)")
                             .arg(made->residual(), 0, 'f', 2)
                             .arg(allowed, 0, 'f', 2));
  }
  const double metres = m_config.lengthUnit == LengthUnit::Feet ? 0.3048 : 1;
  if (std::abs(made->metresPerUnit() / metres - 1) > 0.02) {
    m_reader.warning(at, QStringLiteral("by the points a length unit is %1 m, but `length_unit` says %2 m")
                             .arg(made->metresPerUnit(), 0, 'g', 4)
                             .arg(metres));
  }
  m_model.georeference = *made;
  warnOfFarZones(*made);
}

void ModelMaker::warnOfFarZones(const GeoReference &georeference) {
  for (const Zone &zone : m_model.zones) {
    const double metres = farthestOf(zone.region, georeference);
    if (metres <= GeoReference::range) continue;
    m_reader.warning(numbered("zones", m_zoneOrigin.at(&zone - m_model.zones.data())),
                     QStringLiteral("zone \"%1\" is up to %2 km from the control points, too far for longitudes and "
                                    "latitudes to be right (expected: up to %3 km)")
                         .arg(zone.info.name)
                         .arg(metres / 1000, 0, 'f', 0)
                         .arg(GeoReference::range / 1000));
  }
}

void ModelMaker::checkClassKnown(const QString &name, const QString &at) {
  QStringList known;
  for (const TagConfig &tag : m_config.tags) {
    if (tag.tagClass == name) return;
    if (!tag.tagClass.isEmpty() && !known.contains(tag.tagClass)) known << tag.tagClass;
  }
  error(at, QStringLiteral("no tag is of class \"%1\"%2 (%3)")
                .arg(name, didYouMean(name, known),
                     known.isEmpty() ? QStringLiteral("no tag has a `class`")
                                     : QStringLiteral("allowed: %1").arg(known.mid(0, 20).join(QStringLiteral(", ")))));
}

void ModelMaker::addProximity() {
  QHash<int, qsizetype> seen;
  for (qsizetype i = 0; i < m_config.proximity.size(); ++i) {
    const ProximityConfig &config = m_config.proximity.at(i);
    const QString at = numbered("proximity", i);
    isNew(seen, config.id, "proximity", i, "id");
    for (qsizetype k = 0; k < config.between.size(); ++k) {
      checkClassKnown(config.between.at(k), at + QStringLiteral(".between[%1]").arg(k));
    }
    m_model.proximity.push_back({config.id, config.name, config.between.first(), config.between.last(), config.distance,
                                 config.exitTolerance, config.ongoing, zoneOf(config.zone, at), config.zDistance,
                                 fingerprint(definitionOf(config), config.zone)});
  }
}

void ModelMaker::addEscorts() {
  QHash<int, qsizetype> seen;
  for (qsizetype i = 0; i < m_config.unaccompanied.size(); ++i) {
    const UnaccompaniedConfig &config = m_config.unaccompanied.at(i);
    const QString at = numbered("unaccompanied", i);
    isNew(seen, config.id, "unaccompanied", i, "id");
    checkClassKnown(config.tagClass, at + QStringLiteral(".class"));
    checkClassKnown(config.needs, at + QStringLiteral(".needs"));
    m_model.escorts.push_back({config.id, config.name, config.tagClass, config.needs, config.distance,
                               zoneOf(config.zone, at), config.delay, config.move});
  }
}

}  // namespace tagwire::rtls
