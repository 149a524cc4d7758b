// SPDX-License-Identifier: Apache-2.0
#include "pathwalk.h"

#include <algorithm>
#include <cmath>

namespace tagwire::rtls {

PathWalk::PathWalk(const std::vector<std::vector<Waypoint>> &paths, const QStringList &tags, double speed, AtEnd atEnd)
    : m_speed(speed), m_atEnd(atEnd) {
  for (const auto &waypoints : paths) {
    Path path{waypoints, {0}};
    for (size_t i = 1; i < waypoints.size(); ++i) {
      const Waypoint &from = waypoints[i - 1], &to = waypoints[i];
      path.reached.push_back(path.reached.back() + std::hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2]));
    }
    m_paths.push_back(std::move(path));
  }
  const auto count = static_cast<size_t>(tags.size());
  for (size_t i = 0; i < count; ++i) {
    const size_t path = i % m_paths.size();
    const size_t sharing = (count - path + m_paths.size() - 1) / m_paths.size();
    const size_t before = i / m_paths.size();
    const double share = static_cast<double>(before) / static_cast<double>(sharing);
    m_walks.push_back({tags.at(static_cast<qsizetype>(i)), path, share * m_paths[path].reached.back(), 0});
  }
}

QList<IncomingFix> PathWalk::step(double seconds) {
  QList<IncomingFix> fixes;
  for (Walk &walk : m_walks) {
    walk.way += m_speed * seconds;
    fixes << simulatedFix(walk.tag, placeOn(m_paths[walk.path], walk.way), walk.sequence);
  }
  return fixes;
}

Waypoint PathWalk::placeOn(const Path &path, double way) const {
  const double length = path.reached.back();
  double at = std::min(way, length);
  if (m_atEnd == AtEnd::Restart) at = std::fmod(way, length);
  if (m_atEnd == AtEnd::Bounce) {
    at = std::fmod(way, 2 * length);
    if (at > length) at = 2 * length - at;
  }
  const auto next = std::upper_bound(path.reached.begin() + 1, path.reached.end() - 1, at);
  const auto to = static_cast<size_t>(next - path.reached.begin());
  const double leg = path.reached[to] - path.reached[to - 1];
  const double share = leg > 0 ? (at - path.reached[to - 1]) / leg : 0;
  Waypoint place{};
  for (size_t axis = 0; axis < place.size(); ++axis) {
    place[axis] = std::lerp(path.waypoints[to - 1][axis], path.waypoints[to][axis], share);
  }
  return place;
}

IncomingFix simulatedFix(const QString &tag, const Waypoint &at, int &sequence) {
  sequence = sequence % 200 + 1;
  IncomingFix fix;
  fix.fix.tag = tag;
  fix.fix.type = QStringLiteral("Sim");
  fix.fix.gateway = QStringLiteral("SIM-GW");
  fix.fix.confidence = 95;
  fix.fix.battery = 100;
  fix.fix.sequence = sequence;
  fix.x = at[0];
  fix.y = at[1];
  fix.z = at[2];
  return fix;
}

}  // namespace tagwire::rtls
