// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "config.h"
#include "services/zonecatalog.h"

namespace tagwire::rtls {

/// The static-data file of another site (R1-33): the names of its triggers, tags and zones. Plain value.
struct StaticNames {
  /// Errors: every problem of the file with its place, one a line.
  static Result<StaticNames> read(const QString &file);

  QHash<int, TriggerInfo> triggers;
  QHash<int, ZoneInfo> zones;
  QHash<QString, TagInfo> tags;
};

}  // namespace tagwire::rtls
