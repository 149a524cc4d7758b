// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/response.h"
#include "services/sitemap.h"

namespace tagwire::ws {

/// A zone's picture, read from its file. Plain value.
struct PlanPicture {
  QByteArray type;
  QByteArray bytes;
  QByteArray entityTag;  ///< with its quotes

  /// Errors, for people: it can't be read, is larger than 20 MiB, or is not what its name says. Waits for the disk.
  static Result<PlanPicture> read(const PlanFile &file);
  /// 200, or 304 when `known` (If-None-Match) names it. A picture may draw, and nothing else: no scripts, no links out.
  Response answer(const QByteArray &known) const;
};

}  // namespace tagwire::ws
