// SPDX-License-Identifier: Apache-2.0
#include "postgresrecord.h"

#include <algorithm>

namespace tagwire::sql {

namespace {

// As in an SQLite file. Roll-ups reckon with the day after, which must fit 64 bits of nanoseconds, too.
constexpr Time earliestStored = std::chrono::sys_days(std::chrono::year(1950) / 1 / 1);
constexpr Time latestStored = std::chrono::sys_days(std::chrono::year(2240) / 1 / 1);

}  // namespace

PostgresRecord postgresRecord(const StoredSample &sample, qint32 point, bool isPosition) {
  PostgresRecord record{point,
                        isPosition,
                        0,
                        Microseconds::of(std::clamp(sample.time, earliestStored, latestStored)),
                        Microseconds::of(std::chrono::floor<std::chrono::milliseconds>(
                            std::clamp(sample.received, earliestStored, latestStored))),
                        {}};
  if (isFinite(sample.value)) record.value = sample.value;
  record.quality = codeOf(storedQuality(sample), sample.isHistorical);
  return record;
}

RollupRecord PostgresRecord::forRollup() const {
  return {point, time.time(), qualityFrom(quality), isPosition ? std::nullopt : toNumber(value)};
}

HistoryValue PostgresRecord::forReader() const {
  return {time.time(), received.time(), value, qualityFrom(quality), isHistorical(quality)};
}

}  // namespace tagwire::sql
