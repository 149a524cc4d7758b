// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "binaryformat.h"
#include "services/historyreader.h"
#include "store/historystore.h"
#include "store/qualitycode.h"
#include "store/rollupmerge.h"

namespace tagwire::sql {

/// A sample or a position as a row: its point by the row, its times as PostgreSQL's. Plain value.
struct PostgresRecord {
  qint32 point = 0;
  bool isPosition = false;  ///< also of a tag that has none any more
  qint32 quality = 0;
  Microseconds time;
  Microseconds received;  ///< whole milliseconds
  Value value;            ///< never NaN or infinite

  RollupRecord forRollup() const;
  HistoryValue forReader() const;
};

/// NaN becomes none, with a quality that says so.
PostgresRecord postgresRecord(const StoredSample &sample, qint32 point, bool isPosition);

}  // namespace tagwire::sql
