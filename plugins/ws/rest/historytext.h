// SPDX-License-Identifier: Apache-2.0
// What the history answers as JSON and as JSON lines. Times are UTC with as many digits as they have.
#pragma once

#include "rest/historyquery.h"
#include "services/historyreader.h"

namespace tagwire::ws {

/// How many digits of its second a time needs: 3, 6 or 9.
int fractionDigits(Time time);

/// {"series":[{"point","type","unit","tag"?,"before"?,"values":[{"t","v","q","received"?,"historical"?}]}],"unknown",
/// "gaps","next"}
QByteArray valuesJson(const HistoryPage &page);
/// The same with "buckets":[{"t","min","max","avg","last","count","good"}] and "interval_ms".
QByteArray trendJson(const HistoryPage &page, const QList<Aggregate> &aggregates);
/// {"series":[{…,"last":{…}}],"unknown"}
QByteArray lastJson(const HistoryPage &page);
/// {"points":[{"name","type","unit","tag"?}],"next"}
QByteArray pointsJson(const QList<HistoryPoint> &points, const QString &next);
/// {"events":[…],"next"}
QByteArray eventsJson(const HistoryEventPage &page);
QByteArray quarantineJson(const QuarantinePage &page);

/// One JSON object a line: {"point","t","v","q","unit"?,…}, and {"gap":{…}} for what was lost.
QByteArray valuesLines(const HistoryPage &page);
QByteArray eventsLines(const HistoryEventPage &page);

}  // namespace tagwire::ws
