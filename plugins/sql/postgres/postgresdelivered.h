// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "postgresconnection.h"

namespace tagwire::sql {

/// What of each spool is in the database: the table `delivered`. Whoever writes for a spool has its lock. Thread-bound;
/// owned by the PostgresStore.
class PostgresDelivered {
 public:
  explicit PostgresDelivered(PostgresConnection &connection) : m_connection(connection) {}

  /// For as long as the connection stands; empty: not from a spool.
  StoreResult<void> lock(const QString &spool);
  /// Locks it, too.
  StoreResult<QList<SpoolRange>> ranges(const QString &spool);
  StoreResult<void> keepBoots(const QString &spool, const QList<quint64> &boots);
  /// What of the spool we have in our own lock.
  StoreResult<void> enter(const QString &spool, const QList<SpoolRange> &ranges);

  /// Locks it until the end of the transaction: for what may come by several hubs.
  StoreResult<QList<SpoolRange>> rangesForNow(const QString &origin);
  /// As one with those that it touches.
  StoreResult<void> merge(const QString &origin, const SpoolRange &range);

  /// After the connection was closed.
  void forget() { m_locked.clear(); }

 private:
  StoreResult<QList<SpoolRange>> read(const QString &spool);

  PostgresConnection &m_connection;
  QString m_locked;
};

}  // namespace tagwire::sql
