// SPDX-License-Identifier: Apache-2.0
// What is only asked while the manifest is read; the hot path is geometry.h.
#pragma once

#include <QString>

#include "geometry.h"

namespace tagwire::rtls {

/// What is wrong with an outline ("the edges from vertex 0 and from vertex 2 cross or touch"); empty when nothing is.
/// Wants three vertices or more.
QString wrongOutline(const Polygon &polygon);

/// What is wrong with the holes of an outline; empty when nothing is. Neither may be wrong by itself.
QString wrongHoles(const Polygon &outline, const std::vector<Polygon> &holes);

/// Whether the whole of `region` lies inside `zone`; common edges are inside.
bool liesInside(const Region &region, const Region &zone);

}  // namespace tagwire::rtls
