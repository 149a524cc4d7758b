// SPDX-License-Identifier: Apache-2.0
// The part of making the model that is about the earth and about who is near whom.
#include <algorithm>
#include <cmath>

#include "modelmaker.h"

namespace tagwire::rtls {

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
                                 config.exitTolerance, config.ongoing, zoneOf(config.zone, at), config.zDistance});
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
