// SPDX-License-Identifier: Apache-2.0
#include "rest/historyquery.h"

#include <QRegularExpression>

#include <algorithm>

#include "protocols/wirejson.h"
#include "rest/alarmquery.h"
#include "rest/router.h"

namespace tagwire::ws {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::hours usualHistorySpan{1};
constexpr std::chrono::hours longestInterval{366 * 24};
constexpr qint64 mostBucketsInAll = 50'000;  ///< some 5 MB of answer, written in the event loop
constexpr qsizetype mostWords = 100;
constexpr qsizetype longestCursor = 4096;

Result<QStringList> listFrom(const Target &target, const char *key) {
  const QStringList words = target.values(key);
  if (words.size() <= mostWords) return words;
  return failure(QStringLiteral("%1 names too many (allowed: %2)").arg(QLatin1String(key)).arg(mostWords));
}

Result<QString> cursorFrom(const Target &target) {
  const QString after = target.value("after").value_or(QString());
  if (after.size() <= longestCursor) return after;
  return failure(QStringLiteral("after is wrong (allowed: `next` of the page before)"));
}

/// from, to, limit, order and after, which values and events have in common.
template <class Query>
Result<Query> pageQuery(const Target &target, Time now) {
  const auto range = HistoryRange::fromTarget(target, now);
  if (!range) return failure(range.error());
  const auto limit = target.wholeNumber("limit", 1, HistoryReader::mostValues, 1000);
  if (!limit) return failure(limit.error());
  const auto order = wordFrom(target, "order", {QStringLiteral("asc"), QStringLiteral("desc")});
  if (!order) return failure(order.error());
  const auto after = cursorFrom(target);
  if (!after) return failure(after.error());
  Query query;
  query.from = range->from;
  query.to = range->to;
  query.limit = static_cast<int>(*limit);
  query.newestFirst = *order == u"desc";
  query.after = *after;
  return query;
}

qint64 countOf(std::chrono::nanoseconds span, std::chrono::nanoseconds interval) { return span / interval + 2; }

}  // namespace

QLatin1String toText(Aggregate aggregate) {
  static constexpr std::array words{"min", "max", "avg", "last", "count"};
  return QLatin1String(words[static_cast<size_t>(aggregate)]);
}

Result<HistoryRange> HistoryRange::fromTarget(const Target &target, Time now) {
  const auto range = TimeRange::fromTarget(target);
  if (!range) return failure(range.error());
  const Time to = range->to.value_or(std::max(now, range->from.value_or(Time())));
  const Time from = range->from.value_or(std::max(Time(), to - usualHistorySpan));
  if (from >= to) return failure(QStringLiteral("from must be before to"));
  return HistoryRange{from, to};
}

Result<QString> wordFrom(const Target &target, const char *key, const QStringList &allowed) {
  const QString word = target.value(key).value_or(allowed.first());
  if (allowed.contains(word)) return word;
  return failure(QStringLiteral("%1 \"%2\" is wrong (allowed: %3)")
                     .arg(QLatin1String(key), excerpt(word), allowed.join(QStringLiteral(", "))));
}

Result<bool> flagFrom(const Target &target, const char *key) {
  const auto word = wordFrom(target, key, {QStringLiteral("false"), QStringLiteral("true")});
  if (!word) return failure(word.error());
  return *word == u"true";
}

Result<std::chrono::nanoseconds> intervalFromText(const QString &text) {
  static const QRegularExpression shape(QStringLiteral("^([0-9]{1,9})(ms|s|min|m|h|d)$"));
  static const QMap<QString, std::chrono::nanoseconds> units{{QStringLiteral("ms"), 1ms},   {QStringLiteral("s"), 1s},
                                                             {QStringLiteral("min"), 1min}, {QStringLiteral("m"), 1min},
                                                             {QStringLiteral("h"), 1h},     {QStringLiteral("d"), 24h}};
  const auto match = shape.match(text);
  // Nine digits of days are within nanoseconds only as far as the longest interval is looked at first.
  const qint64 number = match.captured(1).toLongLong();
  const auto unit = units.value(match.captured(2));
  if (match.hasMatch() && number > 0 && number <= longestInterval / unit) return number * unit;
  return failure(QStringLiteral("interval \"%1\" is wrong (allowed: 1ms to 366d, as in 500ms, 10s, 1min, 1h, 1d)")
                     .arg(excerpt(text)));
}

