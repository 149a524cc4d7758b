// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "refusedrecord.h"
#include "result.h"
#include "services/historyreader.h"
#include "storage/sqliteconnection.h"
#include "storage/statement.h"

namespace tagwire::sql {

/// Records that the database refuses for their content, kept in an SQLite file of their own until somebody has them
/// tried again or gives them up. A damaged file is put aside and a new one begun. Thread-safe; every call may wait for
/// the disk. Owned by the Drain.
class Quarantine {
 public:
  static constexpr qint64 mostRecords = 100'000;

  /// One that waits to be tried again.
  struct Queued {
    qint64 id = 0;
    RefusedRecord record;
  };

  explicit Quarantine(QString path);
  ~Quarantine();

  /// Opens or makes the file. Says how many it holds.
  Result<qint64> open();
  void close();
  /// Takes out what `delivered` has: it was tried again with success. Says how many there were.
  Result<int> removeDelivered(const QList<SpoolRange> &delivered);
  /// Takes out what still comes by the spool: of these boots, and not in `delivered`.
  Result<int> removeWaiting(const QList<quint64> &boots, const QList<SpoolRange> &delivered);

  /// On the disk when it returns. One with the same key is not entered twice: says whether it is
  /// new. Errors: it is full, the disk fails.
  Result<bool> add(const RefusedRecord &record);
  /// Waits for nothing; so does lost().
  qint64 count() const { return m_count; }
  /// Records that were in it and can't be read any more: damaged ones, or the file is gone.
  qint64 lost() const { return m_lost; }

  Result<QuarantinePage> page(qint64 after, int limit);
  /// Marks these (all for an empty list) to be tried again; says how many there are.
  Result<int> requeue(const QList<qint64> &ids);
  /// Takes these out for good; says how many there were.
  Result<int> discard(const QList<qint64> &ids);

  /// The oldest that waits to be tried again. Those that can't be read any more are taken out and counted in lost().
  Result<std::optional<Queued>> next();
  /// It is stored now. Says whether it was still there.
  Result<bool> remove(qint64 id);
  /// It was refused again.
  Result<void> refusedAgain(qint64 id, const QString &reason);

 private:
  Result<void> tryOpen();
  Result<void> ensure();
  Result<int> removeWhere(const std::function<bool(const SpoolRange &)> &goes);
  Result<void> prepare();
  Result<int> forEach(const QList<qint64> &ids, const char *all, const char *one);
  Result<void> finish(Statement &statement);
  Result<void> putAside(const QString &trouble);
  void closeFile();

  struct Statements;

  const QString m_path;
  mutable std::mutex m_mutex;
  SqliteConnection m_connection;
  std::unique_ptr<Statements> m_statements;
  std::atomic<qint64> m_count = 0;
  std::atomic<qint64> m_lost = 0;
};

}  // namespace tagwire::sql
