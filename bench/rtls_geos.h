// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <geos_c.h>

#include <vector>

#include "geometry.h"

namespace tagwire::rtls {

/// The rival of bench/rtls: finds the polygons that hold a position by an STRtree and prepared polygons of GEOS.
class Geos {
 public:
  explicit Geos(const std::vector<Polygon> &polygons) : m_tree(GEOSSTRtree_create_r(m_context, 10)) {
    for (const Polygon &polygon : polygons) add(polygon);
  }
  ~Geos() {
    GEOSSTRtree_destroy_r(m_context, m_tree);
    for (const auto *each : m_prepared) GEOSPreparedGeom_destroy_r(m_context, each);
    for (auto *each : m_areas) GEOSGeom_destroy_r(m_context, each);
    GEOS_finish_r(m_context);
  }
  Geos(const Geos &) = delete;
  Geos &operator=(const Geos &) = delete;

  int look(const Vertex &at) {
    m_point = GEOSGeom_createPointFromXY_r(m_context, at.x, at.y);
    m_found = 0;
    const auto visit = [](void *item, void *self) {
      auto *geos = static_cast<Geos *>(self);
      const auto *area = static_cast<const GEOSPreparedGeometry *>(item);
      geos->m_found += GEOSPreparedIntersects_r(geos->m_context, area, geos->m_point) == 1;
    };
    GEOSSTRtree_query_r(m_context, m_tree, m_point, visit, this);
    GEOSGeom_destroy_r(m_context, m_point);
    return m_found;
  }

 private:
  void add(const Polygon &polygon) {
    GEOSCoordSequence *ring = GEOSCoordSeq_create_r(m_context, static_cast<unsigned>(polygon.size() + 1), 2);
    for (size_t i = 0; i <= polygon.size(); ++i) {
      const Vertex &vertex = polygon[i % polygon.size()];
      GEOSCoordSeq_setXY_r(m_context, ring, static_cast<unsigned>(i), vertex.x, vertex.y);
    }
    m_areas.push_back(GEOSGeom_createPolygon_r(m_context, GEOSGeom_createLinearRing_r(m_context, ring), nullptr, 0));
    m_prepared.push_back(GEOSPrepare_r(m_context, m_areas.back()));
    GEOSSTRtree_insert_r(m_context, m_tree, m_areas.back(), const_cast<GEOSPreparedGeometry *>(m_prepared.back()));
  }

  GEOSContextHandle_t m_context = GEOS_init_r();
  GEOSSTRtree *m_tree;
  std::vector<GEOSGeometry *> m_areas;
  std::vector<const GEOSPreparedGeometry *> m_prepared;
  GEOSGeometry *m_point = nullptr;
  int m_found = 0;
};

}  // namespace tagwire::rtls
