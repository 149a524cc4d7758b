// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <memory>
#include <vector>

#include "pointtable.h"
#include "sqlitefile.h"
#include "storage/statement.h"
#include "storedevent.h"

namespace tagwire::sql {

/// Writes samples and events into an open SqliteFile, within transactions. When any step fails, the transaction is
/// undone as a whole; make a new writer then. Thread-bound; owned by the SqlSink, gone before the file is closed.
class HistoryWriter {
 public:
  /// Longest text of a sample, in characters; what is beyond is cut.
  static constexpr qsizetype longestText = 65'536;

  /// `epoch` names the run of the program, for the sequence numbers of events.
  HistoryWriter(SqliteFile &file, const PointTable &points, const QString &epoch);

  Result<void> prepare();
  Result<void> begin();
  Result<void> add(const Sample &sample);
  Result<void> add(const StoredEvent &event);
  Result<void> commit();
  /// Undoes what was added since begin(). Safe at any time.
  void rollBack();

  /// Rows since begin() that can't be stored by themselves (a point that nobody declared); left out, so that
  /// they never hold up the others.
  int refused() const { return m_refused; }

 private:
  struct KnownPoint {
    std::shared_ptr<const Point> point;
    qint64 row = 0;
    quint64 checkedIn = 0;  ///< transaction in which it was last compared with the point table
  };

  Result<KnownPoint *> known(PointId id);
  Result<qint64> rowOf(const Point &point);
  Result<qint64> rowOf(Quality quality);
  Result<void> addValue(const Sample &sample, const KnownPoint &known, qint64 quality);
  Result<void> addPosition(const Sample &sample, const KnownPoint &known, qint64 quality);
  void bindPosition(const Position &position);
  Result<void> insert(Statement &statement, Statement &countRepeats, const Sample &sample, qint64 row);
  Result<void> finish(Statement &statement);

  SqliteFile &m_file;
  const PointTable &m_points;
  const QByteArray m_epoch;
  Statement m_begin, m_commit;
  Statement m_insertPoint, m_insertQuality;
  Statement m_insertSample, m_countSamples;
  Statement m_insertPosition, m_countPositions;
  Statement m_insertEvent;
  std::vector<KnownPoint> m_known;
  QHash<quint16, qint64> m_qualities;
  quint64 m_transaction = 0;
  int m_refused = 0;
};

}  // namespace tagwire::sql
