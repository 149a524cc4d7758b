// SPDX-License-Identifier: Apache-2.0
// What the history answers as CSV (RFC 4180).
#pragma once

#include "rest/historyquery.h"
#include "services/historyreader.h"

namespace tagwire::ws {

/// First lines of CSV files.
QByteArray valuesCsvHead();
QByteArray eventsCsvHead();
QByteArray trendCsvHead(const QList<Aggregate> &aggregates);
/// Their other lines.
QByteArray valuesCsv(const HistoryPage &page);
QByteArray eventsCsv(const HistoryEventPage &page);
QByteArray trendCsv(const HistoryPage &page, const QList<Aggregate> &aggregates);

}  // namespace tagwire::ws
