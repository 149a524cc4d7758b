// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include <array>
#include <vector>

#include "services/fixintake.h"

namespace tagwire::rtls {

/// What a tag does at the end of its path: turns round, stays there, or stands at the beginning again.
enum class AtEnd : quint8 { Bounce, Stop, Restart };

using Waypoint = std::array<double, 3>;

/// Tags that walk along given paths at one speed. The paths go round among the tags; those that share one begin evenly
/// spread over it. Plain class.
class PathWalk {
 public:
  /// `paths`: at least one, each of at least two waypoints.
  PathWalk(const std::vector<std::vector<Waypoint>> &paths, const QStringList &tags, double speed, AtEnd atEnd);

  /// Everybody walks for `seconds`; returns one fix for each tag, without time.
  QList<IncomingFix> step(double seconds);

 private:
  struct Path {
    std::vector<Waypoint> waypoints;
    std::vector<double> reached;  ///< way from the beginning to each of them
  };
  struct Walk {
    QString tag;
    size_t path = 0;
    double way = 0;  ///< since the beginning, never reduced
    int sequence = 0;
  };
  Waypoint placeOn(const Path &path, double way) const;

  std::vector<Path> m_paths;
  std::vector<Walk> m_walks;
  const double m_speed;
  const AtEnd m_atEnd;
};

/// A fix as the simulators say it, with the next sequence number.
IncomingFix simulatedFix(const QString &tag, const Waypoint &at, int &sequence);

}  // namespace tagwire::rtls
