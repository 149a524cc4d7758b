// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QIODevice>

#include "query/historyquestions.h"
#include "tool/exportlines.h"
#include "tool/progress.h"

namespace tagwire::sql {

/// Writes what is stored to a device, in slices, so that memory stays small and no picture of the store is held for
/// long. Thread-bound; what it is given outlives it.
class HistoryExport {
 public:
  /// Rows read from one picture of the store.
  static constexpr qint64 sliceRows = 200'000;

  HistoryExport(StoreReader &reader, const ExportOptions &options, QIODevice &output, Progress &progress,
                std::shared_ptr<const std::atomic_bool> mustStop);

  /// Ends soon when it has to stop, with an error. `now` stands for an end that was not given.
  Result<void> run(Time now);
  qint64 rows() const { return m_rows; }
  /// What was asked for by name or tag and is not there.
  const QStringList &unknown() const { return m_unknown; }
  /// That overlap the range.
  const QList<HistoryGap> &gaps() const { return m_gaps; }

 private:
  Result<void> findPoints();
  Result<void> addTags();
  Result<void> exportValues();
  Result<void> exportSlice(qsizetype &index, ReadingPlace &place);
  Result<void> exportTrends();
  Result<void> exportTrend(const PointRow &point);
  Result<Time> firstTime(const PointRow &point);
  Result<void> exportEvents();
  Result<void> put(const QByteArray &lines);
  Result<void> flush();
  void tellProgress(qsizetype done, Time at);
  Patience patience() const;
  template <class Read>
  auto within(const Read &read) -> decltype(read());

  StoreReader &m_reader;
  const ExportOptions m_options;
  QIODevice &m_output;
  Progress &m_progress;
  const std::shared_ptr<const std::atomic_bool> m_mustStop;
  QList<PointRow> m_points;
  QStringList m_unknown;
  QList<HistoryGap> m_gaps;
  ExportLines m_lines;
  QByteArray m_buffer;
  QString m_writeError;
  Time m_from;
  Time m_to;
  qint64 m_rows = 0;
};

}  // namespace tagwire::sql
