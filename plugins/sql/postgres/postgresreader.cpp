// SPDX-License-Identifier: Apache-2.0
#include "postgresreader.h"

#include <algorithm>

#include "chunk.h"
#include "chunkmerge.h"
#include "postgresrollups.h"
#include "recentrows.h"
#include "storage/statement.h"

namespace tagwire::sql {

namespace {

constexpr int chunksAtOnce = 4;
constexpr int streamedRowsAtOnce = 500;
constexpr int firstRows = 32;
constexpr int mostGrowth = 4;
constexpr qint64 bytesAtOnce = 16 * 1024 * 1024;
// Housekeeping may be behind.
constexpr qint64 mostNewestBytes = 4 * mostRecentBytes;

constexpr const char *pointColumns = "id, name, type, unit, tag";

ValueType typeNamed(const QByteArray &name) {
  for (const auto type : {ValueType::Bool, ValueType::Int, ValueType::Double, ValueType::Text, ValueType::Position}) {
    if (toText(type) == QLatin1String(name)) return type;
  }
  return ValueType::None;
}

PointRow pointRow(const PostgresResult &result, int row) {
  return {result.value<qint32>(row, 0),
          {result.text(row, 1), typeNamed(result.value<QByteArray>(row, 2)), result.text(row, 3), result.text(row, 4)}};
}

std::vector<QByteArray> texts(const QStringList &list) {
  std::vector<QByteArray> texts;
  for (const QString &text : list) texts.push_back(text.toUtf8());
  return texts;
}

// Columns of chunksSql().
constexpr int firstSampleColumn = 4;
constexpr int sampleColumnCount = 9;
constexpr int firstPositionColumn = firstSampleColumn + sampleColumnCount;
constexpr int positionColumnCount = 16;

QByteArray nulls(int count) {
  QByteArrayList list;
  for (int i = 0; i < count; ++i) list << "NULL";
  return list.join(',');
}

// Samples and positions, since a point may have had another type once. A chunk is never longer than a day, so its
// first time, which the tables are divided by, is bounded on both sides.
QByteArray chunksSql(bool newestFirst) {
  const QByteArray range =
      " WHERE point_id = $1 AND first < $3 AND first > $2 - interval '24 hours' AND last >= $2"
      " AND last < $3 + interval '24 hours'";
  return QByteArray("SELECT false, slice, first, last, ") + packedSampleColumns + ',' + nulls(positionColumnCount) +
         " FROM samples" + range + " UNION ALL SELECT true, slice, first, last, " + nulls(sampleColumnCount) + ',' +
         packedPositionColumns + " FROM positions" + range + (newestFirst ? " ORDER BY 4 DESC" : " ORDER BY 3");
}

Time earlierBy(Time time, std::chrono::hours length) {
  return time < Time::min() + length ? Time::min() : time - length;
}

}  // namespace

PostgresReader::PostgresReader(const PostgresSettings &settings) : m_settings(settings) {}

Result<void> PostgresReader::told(const StoreResult<void> &result) {
  if (result) return {};
  m_connection.close();
  const bool isCut = result.error().text.contains(u"SQLSTATE 57014") || std::chrono::steady_clock::now() >= m_deadline;
  if (isCut) return failure(QStringLiteral("it takes too long (allowed: fewer points or a shorter range)"));
  return failure(result.error().text);
}

Result<void> PostgresReader::begin(std::chrono::steady_clock::time_point deadline,
                                   std::shared_ptr<const std::atomic_bool> mustStop) {
  m_newest.clear();
  m_deadline = std::chrono::steady_clock::time_point::max();
  m_connection.setBounds(deadline, std::move(mustStop));
  const bool wasOpen = m_connection.isOpen();
  auto begun = begin();
  // The server may have been restarted since the last question.
  if (!begun && wasOpen && std::chrono::steady_clock::now() < deadline) begun = begin();
  if (!begun) return told(begun);
  m_deadline = deadline;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  const auto patience = std::clamp<qint64>(left.count(), 1, 3'600'000);
  // Whoever reads what is given may be slow: between two statements, too, the deadline counts.
  const QByteArray most = QByteArray::number(patience);
  return told(m_connection.execute("SET LOCAL statement_timeout TO " + most +
                                   "; SET LOCAL idle_in_transaction_session_timeout TO " + most));
}

StoreResult<void> PostgresReader::begin() {
  if (!m_connection.isOpen()) {
    if (const auto opened = m_connection.open(m_settings); !opened) return opened;
  }
  return m_connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

void PostgresReader::end() {
  m_newest.clear();
  if (m_connection.isOpen() && !m_connection.execute("ROLLBACK")) m_connection.close();
}

StoreResult<void> PostgresReader::stream(const QByteArray &sql, const PostgresParameters &parameters, int atOnce,
                                         const TakeRow &take) {
  const auto declared = m_connection.query("DECLARE reading NO SCROLL CURSOR FOR " + sql, parameters);
  if (!declared) return tl::unexpected(declared.error());
  const int most = atOnce * mostGrowth;
  atOnce = std::min(atOnce, firstRows);
  bool goesOn = true;
  while (goesOn) {
    const auto fetched = m_connection.query("FETCH " + QByteArray::number(atOnce) + " FROM reading");
    if (!fetched) return tl::unexpected(fetched.error());
    qint64 bytes = 1;
    for (int row = 0; goesOn && row < fetched->rows(); ++row) {
      bytes += fetched->bytes(row);
      goesOn = take(*fetched, row);
    }
    if (fetched->rows() < atOnce) break;
    const qint64 fitting = std::max<qint64>(1, bytesAtOnce * atOnce / bytes);
    atOnce = static_cast<int>(std::min<qint64>({most, fitting, qint64{atOnce} * 4}));
  }
  return m_connection.execute("CLOSE reading");
}

Result<std::optional<PointRow>> PostgresReader::point(const QString &fullName) {
  PostgresParameters parameters;
  parameters.add(storableText(fullName, longestText));
  std::optional<PointRow> found;
  const auto read = stream(QByteArray("SELECT ") + pointColumns + " FROM points WHERE name = $1", parameters, 1,
                           [&](const PostgresResult &result, int row) {
                             found = pointRow(result, row);
                             return false;
                           });
  return told(read).map([&] { return found; });
}

Result<QList<PointRow>> PostgresReader::pointsOfTag(const QString &tag) {
  PostgresParameters parameters;
  parameters.add(storableText(tag, longestText));
  QList<PointRow> rows;
  const auto read =
      stream(QByteArray("SELECT ") + pointColumns + " FROM points WHERE tag = $1 AND tag <> '' ORDER BY id", parameters,
             streamedRowsAtOnce, [&](const PostgresResult &result, int row) {
               rows << pointRow(result, row);
               return true;
             });
  return told(read).map([&] { return rows; });
}

// Names compare by bytes, as everywhere else, whatever the database's collation says.
Result<void> PostgresReader::points(const QString &after, const TakePoint &take) {
  PostgresParameters parameters;
  parameters.add(storableText(after, longestText));
  return told(stream(
      QByteArray("SELECT ") + pointColumns + " FROM points WHERE name COLLATE \"C\" > $1 ORDER BY name COLLATE \"C\"",
      parameters, streamedRowsAtOnce,
      [&](const PostgresResult &result, int row) { return take(pointRow(result, row)); }));
}

Result<void> PostgresReader::loadNewest(const QList<qint64> &points) {
  std::vector<qint32> rows;
  for (const qint64 point : points) {
    rows.push_back(static_cast<qint32>(point));
    m_newest[point].clear();
  }
  PostgresParameters parameters;
  parameters.addArray(rows);
  qint64 bytes = 0;
  const auto load = [&](const QByteArray &table, const char *columns, auto recordOf) {
    return stream(QByteArray("SELECT ") + columns + " FROM " + table + " WHERE point_id = ANY($1) ORDER BY id",
                  parameters, streamedRowsAtOnce, [&](const PostgresResult &result, int row) {
                    PostgresRecord record = recordOf(result, row);
                    bytes += result.bytes(row);
                    if (bytes > mostNewestBytes) return false;
                    m_newest[record.point].push_back(std::move(record));
                    return true;
                  });
  };
  const auto loaded = load("recent_samples", recentSampleColumns, &recentSample).and_then([&] {
    return load("recent_positions", recentPositionColumns, &recentPosition);
  });
  if (bytes > mostNewestBytes) {
    m_newest.clear();
    end();
    return failure(QStringLiteral("these points have more than %1 MiB of newest values, which are not in their final "
                                  "place yet: ask for fewer points")
                       .arg(mostNewestBytes / 1024 / 1024));
  }
  for (const qint64 point : points) {
    auto &records = m_newest[point];
    std::stable_sort(records.begin(), records.end(),
                     [](const PostgresRecord &one, const PostgresRecord &other) { return one.time < other.time; });
  }
  return told(loaded);
}

Result<void> PostgresReader::values(qint64 point, Time from, Time to, bool newestFirst, const TakeValue &take) {
  return told(readValues(point, Microseconds::notBefore(from), Microseconds::notBefore(to), newestFirst, take));
}

// What is newest counts as the chunk that was stored last.
StoreResult<void> PostgresReader::readValues(qint64 point, Microseconds from, Microseconds to, bool newestFirst,
                                             const TakeValue &take) {
  ChunkMerge merge(newestFirst);
  bool goesOn = true;
  const auto give = [&](const PostgresRecord &record) { return goesOn = take(record.forReader()); };
  const auto add = [&](std::vector<PostgresRecord> records, qint64 slice) {
    std::erase_if(records, [&](const PostgresRecord &record) { return record.time < from || record.time >= to; });
    merge.add(std::move(records), slice);
  };
  if (const auto loaded = m_newest.find(point); loaded != m_newest.end()) {
    add(loaded->second, std::numeric_limits<qint64>::max());
  }
  PostgresParameters parameters;
  parameters.add(static_cast<qint32>(point)).add(from).add(to);
  const auto number = static_cast<qint32>(point);
  const auto read =
      stream(chunksSql(newestFirst), parameters, chunksAtOnce, [&](const PostgresResult &result, int row) {
        if (!merge.giveUpTo(result.value<Microseconds>(row, newestFirst ? 3 : 2), give)) return false;
        const bool isPosition = result.value<bool>(row, 0);
        add(isPosition ? unpackPositions(result, row, firstPositionColumn, number)
                       : unpackSamples(result, row, firstSampleColumn, number),
            result.value<qint64>(row, 1));
        return true;
      });
  if (read && goesOn) merge.giveRest(give);
  return read;
}

// Without a lower bound every month would be looked into; nearly always it is in the last day or month.
Result<std::optional<HistoryValue>> PostgresReader::before(qint64 point, Time time) {
  std::optional<HistoryValue> found;
  const auto take = [&](const HistoryValue &value) {
    found = value;
    return false;
  };
  for (const Time from : {earlierBy(time, std::chrono::hours(24)), earlierBy(time, std::chrono::hours(24 * 32)),
                          earlierBy(time, std::chrono::hours(24 * 400)), Time::min()}) {
    const auto read = values(point, from, time, true, take);
    if (!read) return failure(read.error());
    if (found) break;
  }
  return found;
}

Result<void> PostgresReader::newest(qint64 point, Time from, Time to, const TakeValue &take) {
  const auto loaded = m_newest.find(point);
  if (loaded == m_newest.end()) return {};
  const auto begin =
      std::lower_bound(loaded->second.begin(), loaded->second.end(), Microseconds::notBefore(from),
                       [](const PostgresRecord &record, Microseconds time) { return record.time < time; });
  const Microseconds end = Microseconds::notBefore(to);
  for (auto record = begin; record != loaded->second.end() && record->time < end; ++record) {
    if (!take(record->forReader())) break;
  }
  return {};
}

Result<void> PostgresReader::rollups(qint64 point, RollupLevel level, Time from, Time to, const TakeRollup &take) {
  PostgresParameters parameters;
  parameters.add(static_cast<qint16>(level))
      .add(static_cast<qint32>(point))
      .add(Microseconds::notBefore(from))
      .add(Microseconds::notBefore(to));
  return told(
      stream(QByteArray("SELECT ") + postgresRollupColumns +
                 " FROM rollups WHERE level = $1 AND point_id = $2 AND start >= $3 AND start < $4 ORDER BY start",
             parameters, streamedRowsAtOnce,
             [&](const PostgresResult &result, int row) { return take(rollupFrom(result, row, 0)); }));
}

Result<void> PostgresReader::events(const HistoryEventQuery &query, std::optional<std::pair<Time, qint64>> after,
                                    const TakeEvent &take) {
  QByteArray sql = "SELECT id, time, source, kind, json::text FROM events WHERE time >= $1 AND time < $2";
  PostgresParameters parameters;
  parameters.add(Microseconds::notBefore(query.from)).add(Microseconds::notBefore(query.to));
  const auto next = [&] { return '$' + QByteArray::number(parameters.count()); };
  if (!query.kinds.isEmpty()) sql += " AND kind = ANY(" + (parameters.addArray(texts(query.kinds)), next()) + ')';
  if (!query.sources.isEmpty()) sql += " AND source = ANY(" + (parameters.addArray(texts(query.sources)), next()) + ')';
  if (after) {
    sql += QByteArray(" AND (time, id) ") + (query.newestFirst ? '<' : '>') + " (";
    sql += (parameters.add(Microseconds::of(after->first)), next()) + ", ";
    sql += (parameters.add(after->second), next()) + ')';
  }
  sql += query.newestFirst ? " ORDER BY time DESC, id DESC" : " ORDER BY time, id";
  return told(stream(sql, parameters, streamedRowsAtOnce, [&](const PostgresResult &result, int row) {
    return take(result.value<qint64>(row, 0), {result.value<Microseconds>(row, 1).time(), result.text(row, 2),
                                               result.text(row, 3), result.value<QByteArray>(row, 4)});
  }));
}

Result<QList<HistoryGap>> PostgresReader::gaps(Time from, Time to) {
  PostgresParameters parameters;
  parameters.add(Microseconds::of(from)).add(Microseconds::notBefore(to));
  QList<HistoryGap> gaps;
  const auto read = stream(
      "SELECT since, until, records, reason FROM gaps WHERE since < $2 AND until >= $1"
      " ORDER BY since, id LIMIT " +
          QByteArray::number(mostGaps),
      parameters, streamedRowsAtOnce, [&](const PostgresResult &result, int row) {
        gaps.append({result.value<Microseconds>(row, 0).time(), result.value<Microseconds>(row, 1).time(),
                     result.value<qint64>(row, 2), result.text(row, 3)});
        return true;
      });
  return told(read).map([&] { return gaps; });
}

}  // namespace tagwire::sql
