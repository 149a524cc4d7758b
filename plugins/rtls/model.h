// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSet>

#include <optional>
#include <vector>

#include "fixfilter.h"
#include "geometry.h"
#include "georeference.h"
#include "presence.h"
#include "proximity.h"
#include "rtlsconfig.h"
#include "services/zonecatalog.h"
#include "smoother.h"

namespace tagwire::rtls {

/// A picture of a zone.
struct Plan {
  QString image;  ///< path of the file
  double scale = 0;
  Vertex origin;
  double rotation = 0;
};

struct Zone {
  ZoneInfo info;
  Level level = Level::Area;
  Region region;
  int parent = -1;  ///< index in Model::zones; -1: top
  int depth = 0;    ///< 0: top
  std::optional<Plan> plan = {};
};

struct Portable {
  QString carrier;  ///< tag id
  double radius = 0;
  Heights heights;
};

struct Trigger {
  TriggerInfo info;
  Direction direction = Direction::OnEnter;
  std::vector<Region> regions;  ///< empty for a portable one
  std::optional<Portable> portable;
  Region zone;         ///< of the zone it belongs to
  QSet<QString> tags;  ///< empty: all
  PresenceRule rule;
  std::chrono::nanoseconds whileInterval{0};  ///< WhileIn, WhileOut: least time between two events of a tag
  QByteArray fingerprint;                     ///< another one when the definition is another
};

/// The configuration, checked and with every reference resolved. Plain value.
struct Model {
  QList<RtlsManager> managers;
  QString lengthUnit;  ///< "ft" or "m"
  std::vector<Zone> zones;
  QList<TagInfo> tags;
  QStringList classes;  ///< of the tags
  std::vector<Trigger> triggers;
  std::optional<GeoReference> georeference;
  std::vector<ProximityRule> proximity;
  std::vector<EscortRule> escorts;
  FilterRules filter;
  SmoothingRule smoothing;
  QHash<QString, SmoothingRule> tagSmoothing;  ///< by tag id: of those that have one of their own

  ZoneDirectory directory() const;
};

/// What is wrong with a tag id, which becomes part of points' names; empty when nothing is.
QString wrongTagId(const QString &id);

/// Checks what the declaration can't say and reports every problem at its key; nothing if there was one.
std::optional<Model> makeModel(const RtlsConfig &config, ConfigReader &reader);

}  // namespace tagwire::rtls
