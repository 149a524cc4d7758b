// SPDX-License-Identifier: Apache-2.0
// Records that are not in their final form yet: plain rows of `recent_samples` and `recent_positions`.
#pragma once

#include <span>

#include "postgresrecord.h"
#include "postgresresult.h"

namespace tagwire::sql {

extern const char *const recentSampleColumns;
extern const char *const recentPositionColumns;
/// About how many bytes a row has in memory, as SQL.
extern const char *const recentSampleBytes;
extern const char *const recentPositionBytes;
/// As much is moved to its final place at once, and moved when it is there.
constexpr qint64 mostRecentBytes = 64 * 1024 * 1024;

void addRecentSample(CopyRows &rows, const PostgresRecord &record);
void addRecentPosition(CopyRows &rows, const PostgresRecord &record);
/// From rows whose first columns are those.
PostgresRecord recentSample(const PostgresResult &result, int row);
PostgresRecord recentPosition(const PostgresResult &result, int row);

}  // namespace tagwire::sql
