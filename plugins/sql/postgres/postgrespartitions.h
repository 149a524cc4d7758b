// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSet>

#include <set>

#include "postgresconnection.h"

namespace tagwire::sql {

/// How `samples` and `positions` are divided by time.
enum class Partitioning : quint8 { Declarative, Timescale };

/// By whether the extension timescaledb is installed in the database.
StoreResult<Partitioning> partitioningOf(PostgresConnection &connection);

/// Turns the tables, which are there and plain, into hypertables.
QByteArray hypertablesSql();

/// The partitions of the two tables of chunks: one for each month (UTC) from 2020 to 2099, and one for all that is
/// before, one for all after. Thread-bound; owned by the store.
class PostgresPartitions {
 public:
  explicit PostgresPartitions(PostgresConnection &connection) : m_connection(connection) {}

  /// Forgets what is there.
  StoreResult<void> open();
  /// Makes those that are missing, within the transaction under way.
  StoreResult<void> provide(const QByteArray &table, const std::set<Microseconds> &months);
  /// Drops one partition that ends before `time`. True: there was one.
  StoreResult<bool> dropBefore(const QByteArray &table, Microseconds time);
  /// What was made within a transaction that was rolled back is not there.
  void forget() { m_known.clear(); }

 private:
  PostgresConnection &m_connection;
  Partitioning m_partitioning = Partitioning::Declarative;
  QSet<QByteArray> m_known;
};

}  // namespace tagwire::sql
