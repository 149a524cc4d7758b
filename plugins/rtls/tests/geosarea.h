// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <geos_c.h>

#include "geometry.h"

namespace tagwire::rtls {

/// A polygon as GEOS sees it: the independent implementation that ours is held against. One thread.
class GeosArea {
 public:
  explicit GeosArea(const Polygon &polygon) : m_context(GEOS_init_r()) {
    GEOSCoordSequence *ring = GEOSCoordSeq_create_r(m_context, static_cast<unsigned>(polygon.size() + 1), 2);
    for (size_t i = 0; i <= polygon.size(); ++i) {
      const Vertex &vertex = polygon[i % polygon.size()];
      GEOSCoordSeq_setXY_r(m_context, ring, static_cast<unsigned>(i), vertex.x, vertex.y);
    }
    m_area = GEOSGeom_createPolygon_r(m_context, GEOSGeom_createLinearRing_r(m_context, ring), nullptr, 0);
    m_prepared = GEOSPrepare_r(m_context, m_area);
  }
  ~GeosArea() {
    GEOSPreparedGeom_destroy_r(m_context, m_prepared);
    GEOSGeom_destroy_r(m_context, m_area);
    GEOS_finish_r(m_context);
  }
  GeosArea(const GeosArea &) = delete;
  GeosArea &operator=(const GeosArea &) = delete;

  /// Edges count as inside.
  bool holds(const Vertex &position) const {
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(m_context, position.x, position.y);
    const bool holds = GEOSPreparedIntersects_r(m_context, m_prepared, point) == 1;
    GEOSGeom_destroy_r(m_context, point);
    return holds;
  }
  /// 0 inside.
  double distance(const Vertex &position) const {
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(m_context, position.x, position.y);
    double distance = -1;
    GEOSDistance_r(m_context, m_area, point, &distance);
    GEOSGeom_destroy_r(m_context, point);
    return distance;
  }

 private:
  GEOSContextHandle_t m_context;
  GEOSGeometry *m_area = nullptr;
  const GEOSPreparedGeometry *m_prepared = nullptr;
};

}  // namespace tagwire::rtls
