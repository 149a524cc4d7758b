// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context.h"
#include "model.h"
#include "sample.h"
#include "tracker.h"

namespace tagwire::rtls {

/// The point of a tag's position. `name`: of who carries it; may be empty.
PointInfo positionPoint(const QString &tag, const QString &name, const QString &unit);

/// Declares the points of an instance's tags and zones, and makes samples of what became of them. Tags go by the
/// tracker's numbers, the configured ones first. Host thread; owned by Rtls.
class RtlsPoints {
 public:
  /// Declares the points of everything that is configured.
  RtlsPoints(const Model &model, PluginContext &context, ConfigReader &reader);

  /// Declares those of further tags; returns the tags whose points were not refused, which are the tracker's next.
  QStringList addTags(const QStringList &tags);
  void append(Samples &samples, const Tracker::Outcome &outcome) const;
  /// Occupancies are Good from now on, or Uncertain `stale`. True when that is a change.
  bool trustOccupancies(bool isTrusted);
  /// Of every zone.
  void appendOccupancies(Samples &samples, const Tracker &tracker, Time time) const;

 private:
  struct TagPoints {
    PointId position = PointId::None;
    PointId zone = PointId::None;
  };
  PointId occupancyOf(int zone, int ofClass) const { return m_zonePoints.at(zone * (m_classes + 1) + ofClass + 1); }

  PluginContext &m_context;
  const QString m_lengthUnit;
  const int m_zones;
  const int m_classes;
  std::vector<TagPoints> m_tagPoints;
  Quality m_occupancyQuality = Quality::uncertain(QualityReason::Stale);
  QList<PointId> m_zonePoints;  ///< zone by zone: of all tags, then of each class
};

}  // namespace tagwire::rtls
