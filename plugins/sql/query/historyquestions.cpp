// SPDX-License-Identifier: Apache-2.0
#include "query/historyquestions.h"

#include "query/trendreader.h"
#include "record.h"

namespace tagwire::sql {

namespace {

Result<void> checkRange(Time from, Time to) {
  if (from < to) return {};
  return failure(QStringLiteral("from is not before to (allowed: from < to)"));
}

Result<void> checkLimit(int limit, int most) {
  if (limit >= 1 && limit <= most) return {};
  return failure(QStringLiteral("limit is %1 (allowed: 1 to %2)").arg(limit).arg(most));
}

Result<void> checkNames(const QStringList &points, const QStringList &tags) {
  const qsizetype count = points.size() + tags.size();
  if (count < 1 || count > HistoryReader::mostPoints) {
    return failure(QStringLiteral("%1 points and tags are asked for (allowed: 1 to %2)")
                       .arg(count)
                       .arg(HistoryReader::mostPoints));
  }
  if (!points.contains(QString()) && !tags.contains(QString())) return {};
  return failure(QStringLiteral("the name of a point or tag is empty (allowed: full names, ids of tags)"));
}

/// The place that a page begins behind; none for the first page.
template <class Place>
Result<std::optional<Place>> placeOf(const QString &after, bool newestFirst,
                                     Result<Place> (*read)(const QString &, bool)) {
  if (after.isEmpty()) return std::optional<Place>();
  return read(after, newestFirst).map([](Place place) { return std::optional<Place>(std::move(place)); });
}

}  // namespace

struct HistoryQuestions::Asked {
  QList<PointRow> rows;
  QStringList unknown;

