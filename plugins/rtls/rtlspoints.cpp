// SPDX-License-Identifier: Apache-2.0
#include "rtlspoints.h"

namespace tagwire::rtls {
namespace {

PointInfo zonePoint(const QString &tag, const QString &name) {
  PointInfo info;
  info.name = QStringLiteral("tag/%1/zone").arg(tag);
  info.type = ValueType::Int;
  info.tag = tag;
  info.description = QStringLiteral("id of the deepest zone of %1; 0: none").arg(name.isEmpty() ? tag : name);
  return info;
}

PointInfo occupancyPoint(const ZoneInfo &zone) {
  PointInfo info;
  info.name = QStringLiteral("zone/%1/occupancy").arg(zone.id);
  info.type = ValueType::Int;
  info.description = QStringLiteral("tags in %1").arg(zone.name);
  return info;
}

PointInfo occupancyPoint(const ZoneInfo &zone, const QString &tagClass) {
  PointInfo info = occupancyPoint(zone);
  info.name += u'/' + tagClass;
  info.description = QStringLiteral("tags of class %1 in %2").arg(tagClass, zone.name);
  return info;
}

}  // namespace

PointInfo positionPoint(const QString &tag, const QString &name, const QString &unit) {
  PointInfo info;
  info.name = QStringLiteral("tag/%1/position").arg(tag);
  info.type = ValueType::Position;
  info.unit = unit;
  info.tag = tag;
  info.description = name.isEmpty() ? QStringLiteral("position of tag %1").arg(tag) : name;
  return info;
}

RtlsPoints::RtlsPoints(const Model &model, PluginContext &context, ConfigReader &reader)
    : m_context(context),
      m_lengthUnit(model.lengthUnit),
      m_zones(static_cast<int>(model.zones.size())),
      m_classes(static_cast<int>(model.classes.size())) {
  const ZoneDirectory directory = model.directory();
  QList<PointInfo> infos;
  for (qsizetype i = 0; i < directory.tags.size(); ++i) {
    const TagInfo &tag = directory.tags.at(i);
    infos << positionPoint(tag.id, tag.name, m_lengthUnit) << zonePoint(tag.id, tag.name);
    infos[2 * i].where = infos[2 * i + 1].where = reader.locate(QStringLiteral("tags[%1].id").arg(i));
  }
  for (qsizetype i = 0; i < directory.zones.size(); ++i) {
    infos << occupancyPoint(directory.zones.at(i));
    for (const QString &each : model.classes) infos << occupancyPoint(directory.zones.at(i), each);
    for (qsizetype k = infos.size() - m_classes - 1; k < infos.size(); ++k) {
      infos[k].where = reader.locate(QStringLiteral("zones[%1].id").arg(i));
    }
  }
  const QList<PointId> ids = m_context.declare(infos);
  const qsizetype tags = directory.tags.size();
  for (qsizetype i = 0; i < tags; ++i) m_tagPoints.push_back({ids.at(2 * i), ids.at(2 * i + 1)});
  m_zonePoints = ids.mid(2 * tags);
}

QStringList RtlsPoints::addTags(const QStringList &tags) {
  QList<PointInfo> infos;
  for (const QString &tag : tags) infos << positionPoint(tag, QString(), m_lengthUnit) << zonePoint(tag, QString());
  const QList<PointId> ids = m_context.declare(infos);
  QStringList added;
  for (qsizetype i = 0; i < tags.size(); ++i) {
    if (ids.at(2 * i) == PointId::None || ids.at(2 * i + 1) == PointId::None) continue;
    m_tagPoints.push_back({ids.at(2 * i), ids.at(2 * i + 1)});
    added << tags.at(i);
  }
  return added;
}

bool RtlsPoints::trustOccupancies(bool isTrusted) {
  const Quality quality = isTrusted ? Quality::good() : Quality::uncertain(QualityReason::Stale);
  return std::exchange(m_occupancyQuality, quality) != quality;
}

void RtlsPoints::append(Samples &samples, const Tracker::Outcome &outcome) const {
  for (const auto &change : outcome.changes) {
    const TagPoints &points = m_tagPoints[static_cast<size_t>(change.tag)];
    samples << Sample{points.position, change.quality, change.time, change.position};
    if (change.zoneChanged) samples << Sample{points.zone, change.quality, change.time, Value(qint64(change.zone))};
  }
  for (const auto &each : outcome.occupancies) {
    samples << Sample{occupancyOf(each.zone, each.ofClass), m_occupancyQuality, each.time, Value(qint64(each.tags))};
  }
}

void RtlsPoints::appendOccupancies(Samples &samples, const Tracker &tracker, Time time) const {
  for (int zone = 0; zone < m_zones; ++zone) {
    for (int ofClass = -1; ofClass < m_classes; ++ofClass) {
      const int tags = ofClass < 0 ? tracker.occupancy(zone) : tracker.occupancy(zone, ofClass);
      samples << Sample{occupancyOf(zone, ofClass), m_occupancyQuality, time, Value(qint64(tags))};
    }
  }
}

}  // namespace tagwire::rtls
