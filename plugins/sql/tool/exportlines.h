// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/historyreader.h"
#include "tool/exportoptions.h"

namespace tagwire::sql {

/// Makes the lines of an export, CSV or JSON. Plain value.
class ExportLines {
 public:
  /// `hasPositions`: CSV gets the columns of positions.
  ExportLines(const ExportOptions &options, bool hasPositions);

  /// Empty for JSON lines.
  QByteArray header() const;
  QByteArray line(const HistoryPoint &point, const HistoryValue &value) const;
  QByteArray line(const HistoryPoint &point, const HistoryBucket &bucket) const;
  QByteArray line(const HistoryEvent &event) const;
  /// JSON lines only; a CSV file has no place for them.
  QByteArray gaps(const QList<HistoryGap> &gaps) const;

 private:
  QByteArray csv(const HistoryPoint &point, const HistoryValue &value) const;
  QByteArray json(const HistoryPoint &point, const HistoryValue &value) const;

  bool m_isCsv;
  bool m_isEvents;
  bool m_hasPositions;
  QList<Aggregate> m_aggregates;
};

}  // namespace tagwire::sql