  void add(const PointRow &row) {
    const bool isThere = std::any_of(rows.cbegin(), rows.cend(), [&](const PointRow &r) { return r.id == row.id; });
    if (!isThere) rows << row;
  }
};

HistoryQuestions::HistoryQuestions(StoreReader &reader) : m_reader(reader) {}

template <class Answer>
Result<Answer> HistoryQuestions::within(const Patience &patience, const std::function<Result<Answer>()> &read) {
  const auto begun = m_reader.begin(patience.deadline, patience.mustStop);
  if (!begun) return tl::unexpected(begun.error());
  auto answer = read();
  m_reader.end();
  return answer;
}

Result<HistoryQuestions::Asked> HistoryQuestions::look(const QStringList &points, const QStringList &tags) {
  Asked asked;
  for (const QString &name : points) {
    const auto row = m_reader.point(name);
    if (!row) return tl::unexpected(row.error());
    if (*row) {
      asked.add(**row);
    } else {
      asked.unknown << name;
    }
  }
  for (const QString &tag : tags) {
    const auto rows = m_reader.pointsOfTag(tag);
    if (!rows) return tl::unexpected(rows.error());
    bool hasPosition = false;
    for (const PointRow &row : *rows) {
      if (row.point.type != ValueType::Position) continue;
      hasPosition = true;
      asked.add(row);
    }
    if (!hasPosition) asked.unknown << tag;
  }
  asked.unknown.removeDuplicates();
  return asked;
}

Result<void> HistoryQuestions::loadNewest(const QList<PointRow> &rows, qsizetype first) {
  QList<qint64> ids;
  for (qsizetype i = first; i < rows.size(); ++i) ids << rows[i].id;
  return ids.isEmpty() ? Result<void>() : m_reader.loadNewest(ids);
}

Result<HistoryPage> HistoryQuestions::values(const HistoryQuery &query, const Patience &patience) {
  const auto checked =
      checkNames(query.points, query.tags).and_then([&] { return checkRange(query.from, query.to); }).and_then([&] {
        return checkLimit(query.limit, HistoryReader::mostValues);
      });
  if (!checked) return tl::unexpected(checked.error());
  const auto after = placeOf(query.after, query.newestFirst, &valuePlace);
  if (!after) return tl::unexpected(after.error());
  return within<HistoryPage>(patience, [&] { return readValues(query, *after); });
}

Result<HistoryPage> HistoryQuestions::readValues(const HistoryQuery &query, const std::optional<ReadingPlace> &after) {
  const auto asked = look(query.points, query.tags);
  if (!asked) return tl::unexpected(asked.error());
  HistoryPage page;
  page.unknown = asked->unknown;
  qsizetype first = 0;
  if (after) {
    while (first < asked->rows.size() && asked->rows[first].point.name != after->point) ++first;
    if (first == asked->rows.size()) {
      return failure(
          QStringLiteral("after names a point that is not asked for (allowed: next of the page before, with "
                         "the question unchanged)"));
    }
  } else {
    const auto gaps = m_reader.gaps(query.from, query.to);
    if (!gaps) return tl::unexpected(gaps.error());
    page.gaps = *gaps;
  }
  const auto loaded = loadNewest(asked->rows, first);
  if (!loaded) return tl::unexpected(loaded.error());

  qsizetype count = 0;
  qsizetype bytes = 0;
  for (qsizetype i = first; i < asked->rows.size(); ++i) {
    const PointRow &row = asked->rows[i];
    ReadingPlace place = after && i == first ? *after : ReadingPlace();
    HistorySeries series{row.point};
    if (query.withBefore && !place.isBegun) {
      const auto before = m_reader.before(row.id, query.from);
      if (!before) return tl::unexpected(before.error());
      series.before = *before;
    }
    const auto isMore =
        readOn(m_reader, row, query.from, query.to, query.newestFirst, place, [&](const HistoryValue &value) {
          if (count >= query.limit || bytes >= longestTexts) return false;
          ++count;
          bytes += plainTextBytes(value.value);
          series.values << value;
          return true;
        });
    if (!isMore) return tl::unexpected(isMore.error());
    if (!*isMore || !series.values.isEmpty()) page.series << series;
    if (!*isMore) continue;
    page.next = toCursor(place, query.newestFirst);
    break;
  }
  return page;
}

Result<HistoryPage> HistoryQuestions::trend(const HistoryTrendQuery &query, const Patience &patience) {
  const auto checked = checkNames(query.points, {});
  if (!checked) return tl::unexpected(checked.error());
  const auto grid = BucketGrid::of(query);
  if (!grid) return tl::unexpected(grid.error());
  if (grid->count() * query.points.size() > mostBucketsTogether) {
    return failure(QStringLiteral("%1 buckets of %2 points are too many (allowed: up to %3 together; take fewer points "
                                  "or longer buckets)")
                       .arg(grid->count())
                       .arg(query.points.size())
                       .arg(mostBucketsTogether));
  }
  return within<HistoryPage>(patience, [&] { return readTrend(query, *grid, patience.deadline); });
}

Result<HistoryPage> HistoryQuestions::readTrend(const HistoryTrendQuery &query, const BucketGrid &grid,
                                                std::chrono::steady_clock::time_point deadline) {
  const auto asked = look(query.points, {});
  if (!asked) return tl::unexpected(asked.error());
  const auto gaps = m_reader.gaps(query.from, query.to);
  if (!gaps) return tl::unexpected(gaps.error());
  const auto loaded = loadNewest(asked->rows);
  if (!loaded) return tl::unexpected(loaded.error());
  HistoryPage page;
  page.unknown = asked->unknown;
  page.gaps = *gaps;
  page.interval = grid.length();
  TrendReader trend(m_reader, grid, deadline);
  for (const PointRow &row : asked->rows) {
    HistorySeries series{row.point};
    if (query.withBefore) {
      const auto before = m_reader.before(row.id, query.from);
      if (!before) return tl::unexpected(before.error());
      series.before = *before;
    }
    const auto buckets = trend.read(row.id);
    if (!buckets) return tl::unexpected(buckets.error());
    series.buckets = *buckets;
    page.series << series;
  }
  return page;
}

Result<HistoryPage> HistoryQuestions::lastBefore(const QStringList &points, const QStringList &tags, Time time,
                                                 const Patience &patience) {
  const auto checked = checkNames(points, tags);
  if (!checked) return tl::unexpected(checked.error());
  return within<HistoryPage>(patience, [&]() -> Result<HistoryPage> {
    const auto asked = look(points, tags);
    if (!asked) return tl::unexpected(asked.error());
    const auto loaded = loadNewest(asked->rows);
    if (!loaded) return tl::unexpected(loaded.error());
    HistoryPage page;
    page.unknown = asked->unknown;
    for (const PointRow &row : asked->rows) {
      const auto before = m_reader.before(row.id, time);
      if (!before) return tl::unexpected(before.error());
      page.series << HistorySeries{row.point, *before};
    }
    return page;
  });
}

Result<HistoryEventPage> HistoryQuestions::events(const HistoryEventQuery &query, const Patience &patience) {
  const auto checked =
      checkRange(query.from, query.to).and_then([&] { return checkLimit(query.limit, HistoryReader::mostValues); });
  if (!checked) return tl::unexpected(checked.error());
  if (query.kinds.size() > HistoryReader::mostPoints || query.sources.size() > HistoryReader::mostPoints) {
    return failure(QStringLiteral("too many kinds or sources (allowed: up to %1 each)").arg(HistoryReader::mostPoints));
  }
  const auto after = placeOf(query.after, query.newestFirst, &eventPlace);
  if (!after) return tl::unexpected(after.error());
  return within<HistoryEventPage>(patience, [&] { return readEvents(query, *after); });
}

Result<HistoryEventPage> HistoryQuestions::readEvents(const HistoryEventQuery &query,
                                                      const std::optional<EventPlace> &after) {
  HistoryEventPage page;
  EventPlace place;
  qsizetype bytes = 0;
  HistoryEventQuery one = query;
  one.limit = query.limit + 1;  // for a reader that stops by itself: one more tells that there is more
  const auto read = m_reader.events(one, after ? std::optional(std::pair(after->time, after->id)) : std::nullopt,
                                    [&](qint64 id, const HistoryEvent &event) {
                                      if (page.events.size() >= query.limit || bytes >= longestTexts) {
                                        page.next = toCursor(place, query.newestFirst);
                                        return false;
                                      }
                                      place = {event.time, id};
                                      bytes += event.json.size();
                                      page.events << event;
                                      return true;
                                    });
  if (!read) return tl::unexpected(read.error());
  return page;
}

Result<QList<HistoryPoint>> HistoryQuestions::storedPoints(const QString &after, int limit, const Patience &patience) {
  const auto checked = checkLimit(limit, mostPointNames);
  if (!checked) return tl::unexpected(checked.error());
  return within<QList<HistoryPoint>>(patience, [&]() -> Result<QList<HistoryPoint>> {
    QList<HistoryPoint> points;
    const auto read = m_reader.points(after, [&](const PointRow &row) {
      if (points.size() < limit) points << row.point;
      return points.size() < limit;
    });
    if (!read) return tl::unexpected(read.error());
    return points;
  });
}

}  // namespace tagwire::sql
