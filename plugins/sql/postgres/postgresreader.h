// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unordered_map>

#include "postgresconnection.h"
#include "postgresrecord.h"
#include "store/storereader.h"

namespace tagwire::sql {

/// Reads a history in PostgreSQL: one picture of it (repeatable read, read only), rows by a cursor, a few at a time.
class PostgresReader : public StoreReader {
 public:
  explicit PostgresReader(const PostgresSettings &settings);

  Result<void> begin(std::chrono::steady_clock::time_point deadline,
                     std::shared_ptr<const std::atomic_bool> mustStop) override;
  void end() override;
  std::chrono::nanoseconds resolution() const override { return std::chrono::microseconds(1); }

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
  Result<QList<HistoryGap>> gaps(Time from, Time to) override;

 private:
  using TakeRow = std::function<bool(const PostgresResult &, int row)>;

  StoreResult<void> begin();
  /// Rows of `sql`, a few times `atOnce` of them in memory at most, and fewer of long ones.
  StoreResult<void> stream(const QByteArray &sql, const PostgresParameters &parameters, int atOnce,
                           const TakeRow &take);
  StoreResult<void> readValues(qint64 point, Microseconds from, Microseconds to, bool newestFirst,
                               const TakeValue &take);
  Result<void> told(const StoreResult<void> &result);

  const PostgresSettings m_settings;
  PostgresConnection m_connection;
  std::chrono::steady_clock::time_point m_deadline;
  std::unordered_map<qint64, std::vector<PostgresRecord>> m_newest;  ///< by time
};

}  // namespace tagwire::sql
