// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include "store/newrecords.h"

#include "postgresdelivered.h"
#include "postgresexpiry.h"
#include "postgrespartitions.h"
#include "postgrespoints.h"
#include "postgresrollups.h"

namespace tagwire::sql {

/// The history in PostgreSQL 13 or newer. Small works go row after row into `recent_samples`, which has no index; a
/// slice is packed into chunks (chunk.h), and so is what maintain() finds in `recent_samples` when it is enough or old.
class PostgresStore : public HistoryStore {
 public:
  explicit PostgresStore(const PostgresSettings &settings);

  StoreResult<void> open() override;
  void close() override;
  bool isOpen() const override { return m_connection.isOpen(); }
  StoreResult<QList<SpoolRange>> delivered(const QString &spool) override { return m_delivered.ranges(spool); }
  StoreResult<void> keepBoots(const QString &spool, const QList<quint64> &boots) override {
    return m_delivered.keepBoots(spool, boots);
  }
  StoreResult<void> write(const WriteWork &work, const PointLookup &points) override;
  StoreResult<int> writeBatches(const HistoryBatches &batches) override;
  StoreResult<bool> maintain(Time now, const Retention &retention) override;
  void interrupt() override { m_connection.interrupt(); }

 private:
  using Step = std::function<StoreResult<void>()>;

  StoreResult<void> transaction(const Step &step);
  StoreResult<void> writeRecords(const WriteWork &work, const PointLookup &points);
  StoreResult<void> writeRecent(const std::vector<PostgresRecord> &records);
  StoreResult<void> writeGaps(const QList<HistoryGap> &gaps);
  StoreResult<void> writeEvents(const std::vector<StoredEvent> &events);
  StoreResult<void> storeSlice(std::vector<PostgresRecord> records);
  StoreResult<bool> moveRecent(Time now);
  StoreResult<void> countRecent(Time now);
  StoreResult<std::vector<PostgresRecord>> takeRecent();
  void adaptMoves(bool isDone, std::chrono::steady_clock::duration took);

  const PostgresSettings m_settings;
  PostgresConnection m_connection;
  PostgresPartitions m_partitions{m_connection};
  PostgresRollups m_rollups{m_connection};
  PostgresPoints m_points{m_connection};
  PostgresDelivered m_delivered{m_connection};
  PostgresExpiry m_expiry{m_connection, m_partitions};
  QHash<QByteArray, qint64> m_gapRows;  ///< the last one that we entered, by reason
  BatchPoints m_batchPoints;
  qint64 m_recentRows = 0;
  qint64 m_recentBytes = 0;
  qint64 m_rowsAtOnce;                 ///< that maintain() moves
  std::optional<Time> m_oldestRecent;  ///< when it was received
  std::optional<Time> m_nextCount;     ///< of the recent rows; none: now
};

}  // namespace tagwire::sql
