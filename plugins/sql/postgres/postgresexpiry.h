// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "postgresconnection.h"
#include "postgrespartitions.h"

namespace tagwire::sql {

/// Deletes what is older than it is to be kept. Thread-bound; owned by the PostgresStore.
class PostgresExpiry {
 public:
  PostgresExpiry(PostgresConnection &connection, PostgresPartitions &partitions)
      : m_connection(connection), m_partitions(partitions) {}

  /// One step. False: there is nothing more to do for now; the next round begins some minutes later.
  StoreResult<bool> step(Time now, const Retention &retention);

 private:
  StoreResult<bool> dropOld(const QByteArray &table, Time before);
  StoreResult<bool> deleteOld(const QByteArray &table, const QByteArray &condition, const QByteArray &column,
                              Time before);

  PostgresConnection &m_connection;
  PostgresPartitions &m_partitions;
  std::optional<Time> m_next;  ///< round
};

}  // namespace tagwire::sql
