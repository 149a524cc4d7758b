// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QUrl>

#include "geometry.h"
#include "pathwalk.h"
#include "result.h"

namespace tagwire::rtls {

/// What `tagwire sim rtls` was asked for.
struct SimulatorOptions {
  /// Errors name the argument and what is allowed; a URL with a credential in it is refused and not repeated.
  static Result<SimulatorOptions> fromArguments(const QStringList &arguments);

  bool help = false;
  QString helpText;
  QUrl url;
  int tags = 12;
  Polygon area;
  std::vector<std::vector<Waypoint>> paths;  ///< empty: anywhere in `area`
  AtEnd atEnd = AtEnd::Bounce;
  double rate = 2;     ///< fixes per second and tag
  double speed = 1.4;  ///< length units per second
  double jitter = 0;
  double loss = 0;
  QString replay;  ///< a file; empty: the tags walk
  double speedup = 1;
  int zone = 0;  ///< `zone_id` in the fixes; 0: none
  int seed = 1;
};

}  // namespace tagwire::rtls
