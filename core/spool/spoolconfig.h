// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"
#include "spool.h"

namespace tagwire::spool {

constexpr auto enumWords(SpoolSettings::Overflow) {
  return std::array{std::pair{"drop_oldest", SpoolSettings::Overflow::DropOldest},
                    std::pair{"thin", SpoolSettings::Overflow::Thin}};
}

/// The key `spool` of a plugin's configuration.
struct SpoolConfig {
  QString folder;
  int mostMegabytes = 1024;
  double leastFreePercent = 5;
  SpoolSettings::Overflow overflow = SpoolSettings::Overflow::DropOldest;

  static void describe(Shape<SpoolConfig> &shape);
  /// With the default folder of instance `id`.
  SpoolSettings settings(const QString &dataDir, const QString &id) const;
};

}  // namespace tagwire::spool
