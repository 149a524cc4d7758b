// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sqlite/expiry.h"
#include "sqlite/oldtables.h"
#include "sqlite/pointrows.h"
#include "sqlite/recentrows.h"
#include "store/newrecords.h"

namespace tagwire::sql {

/// A history in an SQLite file. Owned by the Drain, in its thread. Other programs may read and write the file
/// meanwhile.
class SqliteStore : public HistoryStore {
 public:
  /// A lock of another program is waited for up to `lockPatience`.
  SqliteStore(QString path, std::chrono::milliseconds lockPatience);
  ~SqliteStore() override;

  StoreResult<void> open() override;
  void close() override;
  bool isOpen() const override { return m_statements != nullptr; }
  StoreResult<QList<SpoolRange>> delivered(const QString &spool) override;
  StoreResult<void> keepBoots(const QString &spool, const QList<quint64> &boots) override;
  StoreResult<void> write(const WriteWork &work, const PointLookup &points) override;
  StoreResult<int> writeBatches(const HistoryBatches &batches) override;
  StoreResult<bool> maintain(Time now, const Retention &retention) override;
  void interrupt() override { m_file.interrupt(); }

 private:
  struct Statements;

  /// Runs `step` in a transaction; after any error nothing of it is left.
  StoreResult<void> inTransaction(const std::function<StoreResult<void>()> &step);
  StoreResult<void> check();
  StoreResult<QList<SpoolRange>> rangesOf(const QString &spool);
  StoreResult<void> addRecords(const WriteWork &work, const PointLookup &points);
  StoreResult<void> addSamples(const WriteWork &work);
  StoreResult<void> addSlice(RowKind kind, std::vector<Row> rows);
  StoreResult<void> addGaps(const QList<HistoryGap> &gaps);
  StoreResult<void> addEvents(const std::vector<StoredEvent> &events);
  StoreResult<void> addRange(const QString &spool, const SpoolRange &range);
  StoreResult<void> addMergedRange(const QString &spool, const SpoolRange &range);
  StoreResult<bool> maintainOnce(Time now, const Retention &retention);

  const QString m_path;
  const std::chrono::milliseconds m_lockPatience;
  BatchPoints m_batchPoints;
  HistoryFile m_file;
  std::unique_ptr<Statements> m_statements;  ///< none: not open
};

}  // namespace tagwire::sql
