// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "postgresconnection.h"
#include "store/rollupmerge.h"

namespace tagwire::sql {

/// Columns that rollupFrom() reads.
extern const char *const postgresRollupColumns;
Rollup rollupFrom(const PostgresResult &result, int row, int column);

/// The roll-ups of a PostgreSQL history, a few statements for many of them. Thread-bound; owned by the store.
class PostgresRollups : public RollupTables {
 public:
  explicit PostgresRollups(PostgresConnection &connection) : m_connection(connection) {}

  StoreResult<void> load(RollupLevel level, const std::vector<Key> &keys,
                         const std::function<void(qint64 point, const Rollup &)> &take) override;
  StoreResult<void> store(RollupLevel level, const std::vector<std::pair<qint64, Rollup>> &rollups) override;
  StoreResult<void> earlier(const std::vector<Span> &spans,
                            const std::function<void(const RollupRecord &)> &take) override;

 private:
  StoreResult<void> earlierIn(std::span<const Span> spans, const std::function<void(const RollupRecord &)> &take);

  PostgresConnection &m_connection;
};

}  // namespace tagwire::sql