Result<QList<Aggregate>> aggregatesFrom(const Target &target) {
  static constexpr std::array all{Aggregate::Min, Aggregate::Max, Aggregate::Mean, Aggregate::Last, Aggregate::Count};
  QList<Aggregate> found;
  const QStringList words = target.words("aggregate");
  for (const QString &word : words) {
    const auto same = std::find_if(all.begin(), all.end(), [&](Aggregate each) { return word == toText(each); });
    if (same == all.end()) {
      return failure(
          QStringLiteral("aggregate \"%1\" is wrong (allowed: avg, min, max, last, count)").arg(excerpt(word)));
    }
    if (!found.contains(*same)) found << *same;
  }
  if (!target.value("aggregate")) return QList<Aggregate>(all.begin(), all.end());
  if (found.isEmpty()) return failure(QStringLiteral("aggregate is empty (allowed: avg, min, max, last, count)"));
  if (target.value("interval") || target.value("buckets")) return found;
  return failure(QStringLiteral("aggregate needs a trend (allowed: interval=1h or buckets=500 beside it)"));
}

Result<HistoryQuery> valuesQuery(const Target &target, Time now) {
  auto query = pageQuery<HistoryQuery>(target, now);
  if (!query) return query;
  const auto before = flagFrom(target, "before");
  if (!before) return failure(before.error());
  query->withBefore = *before;
  return query;
}

Result<std::optional<HistoryTrendQuery>> trendQuery(const Target &target, Time now, qsizetype names) {
  const auto interval = target.value("interval");
  const bool hasBuckets = target.value("buckets").has_value();
  if (!interval && !hasBuckets) return std::optional<HistoryTrendQuery>();
  if (interval && hasBuckets) return failure(QStringLiteral("interval and buckets exclude each other (allowed: one)"));
  for (const char *key : {"limit", "order", "after"}) {
    if (!target.value(key)) continue;
    return failure(
        QStringLiteral("%1 is not for a trend (allowed: without interval and buckets)").arg(QLatin1String(key)));
  }
  const auto range = HistoryRange::fromTarget(target, now);
  if (!range) return failure(range.error());
  const auto before = flagFrom(target, "before");
  if (!before) return failure(before.error());
  HistoryTrendQuery query;
  query.from = range->from;
  query.to = range->to;
  query.withBefore = *before;
  qint64 each = 0;
  if (interval) {
    const auto length = intervalFromText(*interval);
    if (!length) return failure(length.error());
    query.interval = *length;
    each = countOf(range->to - range->from, *length);
  } else {
    const auto buckets = target.wholeNumber("buckets", 1, HistoryReader::mostBuckets, 0);
    if (!buckets) return failure(buckets.error());
    query.buckets = static_cast<int>(*buckets);
    each = *buckets;
  }
  if (interval && each > HistoryReader::mostBuckets + 2) {
    return failure(QStringLiteral("interval is too short for this range (allowed: up to %1 buckets)")
                       .arg(HistoryReader::mostBuckets));
  }
  if (each * names > mostBucketsInAll) {
    return failure(
        QStringLiteral("too many buckets at once (allowed: %1 of all points together)").arg(mostBucketsInAll));
  }
  return std::optional(query);
}

Result<HistoryEventQuery> eventsQuery(const Target &target, Time now) {
  auto query = pageQuery<HistoryEventQuery>(target, now);
  if (!query) return query;
  const auto kinds = listFrom(target, "kind");
  if (!kinds) return failure(kinds.error());
  const auto sources = listFrom(target, "source");
  if (!sources) return failure(sources.error());
  query->kinds = *kinds;
  query->sources = *sources;
  return query;
}

Result<bool> wantsCsv(const Call &call) {
  if (!call.target.value("format")) return call.request.hasToken("accept", "text/csv");
  const auto word = wordFrom(call.target, "format", {QStringLiteral("json"), QStringLiteral("csv")});
  if (!word) return failure(word.error());
  return *word == u"csv";
}

}  // namespace tagwire::ws
