// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sqlite/historyfile.h"
#include "sqlite/runs.h"
#include "store/rollupmerge.h"

namespace tagwire::sql {

/// A roll-up is a row of the table `rollups`, beginning with this column.
Rollup rollupFrom(const Statement &statement, int column, RollupLevel level);
/// "start, count, …"
constexpr const char *rollupColumns = "start, count, good, numbers, min, max, sum, last, last_ns, dense";
/// Lengths of the level since 1970, rounded down.
qint64 rollupIndex(RollupLevel level, Time time);

/// The roll-ups of a history file. Thread-bound; owned by the SliceWriter.
class SqliteRollups : public RollupTables {
 public:
  explicit SqliteRollups(HistoryFile &file) : m_file(file) {}
  StoreResult<void> prepare();

  StoreResult<void> load(RollupLevel level, const std::vector<Key> &keys,
                         const std::function<void(qint64 point, const Rollup &)> &take) override;
  StoreResult<void> store(RollupLevel level, const std::vector<std::pair<qint64, Rollup>> &rollups) override;
  StoreResult<void> earlier(const std::vector<Span> &spans,
                            const std::function<void(const RollupRecord &)> &take) override;

 private:
  StoreResult<void> readSpan(const std::vector<Run> &runs, const Span &span, std::vector<RollupRecord> &records);

  HistoryFile &m_file;
  RunDirectory m_runs;
  Statement m_load, m_store;
  Statement m_rows[2];  ///< by RowKind
};

}  // namespace tagwire::sql
