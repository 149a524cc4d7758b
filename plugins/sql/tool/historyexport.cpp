// SPDX-License-Identifier: Apache-2.0
#include "tool/historyexport.h"

#include "services/historycsv.h"
#include "store/qualitycode.h"
#include "topicfilter.h"

namespace tagwire::sql {

namespace {

constexpr qsizetype bufferBytes = 256 * 1024;
constexpr qsizetype pointsTogether = 100;

Time bucketStart(Time time, std::chrono::nanoseconds length) {
  const auto into = time.time_since_epoch() % length;  // below 0 before 1970
  return time - (into.count() < 0 ? into + length : into);
}

bool isPattern(const QString &name) { return name.contains(u'*') || name.contains(u'#'); }

}  // namespace

HistoryExport::HistoryExport(StoreReader &reader, const ExportOptions &options, QIODevice &output, Progress &progress,
                             std::shared_ptr<const std::atomic_bool> mustStop)
    : m_reader(reader),
      m_options(options),
      m_output(output),
      m_progress(progress),
      m_mustStop(std::move(mustStop)),
      m_lines(options, false),
      m_from(options.from.value_or(Time())) {}

Patience HistoryExport::patience() const {
  return {std::chrono::steady_clock::now() + std::chrono::minutes(10), m_mustStop};
}

template <class Read>
auto HistoryExport::within(const Read &read) -> decltype(read()) {
  const Patience patience = this->patience();
  const auto begun = m_reader.begin(patience.deadline, patience.mustStop);
  if (!begun) return tl::unexpected(begun.error());
  auto answer = read();
  m_reader.end();
  return answer;
}

Result<void> HistoryExport::run(Time now) {
  // A clock of a device may be ahead; only a trend has to end somewhere.
  const bool isTrend = !m_options.aggregates.isEmpty();
  m_to = m_options.to.value_or(isTrend ? now : storedTime(Time::max()));
  const auto gaps = within([this] { return m_reader.gaps(m_from, m_to); });
  if (!gaps) return tl::unexpected(gaps.error());
  m_gaps = *gaps;
  if (m_options.isEvents) return put(m_lines.header()).and_then([this] { return exportEvents(); });
  const auto found = within([this] { return findPoints(); });
  if (!found) return found;
  if (m_points.isEmpty()) return failure(QStringLiteral("nothing is stored of what is asked for"));
  const bool hasPositions = std::any_of(m_points.cbegin(), m_points.cend(),
                                        [](const PointRow &row) { return row.point.type == ValueType::Position; });
  m_lines = ExportLines(m_options, hasPositions);
  return put(m_lines.header() + m_lines.gaps(m_gaps)).and_then([this] {
    return m_options.aggregates.isEmpty() ? exportValues() : exportTrends();
  });
}

Result<void> HistoryExport::findPoints() {
  QStringList missing;
  for (const QString &name : m_options.points) {
    if (!isPattern(name)) missing << name;
  }
  const bool isAll = m_options.points.isEmpty() && m_options.tags.isEmpty();
  const TopicFilter filter(m_options.points);
  if (isAll || !m_options.points.isEmpty()) {
    const auto read = m_reader.points(QString(), [&](const PointRow &row) {
      if (isAll || filter.accepts(row.point.name)) m_points << row;
      missing.removeAll(row.point.name);
      return true;
    });
    if (!read) return read;
  }
  m_unknown = missing;
  return addTags();
}

Result<void> HistoryExport::addTags() {
  for (const QString &tag : m_options.tags) {
    const auto rows = m_reader.pointsOfTag(tag);
    if (!rows) return tl::unexpected(rows.error());
    if (rows->isEmpty()) m_unknown << tag;
    for (const PointRow &row : *rows) {
      const bool isThere =
          std::any_of(m_points.cbegin(), m_points.cend(), [&](const PointRow &r) { return r.id == row.id; });
      if (row.point.type == ValueType::Position && !isThere) m_points << row;
    }
  }
  return {};
}

Result<void> HistoryExport::exportValues() {
  qsizetype index = 0;
  ReadingPlace place;
  while (index < m_points.size()) {
    const auto done = within([&] { return exportSlice(index, place); });
    if (!done) return done;
  }
  return flush();
}

Result<void> HistoryExport::exportSlice(qsizetype &index, ReadingPlace &place) {
  const qsizetype end = std::min(index + pointsTogether, m_points.size());
  QList<qint64> ids;
  for (qsizetype i = index; i < end; ++i) ids << m_points[i].id;
  const auto loaded = m_reader.loadNewest(ids);
  if (!loaded) return loaded;
  qint64 left = sliceRows;
  for (; index < end; ++index) {
    const PointRow &row = m_points[index];
    const auto isMore = readOn(m_reader, row, m_from, m_to, false, place, [&](const HistoryValue &value) {
      if (left == 0) return false;
      --left;
      ++m_rows;
      tellProgress(index, value.time);
      return put(m_lines.line(row.point, value)).has_value();
    });
    if (!isMore) return tl::unexpected(isMore.error());
    if (!m_writeError.isEmpty()) return failure(m_writeError);
    if (*isMore) return {};
    place = ReadingPlace();
  }
  return {};
}

Result<void> HistoryExport::exportTrends() {
  for (qsizetype index = 0; index < m_points.size(); ++index) {
    const auto done = exportTrend(m_points[index]);
    if (!done) return done;
    tellProgress(index + 1, m_to);
  }
  return flush();
}

Result<void> HistoryExport::exportTrend(const PointRow &point) {
  auto first = within([&] { return firstTime(point); });
  if (!first) return tl::unexpected(first.error());
  if (!m_options.from) first = bucketStart(*first, m_options.interval);
  HistoryQuestions questions(m_reader);
  HistoryTrendQuery query;
  query.points = QStringList{point.point.name};
  query.interval = m_options.interval;
  const bool isLong = m_options.interval > std::chrono::nanoseconds::max() / HistoryReader::mostBuckets;
  const auto length = isLong ? std::chrono::nanoseconds::max() : m_options.interval * HistoryReader::mostBuckets;
  for (query.from = *first; query.from < m_to; query.from = query.to) {
    // Cut at the beginning of a bucket, so that none is cut in two.
    const auto ofBucket = query.from.time_since_epoch() % m_options.interval;
    const bool isRest = isLong || m_to - query.from <= length - ofBucket;
    query.to = isRest ? m_to : query.from - ofBucket + length;
    const auto page = questions.trend(query, patience());
    if (!page) return tl::unexpected(page.error());
    for (const HistorySeries &series : page->series) {
      for (const HistoryBucket &bucket : series.buckets) {
        ++m_rows;
        const auto written = put(m_lines.line(series.point, bucket));
        if (!written) return written;
      }
    }
  }
  return {};
}

/// When the point begins: of a range without a beginning, the empty part is not looked through.
Result<Time> HistoryExport::firstTime(const PointRow &point) {
  if (m_options.from) return *m_options.from;
  Time first = m_to;
  auto read = m_reader.loadNewest({point.id});
  if (!read) return tl::unexpected(read.error());
  read = m_reader.rollups(point.id, RollupLevel::Day, Time(), m_to, [&first](const Rollup &rollup) {
    first = rollup.start;
    return false;
  });
  if (!read) return tl::unexpected(read.error());
  read = m_reader.values(point.id, Time(), m_to, false, [&first](const HistoryValue &value) {
    first = std::min(first, value.time);
    return false;
  });
  if (!read) return tl::unexpected(read.error());
  return first;
}

Result<void> HistoryExport::exportEvents() {
  HistoryQuestions questions(m_reader);
  HistoryEventQuery query;
  query.from = m_from;
  query.to = m_to;
  query.limit = HistoryReader::mostValues;
  do {
    const auto page = questions.events(query, patience());
    if (!page) return tl::unexpected(page.error());
    for (const HistoryEvent &event : page->events) {
      ++m_rows;
      const auto written = put(m_lines.line(event));
      if (!written) return written;
    }
    if (!page->events.isEmpty()) tellProgress(0, page->events.last().time);
    query.after = page->next;
  } while (!query.after.isEmpty());
  return flush();
}

Result<void> HistoryExport::put(const QByteArray &lines) {
  m_buffer += lines;
  return m_buffer.size() < bufferBytes ? Result<void>() : flush();
}

Result<void> HistoryExport::flush() {
  const qint64 written = m_output.write(m_buffer);
  if (written != m_buffer.size()) {
    m_writeError = QStringLiteral("can't write the output: ") + m_output.errorString();
    return failure(m_writeError);
  }
  m_buffer.resize(0);
  return {};
}

void HistoryExport::tellProgress(qsizetype done, Time at) {
  m_progress.tell([&] {
    if (m_options.isEvents) return QStringLiteral("%1 events, at %2").arg(m_rows).arg(toIso(at, 0));
    return QStringLiteral("%1 of %2 points, %3 rows, at %4")
        .arg(done)
        .arg(m_points.size())
        .arg(m_rows)
        .arg(toIso(at, 0));
  });
}

}  // namespace tagwire::sql
