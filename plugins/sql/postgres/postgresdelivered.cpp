// SPDX-License-Identifier: Apache-2.0
#include "postgresdelivered.h"

#include <algorithm>

#include "postgresschema.h"

namespace tagwire::sql {

namespace {

PostgresParameters rowOf(const QString &spool, const SpoolRange &range) {
  PostgresParameters parameters;
  parameters.add(spool.toUtf8())
      .add(static_cast<qint64>(range.boot))
      .add(static_cast<qint16>(range.stream))
      .add(static_cast<qint64>(range.first))
      .add(static_cast<qint64>(range.next));
  return parameters;
}

StoreResult<void> lockSpool(PostgresConnection &connection, const QByteArray &function, const QString &spool) {
  PostgresParameters parameters;
  parameters.add(spool.toUtf8());
  const auto locked =
      connection.query("SELECT " + function + '(' + QByteArray::number(static_cast<qint32>(PostgresLock::Spool)) +
                           ", hashtext(current_schema() || ' ' || $1))",
                       parameters);
  if (!locked) return tl::unexpected(locked.error());
  return {};
}

}  // namespace

// An earlier connection of this spool may still be committing what nobody got an answer to. Its session holds the lock
// until it is gone, so whoever has the lock sees all that it did.
StoreResult<void> PostgresDelivered::lock(const QString &spool) {
  if (spool.isEmpty() || spool == m_locked) return {};
  const auto locked = lockSpool(m_connection, "pg_advisory_lock", spool);
  if (locked) m_locked = spool;
  return locked;
}

StoreResult<QList<SpoolRange>> PostgresDelivered::ranges(const QString &spool) {
  return lock(spool).and_then([&] { return read(spool); });
}

// Another hub may have the same batch, and waits here until it can see ours. All lock in the order of names.
StoreResult<QList<SpoolRange>> PostgresDelivered::rangesForNow(const QString &origin) {
  return lockSpool(m_connection, "pg_advisory_xact_lock", origin).and_then([&] { return read(origin); });
}

StoreResult<QList<SpoolRange>> PostgresDelivered::read(const QString &spool) {
  PostgresParameters parameters;
  parameters.add(spool.toUtf8());
  const auto found = m_connection.query(
      "SELECT boot, stream, first, next FROM delivered WHERE spool = $1 ORDER BY boot, stream, first", parameters);
  if (!found) return tl::unexpected(found.error());
  QList<SpoolRange> ranges;
  for (int row = 0; row < found->rows(); ++row) {
    ranges.append(
        {static_cast<quint64>(found->value<qint64>(row, 0)), static_cast<Stream>(found->value<qint16>(row, 1)),
         static_cast<quint64>(found->value<qint64>(row, 2)), static_cast<quint64>(found->value<qint64>(row, 3))});
  }
  return ranges;
}

StoreResult<void> PostgresDelivered::keepBoots(const QString &spool, const QList<quint64> &boots) {
  if (const auto locked = lock(spool); !locked) return locked;
  std::vector<qint64> kept;
  for (const quint64 boot : boots) kept.push_back(static_cast<qint64>(boot));
  PostgresParameters parameters;
  parameters.add(spool.toUtf8()).addArray(kept);
  const auto deleted = m_connection.query("DELETE FROM delivered WHERE spool = $1 AND boot <> ALL($2)", parameters);
  if (!deleted) return tl::unexpected(deleted.error());
  return {};
}

StoreResult<void> PostgresDelivered::enter(const QString &spool, const QList<SpoolRange> &ranges) {
  static const QByteArray sql =
      "WITH grown AS (UPDATE delivered SET next = $5 WHERE spool = $1 AND boot = $2 AND stream = $3 AND next = $4"
      " RETURNING 1) INSERT INTO delivered(spool, boot, stream, first, next) SELECT $1, $2, $3, $4, $5"
      " WHERE NOT EXISTS (SELECT FROM grown)";
  if (spool.isEmpty()) return {};
  for (const SpoolRange &range : ranges) {
    if (range.isEmpty()) continue;
    const auto entered = m_connection.query(sql, rowOf(spool, range));
    if (!entered) return tl::unexpected(entered.error());
  }
  return {};
}

StoreResult<void> PostgresDelivered::merge(const QString &origin, const SpoolRange &range) {
  const auto gone = m_connection.query(
      "DELETE FROM delivered WHERE spool = $1 AND boot = $2 AND stream = $3 AND first <= $5 AND next >= $4"
      " RETURNING first, next",
      rowOf(origin, range));
  if (!gone) return tl::unexpected(gone.error());
  SpoolRange whole = range;
  for (int row = 0; row < gone->rows(); ++row) {
    whole.first = std::min(whole.first, static_cast<quint64>(gone->value<qint64>(row, 0)));
    whole.next = std::max(whole.next, static_cast<quint64>(gone->value<qint64>(row, 1)));
  }
  const auto entered = m_connection.query(
      "INSERT INTO delivered(spool, boot, stream, first, next) VALUES ($1, $2, $3, $4, $5)", rowOf(origin, whole));
  if (!entered) return tl::unexpected(entered.error());
  return {};
}

}  // namespace tagwire::sql
