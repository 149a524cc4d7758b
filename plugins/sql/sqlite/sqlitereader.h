// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "sqlite/runs.h"
#include "storage/sqliteconnection.h"
#include "store/storereader.h"

namespace tagwire::sql {

/// Reads a history file that a SqliteStore writes, in this or another program. Of a version 1 file that is being moved
/// it has what is moved already, and a gap "migrating" (of no lost records) says where the rest is. Thread-bound; owned
/// by whoever asks.
class SqliteReader : public StoreReader {
 public:
  SqliteReader(QString path, std::chrono::milliseconds lockPatience);
  ~SqliteReader() override;

  Result<void> begin(std::chrono::steady_clock::time_point deadline,
                     std::shared_ptr<const std::atomic_bool> mustStop) override;
  void end() override;
  Result<std::optional<PointRow>> point(const QString &fullName) override;
  Result<QList<PointRow>> pointsOfTag(const QString &tag) override;
  Result<void> points(const QString &after, const TakePoint &take) override;
  Result<void> loadNewest(const QList<qint64> &points) override;
  Result<void> values(qint64 point, Time from, Time to, bool newestFirst, const TakeValue &take) override;
  Result<std::optional<HistoryValue>> before(qint64 point, Time time) override;
  Result<void> rollups(qint64 point, RollupLevel level, Time from, Time to, const TakeRollup &take) override;
  Result<void> newest(qint64 point, Time from, Time to, const TakeValue &take) override;
  Result<void> events(const HistoryEventQuery &query, std::optional<std::pair<Time, qint64>> after,
                      const TakeEvent &take) override;
  /// The newest 10,000 of them, by time.
  Result<QList<HistoryGap>> gaps(Time from, Time to) override;

 private:
  using TakeRow = std::function<bool(const Statement &)>;

  Result<void> connect();
  Result<void> checkSchema();
  void disconnect();
  static int isOver(void *reader);
  Result<void> forEachRow(Statement &statement, const TakeRow &take);
  Result<void> forEachPoint(const QByteArray &condition, const QString &parameter, const TakePoint &take);
  Result<void> loadNewest(RowKind kind, const QByteArray &points);
  Result<std::optional<HistoryGap>> gapOfOldTables(Time from, Time to);
  Result<ValueType> typeOf(qint64 point);
  tl::unexpected<QString> failed() const;

  const QString m_path;
  const std::chrono::milliseconds m_lockPatience;
  SqliteConnection m_connection;
  std::unique_ptr<RunDirectory> m_runs;  ///< while connected
  std::chrono::steady_clock::time_point m_deadline;
  std::shared_ptr<const std::atomic_bool> m_mustStop;
  QHash<qint64, ValueType> m_types;
  QHash<qint64, std::vector<HistoryValue>> m_newest;
  qsizetype m_newestTextBytes = 0;
};

}  // namespace tagwire::sql
