// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include <random>

#include "geometry.h"
#include "services/fixintake.h"

namespace tagwire::rtls {

/// Tags that walk about: each to a place at random within one of the areas, in a straight line, then rests a while. The
/// same seed, areas and steps give the same ways. For trying things out. Plain class.
class Walker {
 public:
  struct Ground {
    Polygon outline;
    double height = 0;  ///< z of whoever walks there
  };

  /// `speed` in length units per second. Wants at least one ground.
  Walker(std::vector<Ground> grounds, const QStringList &tags, double speed, quint32 seed);

  /// Everybody walks for `seconds`; returns one fix for each tag, without time.
  QList<IncomingFix> step(double seconds);

 private:
  struct Walk {
    QString tag;
    Vertex at;
    Vertex target;
    size_t ground = 0;
    double rest = 0;  ///< seconds still to stand
    int sequence = 0;
    double battery = 100;
  };
  double random();
  Vertex placeIn(const Polygon &outline);
  void advance(Walk &walk, double seconds);
  IncomingFix fixOf(Walk &walk) const;

  const std::vector<Ground> m_grounds;
  const double m_speed;
  std::mt19937 m_random;
  std::vector<Walk> m_walks;
};

}  // namespace tagwire::rtls
