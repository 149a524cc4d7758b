// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/historystore.h"

namespace tagwire::sql {

/// Work that only marks a gap.
inline WriteWork gapWork(const HistoryGap &gap) {
  WriteWork work;
  work.gaps = {gap};
  return work;
}

}  // namespace tagwire::sql
