// SPDX-License-Identifier: Apache-2.0
// The zones' part of making the model.
#include <QDir>
#include <QFileInfo>

#include <cmath>

#include "modelmaker.h"
#include "planfile.h"
#include "services/sitemap.h"
#include "shapecheck.h"

namespace tagwire::rtls {

std::optional<Polygon> ModelMaker::polygon(const QList<QList<double>> &corners, const QString &at) {
  constexpr double largest = 1e9;
  Polygon polygon;
  for (qsizetype i = 0; i < corners.size(); ++i) {
    const QList<double> &corner = corners.at(i);
    const QString cornerAt = QStringLiteral("%1[%2]").arg(at).arg(i);
    if (corner.size() != 2) {
      error(cornerAt, QStringLiteral("a corner is [x, y], not %1 numbers").arg(corner.size()));
      return std::nullopt;
    }
    if (std::abs(corner[0]) > largest || std::abs(corner[1]) > largest) {
      error(cornerAt, QStringLiteral("is too far out (allowed: -1e9 to 1e9)"));
      return std::nullopt;
    }
    polygon.push_back({corner[0], corner[1]});
  }
  // Others close their polygons by saying the first corner again.
  if (polygon.size() > 3 && polygon.front() == polygon.back()) polygon.pop_back();
  if (const QString wrong = wrongOutline(polygon); !wrong.isEmpty()) {
    error(at, wrong + QStringLiteral(" (allowed: an outline that meets itself nowhere; vertices count from 0)"));
    return std::nullopt;
  }
  return polygon;
}

std::optional<Heights> ModelMaker::heights(const QList<double> &z, const Heights &ifAbsent, const QString &at) {
  if (z.isEmpty()) return ifAbsent;
  if (z[0] <= z[1]) return Heights{z[0], z[1]};
  error(at, QStringLiteral("from %1 is over to %2 (allowed: [from, to])").arg(z[0]).arg(z[1]));
  return std::nullopt;
}

void ModelMaker::addZones() {
  for (qsizetype i = 0; i < m_config.zones.size(); ++i) {
    const ZoneConfig &config = m_config.zones.at(i);
    const QString at = numbered("zones", i);
    const bool fresh = isNew(m_zoneEntries, config.id, "zones", i, "id");
    const auto region = zoneRegion(config, at);
    const auto itsPlan = config.plan ? plan(*config.plan, at + QStringLiteral(".plan")) : std::nullopt;
    if (!fresh || !region) continue;
    m_zoneIndex.insert(config.id, static_cast<int>(m_model.zones.size()));
    m_zoneOrigin << i;
    m_model.zones.push_back(
        Zone{ZoneInfo{config.id, config.name, ValueShape<Level>::fallback(config.level).toString(), 0}, config.level,
             *region, -1, 0, itsPlan});
  }
}

std::optional<Region> ModelMaker::zoneRegion(const ZoneConfig &config, const QString &at) {
  const auto itsHeights = heights(config.z, Heights(), at + QStringLiteral(".z"));
  if (config.polygon.isEmpty() != config.circle.has_value()) {
    error(at, QStringLiteral("either `polygon` or `circle` is due, and not both"));
    return std::nullopt;
  }
  if (config.circle) {
    if (!config.holes.isEmpty()) {
      error(at + QStringLiteral(".holes"), QStringLiteral("only a polygon has holes (allowed: none in a circle)"));
    }
    if (!itsHeights) return std::nullopt;
    return Region(Circle{{config.circle->center[0], config.circle->center[1]}, config.circle->radius}, *itsHeights);
  }
  const auto outline = polygon(config.polygon, at + QStringLiteral(".polygon"));
  if (!outline) return std::nullopt;
  const auto itsHoles = holes(config, *outline, at + QStringLiteral(".holes"));
  if (!itsHoles || !itsHeights) return std::nullopt;
  return Region(*outline, *itsHeights, *itsHoles);
}

std::optional<std::vector<Polygon>> ModelMaker::holes(const ZoneConfig &config, const Polygon &outline,
                                                      const QString &at) {
  std::vector<Polygon> made;
  for (qsizetype i = 0; i < config.holes.size(); ++i) {
    const QString holeAt = QStringLiteral("%1[%2]").arg(at).arg(i);
    if (config.holes.at(i).size() < 3 || config.holes.at(i).size() > 1000) {
      error(holeAt, QStringLiteral("has %1 corners (allowed: 3 to 1000)").arg(config.holes.at(i).size()));
      return std::nullopt;
    }
    auto hole = polygon(config.holes.at(i), holeAt);
    if (!hole) return std::nullopt;
    made.push_back(std::move(*hole));
  }
  const QString wrong = wrongHoles(outline, made);
  if (wrong.isEmpty()) return made;
  error(at,
        QStringLiteral("zone %1 \"%2\": %3 (allowed: inside the outline and apart from each other; holes count from 0)")
            .arg(config.id)
            .arg(config.name, wrong));
  return std::nullopt;
}

/// A missing file is no reason to stand still: the zone has no plan then.
std::optional<Plan> ModelMaker::plan(const PlanConfig &config, const QString &at) {
  const QString imageAt = at + QStringLiteral(".image");
  const ConfigLocation where = m_reader.locate(imageAt);
  const QString path = where.file ? QDir::cleanPath(QFileInfo(*where.file).dir().filePath(config.image)) : config.image;
  if (planTypeOf(path).isEmpty()) {
    error(imageAt, QStringLiteral("\"%1\" is no picture (allowed: .png, .jpg, .jpeg, .svg)").arg(config.image));
    return std::nullopt;
  }
  const QFileInfo file(path);
  if (!file.isFile() || !file.isReadable()) {
    m_reader.warning(imageAt, QStringLiteral("there is no file %1 to read; the zone has no plan").arg(path));
    return std::nullopt;
  }
  if (file.size() > SiteMap::largestPlan) {
    error(imageAt, QStringLiteral("%1 has %2 bytes (allowed: 20 MiB)").arg(path).arg(file.size()));
    return std::nullopt;
  }
  return Plan{path, config.scale, {config.origin[0], config.origin[1]}, config.rotation};
}

QString ModelMaker::knownZones() const {
  QStringList ids;
  for (const ZoneConfig &zone : m_config.zones) ids << QString::number(zone.id);
  if (ids.isEmpty()) return QStringLiteral("there are no zones");
  return QStringLiteral("allowed: %1")
      .arg(ids.size() > 20 ? QStringLiteral("an id of `zones`") : ids.join(QStringLiteral(", ")));
}

void ModelMaker::addParents() {
  for (Zone &zone : m_model.zones) {
    const qsizetype index = m_zoneOrigin.at(&zone - m_model.zones.data());
    const auto parent = m_config.zones.at(index).parent;
    if (!parent) continue;
    if (!m_zoneEntries.contains(*parent)) {
      error(numbered("zones", index) + QStringLiteral(".parent"),
            QStringLiteral("no zone %1 (%2)").arg(*parent).arg(knownZones()));
      continue;
    }
    zone.info.parent = *parent;
    zone.parent = m_zoneIndex.value(*parent, -1);
    if (zone.parent >= 0) checkLevel(index, zone, m_model.zones[static_cast<size_t>(zone.parent)]);
  }
  for (qsizetype i = 0; i < m_zoneOrigin.size(); ++i) {
    if (!findDepth(i)) return;  // one report for a ring, not one for each zone of it
  }
}

void ModelMaker::checkLevel(qsizetype index, const Zone &zone, const Zone &parent) {
  const QString at = numbered("zones", index);
  if (&zone != &parent && zone.level < parent.level) {
    error(at + QStringLiteral(".level"),
          QStringLiteral("zone \"%1\" (%2) can't lie in zone \"%3\" (%4), which is narrower")
              .arg(zone.info.name, zone.info.level, parent.info.name, parent.info.level));
  }
  // A zone that says nothing of heights is not measured by them.
  const Region &own = zone.region;
  const bool anyHeight = own.heights() == Heights();
  if (&zone != &parent && !liesInside(anyHeight ? own.withHeights(parent.region.heights()) : own, parent.region)) {
    m_reader.warning(
        at + (std::holds_alternative<Circle>(own.shape()) ? QStringLiteral(".circle") : QStringLiteral(".polygon")),
        QStringLiteral("zone \"%1\" is not wholly inside its parent \"%2\"").arg(zone.info.name, parent.info.name));
  }
}

bool ModelMaker::findDepth(qsizetype index) {
  Zone &zone = m_model.zones[static_cast<size_t>(index)];
  int depth = 0;
  for (int up = zone.parent; up >= 0; up = m_model.zones[static_cast<size_t>(up)].parent) {
    if (++depth > static_cast<int>(m_model.zones.size())) return true;  // above it is a ring, which reports itself
    if (up != index) continue;
    error(numbered("zones", m_zoneOrigin.at(index)) + QStringLiteral(".parent"),
          QStringLiteral("zone \"%1\" lies in itself, by its parents").arg(zone.info.name));
    return false;
  }
  zone.depth = depth;
  return true;
}

int ModelMaker::zoneOf(const std::optional<int> &id, const QString &at) {
  if (id && !m_zoneEntries.contains(*id)) {
    error(at + QStringLiteral(".zone"), QStringLiteral("no zone %1 (%2)").arg(*id).arg(knownZones()));
  }
  return id ? m_zoneIndex.value(*id, -1) : -1;
}

}  // namespace tagwire::rtls
