// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sqlite/historyfile.h"
#include "sqlite/rowformat.h"

namespace tagwire::sql {

/// The row of each point in the table `points`, made when it is first needed. Thread-bound; owned by the SqliteStore.
class PointRows {
 public:
  explicit PointRows(HistoryFile &file) : m_file(file) {}
  StoreResult<void> prepare();
  /// Each point is looked at once in a transaction. `isImport`: a point that is there keeps its description.
  void beginTransaction(const PointLookup &points, bool isImport);
  /// Refused: nobody knows the point.
  StoreResult<qint64> rowOf(PointKey key);
  /// Of a sample whose rowOf() is known: a lost tag has no position any more, and yet that belongs among them.
  RowKind kindOf(const StoredSample &sample) const;
  /// After a transaction was undone.
  void forget() { m_known.clear(); }

 private:
  struct Known {
    StoredPointPointer point;
    qint64 row = 0;
    quint64 checkedIn = 0;  ///< transaction
  };

  StoreResult<qint64> findOrMake(const StoredPoint &point);

  HistoryFile &m_file;
  Statement m_select, m_insert;
  std::vector<Known> m_known;  ///< by key
  const PointLookup *m_points = nullptr;
  quint64 m_transaction = 0;
  bool m_isImport = false;
};

}  // namespace tagwire::sql
