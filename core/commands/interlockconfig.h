// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../severitywords.h"
#include "conditionconfig.h"
#include "interlockstatus.h"

namespace tagwire {

constexpr auto enumWords(InterlockMode) {
  return std::array{std::pair{"permissive", InterlockMode::Permissive}, std::pair{"trip", InterlockMode::Trip},
                    std::pair{"advisory", InterlockMode::Advisory}};
}

/// One of the manifest's `interlocks`.
struct InterlockConfig {
  int id = 0;
  QString name;
  InterlockMode mode = InterlockMode::Permissive;
  QList<PointReference> points;
  Severity severity = Severity::Major;
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds startup{10'000};
  QList<ConditionConfig> conditions;
  QString path = {};                           ///< "interlocks[2]"
  QHash<QString, ConfigLocation> places = {};  ///< of "id", "points[0]", for later steps

  static void describe(Shape<InterlockConfig> &shape);
};

/// What one document's interlocks say of themselves, which `reader` has just read: notes where they stand, and reports
/// keys that a condition may not have or lacks, and limits that can't be met.
void checkInterlocks(QList<InterlockConfig> &interlocks, ConfigReader &reader);
/// No two of all documents may have one id.
void checkInterlockIds(const QList<InterlockConfig> &interlocks, Problems &problems);

}  // namespace tagwire
