// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/target.h"
#include "services/historyreader.h"

namespace tagwire::ws {

struct Call;

/// What of a bucket is answered.
enum class Aggregate : quint8 { Min, Max, Mean, Last, Count };
/// "min", "max", "avg", "last", "count"
QLatin1String toText(Aggregate aggregate);

/// ?from=&to=, the last hour where they are absent.
struct HistoryRange {
  Time from;
  Time to;

  static Result<HistoryRange> fromTarget(const Target &target, Time now);
};

// The questions of a request, without points and tags. Errors name the parameter and what is allowed.

/// ?from&to&limit&order&after&before
Result<HistoryQuery> valuesQuery(const Target &target, Time now);
/// ?from&to&before and interval or buckets, for `names` points and tags; nothing where neither stands there.
Result<std::optional<HistoryTrendQuery>> trendQuery(const Target &target, Time now, qsizetype names);
/// ?kind&source&from&to&limit&order&after
Result<HistoryEventQuery> eventsQuery(const Target &target, Time now);
/// ?aggregate=; all of them if absent. An error, too, where it stands without a trend.
Result<QList<Aggregate>> aggregatesFrom(const Target &target);
/// "500ms", "10s", "1m", "1min", "1h", "1d"
Result<std::chrono::nanoseconds> intervalFromText(const QString &text);
/// ?key=true
Result<bool> flagFrom(const Target &target, const char *key);
/// ?key= one of `allowed`; the first of them if absent.
Result<QString> wordFrom(const Target &target, const char *key, const QStringList &allowed);
/// ?format=, or what the client would rather have.
Result<bool> wantsCsv(const Call &call);

}  // namespace tagwire::ws
