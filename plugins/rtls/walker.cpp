// SPDX-License-Identifier: Apache-2.0
#include "walker.h"

#include <cmath>

namespace tagwire::rtls {

Walker::Walker(std::vector<Ground> grounds, const QStringList &tags, double speed, quint32 seed)
    : m_grounds(std::move(grounds)), m_speed(speed), m_random(seed) {
  for (const QString &tag : tags) {
    Walk walk;
    walk.tag = tag;
    walk.ground = m_walks.size() % m_grounds.size();
    walk.at = placeIn(m_grounds[walk.ground].outline);
    walk.target = placeIn(m_grounds[walk.ground].outline);
    m_walks.push_back(walk);
  }
}

QList<IncomingFix> Walker::step(double seconds) {
  QList<IncomingFix> fixes;
  for (Walk &walk : m_walks) {
    advance(walk, seconds);
    fixes << fixOf(walk);
  }
  return fixes;
}

/// 0 ≤ r < 1; the standard's distributions differ from library to library, and a seed should not.
double Walker::random() { return m_random() / 4294967296.0; }

Vertex Walker::placeIn(const Polygon &outline) {
  const Box box = boundsOf(outline);
  for (int attempt = 0; attempt < 100; ++attempt) {
    const double x = box.lowest.x + random() * (box.highest.x - box.lowest.x);
    const double y = box.lowest.y + random() * (box.highest.y - box.lowest.y);
    if (contains(outline, {x, y})) return {x, y};
  }
  return outline.front();  // a sliver of a zone: its corner is inside at least
}

void Walker::advance(Walk &walk, double seconds) {
  if (walk.rest > 0) {
    walk.rest -= seconds;
    return;
  }
  const double dx = walk.target.x - walk.at.x;
  const double dy = walk.target.y - walk.at.y;
  const double left = std::hypot(dx, dy);
  const double way = m_speed * seconds;
  if (left > way) {
    walk.at = {walk.at.x + dx / left * way, walk.at.y + dy / left * way};
    return;
  }
  walk.at = walk.target;
  walk.target = placeIn(m_grounds[walk.ground].outline);
  walk.rest = 5 * random();
}

IncomingFix Walker::fixOf(Walk &walk) const {
  walk.sequence = walk.sequence % 200 + 1;
  walk.battery = walk.battery > 1 ? walk.battery - 0.001 : 100;
  IncomingFix fix;
  fix.fix.tag = walk.tag;
  fix.fix.type = QStringLiteral("Sim");
  fix.fix.gateway = QStringLiteral("SIM-GW");
  fix.fix.confidence = 95;
  fix.fix.battery = static_cast<int>(std::ceil(walk.battery));
  fix.fix.sequence = walk.sequence;
  fix.x = walk.at.x;
  fix.y = walk.at.y;
  fix.z = m_grounds[walk.ground].height;
  return fix;
}

}  // namespace tagwire::rtls
