// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sqlite/historyfile.h"
#include "sqlite/rowformat.h"
#include "store/rollup.h"

namespace tagwire::sql {

/// Deletes what is older than it is to be kept, in steps of some 10,000 rows. Thread-bound; owned by the SqliteStore.
class Expiry {
 public:
  explicit Expiry(HistoryFile &file) : m_file(file) {}
  /// One step, within a transaction of the caller. False: there is nothing more to do for now; the next round begins
  /// some minutes later.
  StoreResult<bool> step(Time now, const Retention &retention);

 private:
  enum class Phase { Samples, Positions, Events, Gaps, Rollups, Done };

  StoreResult<bool> expireRows(RowKind kind, Time before);
  StoreResult<bool> expireChunks(RowKind kind, Time before);
  StoreResult<void> shortenRun(RowKind kind, qint64 run, qint64 firstId, qint64 count);
  StoreResult<bool> expireEvents(Time before);
  StoreResult<bool> expireRollups(RollupLevel level, Time before);
  StoreResult<bool> stepOf(Phase phase, Time now, const Retention &retention);

  HistoryFile &m_file;
  Phase m_phase = Phase::Done;
  std::optional<Time> m_begun;  ///< this round
  int m_level = 0;
  qint64 m_point = 0;  ///< the last one whose roll-ups were looked at
};

}  // namespace tagwire::sql
