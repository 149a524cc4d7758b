// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "postgresconnection.h"
#include "postgresrecord.h"

namespace tagwire::sql {

/// The row of each point in the table `points`, made when it is first needed. Thread-bound; owned by the PostgresStore.
class PostgresPoints {
 public:
  explicit PostgresPoints(PostgresConnection &connection) : m_connection(connection) {}

  /// The samples as records, in their order; points that are new or have changed are entered. `isImport`: a point that
  /// is there keeps its description. Refused: nobody knows the point of a sample.
  StoreResult<std::vector<PostgresRecord>> recordsOf(const std::vector<StoredSample> &samples,
                                                     const PointLookup &points, bool isImport);
  /// After a transaction was undone.
  void forget() { m_known.clear(); }

 private:
  struct Known {
    StoredPointPointer point;
    qint32 row = 0;
    quint64 checkedIn = 0;  ///< work
  };
  using Unknown = std::pair<PointKey, StoredPointPointer>;

  StoreResult<std::vector<Unknown>> unknownIn(const std::vector<StoredSample> &samples, const PointLookup &points);
  StoreResult<void> enter(std::span<const Unknown> unknown, bool isImport);

  PostgresConnection &m_connection;
  std::vector<Known> m_known;  ///< by key
  quint64 m_work = 0;
};

}  // namespace tagwire::sql
