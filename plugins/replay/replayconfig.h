// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"
#include "point.h"
#include "scalartype.h"

namespace tagwire::replay {

/// What time a played value has.
enum class Times : quint8 { Now, Original };
constexpr auto enumWords(Times) {
  return std::array{std::pair{"now", Times::Now}, std::pair{"original", Times::Original}};
}

/// A point that is played. Plain value.
struct PointConfig {
  QString name;
  std::optional<int> number;
  ScalarType type = ScalarType::Float64;
  QString unit;
  QString description;
  ConfigLocation where;

  static void describe(Shape<PointConfig> &shape);
  PointInfo info() const;
};

/// A time with its offset.
class Moment {
 public:
  static constexpr const char *form = "2026-12-31T18:00:00Z";
  static Result<Moment> fromText(const QString &text);
  Time time() const { return m_time; }

 private:
  Time m_time;
};

/// The configuration of a `replay` instance. Plain value.
struct ReplayConfig {
  static constexpr double slowest = 0.01;
  static constexpr double fastest = 10'000;
  static constexpr int mostPoints = 1000;

  std::optional<QString> history;
  std::optional<QString> csv;  ///< absolute after reading
  std::optional<Moment> from;
  std::optional<Moment> to;
  ConfigNode speedNode;
  bool isLoop = false;
  QList<PointConfig> points;
  std::optional<QString> prefix;
  Times times = Times::Now;
  std::optional<double> speed = 10;  ///< no key: what speedNode says; none: as fast as may be

  static void describe(Shape<ReplayConfig> &shape);
  /// Nothing when there are errors, each one reported.
  static std::optional<ReplayConfig> read(ConfigReader &reader);
};

}  // namespace tagwire::replay
