// SPDX-License-Identifier: Apache-2.0
// What the manifest says, as it says it. model.h is what comes of it.
#pragma once

#include <array>

#include "config.h"
#include "intake/intakeconfig.h"
#include "placesconfig.h"
#include "remote/remoteconfig.h"

namespace tagwire::rtls {

enum class LengthUnit : quint8 { Feet, Metres };
constexpr auto enumWords(LengthUnit) {
  return std::array{std::pair{"ft", LengthUnit::Feet}, std::pair{"m", LengthUnit::Metres}};
}

/// From wide to narrow (R1-26).
enum class Level : quint8 { Campus, Building, Floor, Wing, Room, Area };
constexpr auto enumWords(Level) {
  return std::array{std::pair{"campus", Level::Campus}, std::pair{"building", Level::Building},
                    std::pair{"floor", Level::Floor},   std::pair{"wing", Level::Wing},
                    std::pair{"room", Level::Room},     std::pair{"area", Level::Area}};
}

/// What a trigger waits for (R1-20).
enum class Direction : quint8 { OnEnter, OnExit, OnCross, WhileIn, WhileOut, OnDwell };
constexpr auto enumWords(Direction) {
  return std::array{std::pair{"OnEnter", Direction::OnEnter},   std::pair{"OnExit", Direction::OnExit},
                    std::pair{"OnCross", Direction::OnCross},   std::pair{"WhileIn", Direction::WhileIn},
                    std::pair{"WhileOut", Direction::WhileOut}, std::pair{"OnDwell", Direction::OnDwell}};
}

struct ManagerConfig {
  static void describe(Shape<ManagerConfig> &shape);
  QString name;
  QString host;
  int port = 0;
};

struct ZoneConfig {
  static void describe(Shape<ZoneConfig> &shape);
  int id = 0;
  QString name;
  Level level = Level::Area;
  QList<QList<double>> polygon;
  QList<QList<QList<double>>> holes;
  std::optional<CircleConfig> circle;
  QList<double> z;
  std::optional<int> parent;
  std::optional<PlanConfig> plan;
};

struct TagConfig {
  static void describe(Shape<TagConfig> &shape);
  QString id;
  QString name;
  QString tagClass;
  std::optional<SmoothingConfig> smoothing;
};

struct RegionConfig {
  static void describe(Shape<RegionConfig> &shape);
  QList<QList<double>> polygon;
  std::optional<CircleConfig> circle;
  QList<double> z;
};

struct PortableConfig {
  static void describe(Shape<PortableConfig> &shape);
  QString tag;
  double radius = 0;
  QList<double> z;
};

struct TriggerConfig {
  static void describe(Shape<TriggerConfig> &shape);
  int id = 0;
  QString name;
  int zone = 0;
  Direction direction = Direction::OnEnter;
  QList<RegionConfig> regions;
  std::optional<PortableConfig> portable;
  QList<QString> tags;
  std::optional<std::chrono::milliseconds> dwell;
  double exitTolerance = 0;
  std::chrono::milliseconds exitDelay{0};
  std::chrono::milliseconds entryDelay{0};
  std::optional<std::chrono::milliseconds> whileInterval;
};

struct SimulateConfig {
  static void describe(Shape<SimulateConfig> &shape);
  std::chrono::milliseconds interval{500};
  double speed = 1.4;
  int seed = 1;
  QList<QString> tags;
};

/// The configuration of an `rtls` instance.
struct RtlsConfig {
  static void describe(Shape<RtlsConfig> &shape);
  QList<ManagerConfig> managers;
  LengthUnit lengthUnit = LengthUnit::Metres;
  QList<ZoneConfig> zones;
  std::optional<GeoReferenceConfig> georeference;
  QList<TagConfig> tags;
  QList<TriggerConfig> triggers;
  QList<ProximityConfig> proximity;
  QList<UnaccompaniedConfig> unaccompanied;
  std::chrono::milliseconds timeout{30'000};
  int unknownTags = 1000;
  QList<IntakeConfig> intake;
  std::optional<FilterConfig> filter;
  std::optional<SmoothingConfig> smoothing;
  std::optional<SimulateConfig> simulate;
  QList<RemoteConfig> remotes;
};

}  // namespace tagwire::rtls
