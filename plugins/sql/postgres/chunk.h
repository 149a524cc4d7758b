// SPDX-License-Identifier: Apache-2.0
// The final form of records: one row for many values of one point, in arrays (docs/decisions/0022-postgresql.md).
#pragma once

#include <set>
#include <span>

#include "postgresrecord.h"
#include "postgresresult.h"

namespace tagwire::sql {

/// The columns that copied rows have.
extern const char *const sampleChunkColumns;
extern const char *const positionChunkColumns;
/// The columns that unpackSamples() and unpackPositions() want: slice, then these.
extern const char *const packedSampleColumns;
extern const char *const packedPositionColumns;

/// No chunk is longer than this; it stays within one day (UTC), too.
constexpr qsizetype longestChunk = 4096;

/// Packs the samples or the positions among records, which are sorted by point and time, into rows for COPY. Plain
/// class; the records outlive it.
class ChunkPacker {
 public:
  ChunkPacker(std::span<const PostgresRecord> records, qint64 slice, bool ofPositions)
      : m_records(records), m_slice(slice), m_ofPositions(ofPositions) {}
  /// Adds the next chunks, about as many as are sent at once. False: these were the last.
  bool add(CopyRows &rows);

 private:
  std::span<const PostgresRecord> m_records;  ///< what is left of them
  const qint64 m_slice;
  const bool m_ofPositions;
};

/// The first days of the months (UTC) that the samples or the positions among `records` are of.
std::set<Microseconds> monthsOf(std::span<const PostgresRecord> records, bool ofPositions);

/// The records of the chunk in `row`, whose columns stand from `column` on.
std::vector<PostgresRecord> unpackSamples(const PostgresResult &result, int row, int column, qint32 point);
std::vector<PostgresRecord> unpackPositions(const PostgresResult &result, int row, int column, qint32 point);

Microseconds dayOf(Microseconds time);
Microseconds monthOf(Microseconds time);

}  // namespace tagwire::sql
