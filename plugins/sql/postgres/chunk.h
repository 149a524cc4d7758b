// SPDX-License-Identifier: Apache-2.0
// The final form of records: one row for many values of one point, in arrays (docs/decisions/0022-postgresql.md).
#pragma once

#include <set>
#include <span>

#include "postgresrecord.h"
#include "postgresresult.h"

namespace tagwire::sql {

/// Chunks as rows to copy into the table `samples` or `positions`.
struct PackedChunks {
  CopyRows samples;
  CopyRows positions;
  /// The first days of the months (UTC) that rows begin in.
  std::set<Microseconds> sampleMonths;
  std::set<Microseconds> positionMonths;
};

/// The columns that copied rows have.
extern const char *const sampleChunkColumns;
extern const char *const positionChunkColumns;
/// The columns that unpackSamples() and unpackPositions() want: slice, then these.
extern const char *const packedSampleColumns;
extern const char *const packedPositionColumns;

/// No chunk is longer than this; it stays within one day (UTC), too.
constexpr qsizetype longestChunk = 4096;

/// `records` are sorted by point and time.
PackedChunks packed(std::span<const PostgresRecord> records, qint64 slice);

/// The records of the chunk in `row`, whose columns stand from `column` on.
std::vector<PostgresRecord> unpackSamples(const PostgresResult &result, int row, int column, qint32 point);
std::vector<PostgresRecord> unpackPositions(const PostgresResult &result, int row, int column, qint32 point);

Microseconds dayOf(Microseconds time);
Microseconds monthOf(Microseconds time);

}  // namespace tagwire::sql
