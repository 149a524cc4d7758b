// SPDX-License-Identifier: Apache-2.0
#include "sqlite/sqlitereader.h"

#include <sqlite3.h>

#include <algorithm>

#include "sqlite/historyschema.h"
#include "sqlite/sqliterollups.h"
#include "sqlite/valuemerge.h"

namespace tagwire::sql {

namespace {

// Steps of SQLite's machine between two looks at the clock.
constexpr int stepsBetweenLooks = 10'000;
// Of newest rows: a store lets them grow to textBytesAtOnce and a little.
constexpr qsizetype mostNewestTextBytes = 4 * textBytesAtOnce;

ValueType typeFrom(const QByteArray &text) {
  for (const ValueType type :
       {ValueType::Bool, ValueType::Int, ValueType::Double, ValueType::Text, ValueType::Position}) {
    if (text == QByteArrayView(toText(type))) return type;
  }
  return ValueType::None;
}

QByteArray listOf(const QStringList &words) { return QByteArray("?,").repeated(words.size()).chopped(1); }

bool isEarlierValue(const HistoryValue &a, const HistoryValue &b) { return a.time < b.time; }

}  // namespace

SqliteReader::SqliteReader(QString path, std::chrono::milliseconds lockPatience)
    : m_path(std::move(path)), m_lockPatience(lockPatience) {}

SqliteReader::~SqliteReader() { disconnect(); }

Result<void> SqliteReader::begin(std::chrono::steady_clock::time_point deadline,
                                 std::shared_ptr<const std::atomic_bool> mustStop) {
  end();
  m_deadline = deadline;
  m_mustStop = std::move(mustStop);
  if (m_connection.handle() && m_connection.wasMoved()) disconnect();
  if (!m_connection.handle()) {
    if (const auto connected = connect(); !connected) return connected;
  }
  auto begun = checkSchema();
  if (!begun) disconnect();
  return begun;
}

Result<void> SqliteReader::connect() {
  const auto opened = m_connection.openForReading(m_path, m_lockPatience);
  if (!opened) return failure(QStringLiteral("%1: %2").arg(m_path, opened.error()));
  sqlite3_progress_handler(m_connection.handle(), stepsBetweenLooks, &SqliteReader::isOver, this);
  return {};
}

Result<void> SqliteReader::checkSchema() {
  // From the first look on, a transaction sees one picture.
  if (!m_connection.execute("BEGIN")) return failed();
  const auto application = m_connection.number("PRAGMA application_id");
  const auto version = application ? m_connection.number("PRAGMA user_version") : application;
  if (!version) return failed();
  if (*application != historyApplicationId || *version != historySchemaVersion) {
    return failure(QStringLiteral("%1: not a history of this version (schema %2); the program that writes it brings it "
                                  "up to date at its start")
                       .arg(m_path)
                       .arg(historySchemaVersion));
  }
  if (m_runs) return {};
  m_runs = std::make_unique<RunDirectory>();
  return m_runs->prepare(m_connection.handle()) ? Result<void>() : failed();
}

void SqliteReader::end() {
  m_newest.clear();
  m_newestTextBytes = 0;
  m_types.clear();
  sqlite3 *database = m_connection.handle();
  if (m_runs) m_runs->reset();
  if (database && !sqlite3_get_autocommit(database)) sqlite3_exec(database, "ROLLBACK", nullptr, nullptr, nullptr);
}

void SqliteReader::disconnect() {
  end();
  m_runs.reset();
  m_connection.close();
}

int SqliteReader::isOver(void *reader) {
  const auto *self = static_cast<const SqliteReader *>(reader);
  const bool mustStop = self->m_mustStop && *self->m_mustStop;
  return mustStop || std::chrono::steady_clock::now() > self->m_deadline ? 1 : 0;
}

tl::unexpected<QString> SqliteReader::failed() const {
  sqlite3 *database = m_connection.handle();
  if ((sqlite3_errcode(database) & 0xff) != SQLITE_INTERRUPT) {
    return failure(QStringLiteral("%1: %2").arg(m_path, errorText(database)));
  }
  return failure(m_mustStop && *m_mustStop
                     ? QStringLiteral("the history is closing")
                     : QStringLiteral("it takes too long (allowed: fewer points or a shorter range of time)"));
}

Result<void> SqliteReader::forEachRow(Statement &statement, const TakeRow &take) {
  int code = statement.step();
  while (code == SQLITE_ROW && take(statement)) code = statement.step();
  return code == SQLITE_DONE || code == SQLITE_ROW ? Result<void>() : failed();
}

Result<void> SqliteReader::forEachPoint(const QByteArray &condition, const QString &parameter, const TakePoint &take) {
  Statement select;
  const QByteArray sql = "SELECT id, name, type, unit, tag FROM points WHERE " + condition;
  if (!select.prepare(m_connection.handle(), sql.constData())) return failed();
  select.bind(1, storableText(parameter, longestText));
  return forEachRow(select, [&](const Statement &row) {
    return take({row.integer(0),
                 {QString::fromUtf8(row.text(1)), typeFrom(row.text(2)), QString::fromUtf8(row.text(3)),
                  QString::fromUtf8(row.text(4))}});
  });
}

Result<std::optional<PointRow>> SqliteReader::point(const QString &fullName) {
  std::optional<PointRow> found;
  const auto read = forEachPoint("name = ?", fullName, [&](const PointRow &row) {
    found = row;
    return false;
  });
  if (!read) return failure(read.error());
  return found;
}

Result<QList<PointRow>> SqliteReader::pointsOfTag(const QString &tag) {
  QList<PointRow> rows;
  const auto read = forEachPoint("tag = ? AND tag <> '' ORDER BY name", tag, [&](const PointRow &row) {
    rows.append(row);
    return true;
  });
  if (!read) return failure(read.error());
  return rows;
}

Result<void> SqliteReader::points(const QString &after, const TakePoint &take) {
  return forEachPoint("name > ? ORDER BY name", after, take);
}

Result<ValueType> SqliteReader::typeOf(qint64 point) {
  if (const auto known = m_types.constFind(point); known != m_types.constEnd()) return *known;
  Statement select;
  if (!select.prepare(m_connection.handle(), "SELECT type FROM points WHERE id = ?")) return failed();
  select.bind(1, point);
  ValueType type = ValueType::None;
  const auto read = forEachRow(select, [&](const Statement &row) {
    type = typeFrom(row.text(0));
    return false;
  });
  if (!read) return failure(read.error());
  return *m_types.insert(point, type);
}

Result<void> SqliteReader::loadNewest(const QList<qint64> &points) {
  QByteArrayList numbers;
  for (const qint64 point : points) {
    if (const auto type = typeOf(point); !type) return failure(type.error());
    numbers << QByteArray::number(point);
  }
  for (const RowKind kind : rowKinds) {
    if (const auto loaded = loadNewest(kind, numbers.join(',')); !loaded) return loaded;
  }
  for (auto &values : m_newest) std::stable_sort(values.begin(), values.end(), isEarlierValue);
  return {};
}

Result<void> SqliteReader::loadNewest(RowKind kind, const QByteArray &points) {
  Statement select;
  const QByteArray sql = "SELECT point_id, time_ns, " + contentColumns(kind) + " FROM recent_" + tableOf(kind) +
                         " WHERE point_id IN (" + points + ") ORDER BY id";
  if (!select.prepare(m_connection.handle(), sql.constData())) return failed();
  const auto read = forEachRow(select, [&](const Statement &row) {
    const qint64 point = row.integer(0);
    auto &values = m_newest[point];
    values.push_back(contentFrom(row, 2, kind, m_types.value(point), timeFrom(row.integer(1))));
    m_newestTextBytes += textBytes(values.back().value);
    return m_newestTextBytes <= mostNewestTextBytes;
  });
  if (!read || m_newestTextBytes <= mostNewestTextBytes) return read;
  return failure(
      QStringLiteral("the newest values of these points are texts of more than %1 MiB (allowed: fewer points "
                     "together; or later, when these are in their final place)")
          .arg(mostNewestTextBytes / 1024 / 1024));
}

Result<void> SqliteReader::values(qint64 point, Time from, Time to, bool newestFirst, const TakeValue &take) {
  const auto type = typeOf(point);
  if (!type) return failure(type.error());
  const auto newest = m_newest.constFind(point);
  ValueMerge merge(m_connection.handle(), *m_runs, {point, *type, from, to, newestFirst});
  const bool hasNewest = newest != m_newest.constEnd();
  if (!merge.begin(hasNewest ? std::span(*newest) : std::span<const HistoryValue>())) return failed();
  for (;;) {
    const auto value = merge.next();
    if (!value) return failed();
    if (!*value || !take(**value)) return {};
  }
}

// Backwards from the newest run: what ends before a value that is found can't have a later one.
Result<std::optional<HistoryValue>> SqliteReader::before(qint64 point, Time time) {
  std::optional<HistoryValue> found;
  const auto type = typeOf(point);
  if (!type) return failure(type.error());
  auto runs = m_runs->overlapping(Time::min(), time);
  if (!runs) return failed();
  std::stable_sort(runs->begin(), runs->end(), [](const Run &a, const Run &b) { return a.last > b.last; });
  qint64 foundIn = 0;
  for (const Run &run : *runs) {
    if (found && run.last < found->time) break;
    const auto chunk = m_runs->chunk(run, point);
    if (!chunk) return failed();
    if (!*chunk || (*chunk)->from >= time) continue;
    ChunkCursor cursor;
    if (!cursor.open(m_connection.handle(), *m_runs, **chunk, Time::min(), time, true, *type)) return failed();
    const auto hasValue = cursor.next();
    if (!hasValue) return failed();
    const bool isLater = *hasValue && (!found || cursor.value().time > found->time ||
                                       (cursor.value().time == found->time && run.id > foundIn));
    if (!isLater) continue;
    found = cursor.value();
    foundIn = run.id;
  }
  if (const auto newest = m_newest.constFind(point); newest != m_newest.constEnd()) {
    const auto end = std::lower_bound(newest->begin(), newest->end(), HistoryValue{time, {}, {}, {}}, isEarlierValue);
    if (end != newest->begin() && (!found || std::prev(end)->time >= found->time)) found = *std::prev(end);
  }
  return found;
}

Result<void> SqliteReader::rollups(qint64 point, RollupLevel level, Time from, Time to, const TakeRollup &take) {
  Statement select;
  const QByteArray sql = QByteArray("SELECT ") + rollupColumns +
                         " FROM rollups WHERE level = ? AND point_id = ? AND start >= ? AND start < ? ORDER BY start";
  if (!select.prepare(m_connection.handle(), sql.constData())) return failed();
  // The first start that is not before: for the end the same.
  const auto firstIndex = [level](Time time) {
    return rollupIndex(level, time) + (nanoseconds(time) % lengthOf(level).count() == 0 ? 0 : 1);
  };
  select.bind(1, static_cast<qint64>(level));
  select.bind(2, point);
  select.bind(3, firstIndex(from));
  select.bind(4, firstIndex(to));
  return forEachRow(select, [&](const Statement &row) { return take(rollupFrom(row, 0, level)); });
}

Result<void> SqliteReader::newest(qint64 point, Time from, Time to, const TakeValue &take) {
  const auto values = m_newest.constFind(point);
  if (values == m_newest.constEnd()) return {};
  for (const HistoryValue &value : *values) {
    if (value.time >= to) break;
    if (value.time >= from && !take(value)) break;
  }
  return {};
}

Result<void> SqliteReader::events(const HistoryEventQuery &query, std::optional<std::pair<Time, qint64>> after,
                                  const TakeEvent &take) {
  QByteArray sql = "SELECT id, time_ns, source, kind, json FROM events WHERE time_ns >= ? AND time_ns < ?";
  // One kind is read along its index; with several, rows would have to be sorted by time, so (+) that is left alone.
  if (query.kinds.size() == 1) sql += " AND kind = ?";
  if (query.kinds.size() > 1) sql += " AND +kind IN (" + listOf(query.kinds) + ')';
  if (!query.sources.isEmpty()) sql += " AND source IN (" + listOf(query.sources) + ')';
  if (after) sql += query.newestFirst ? " AND (time_ns, id) < (?,?)" : " AND (time_ns, id) > (?,?)";
  sql += query.newestFirst ? " ORDER BY time_ns DESC, id DESC" : " ORDER BY time_ns, id";
  Statement select;
  if (!select.prepare(m_connection.handle(), sql.constData())) return failed();
  int parameter = 0;
  select.bind(++parameter, nanoseconds(query.from));
  select.bind(++parameter, nanoseconds(query.to));
  for (const QString &word : query.kinds + query.sources) select.bind(++parameter, storableText(word, longestText));
  if (after) {
    select.bind(++parameter, nanoseconds(after->first));
    select.bind(++parameter, after->second);
  }
  return forEachRow(select, [&](const Statement &row) {
    return take(row.integer(0), {timeFrom(row.integer(1)), QString::fromUtf8(row.text(2)),
                                 QString::fromUtf8(row.text(3)), row.text(4)});
  });
}

// What waits to be moved is not lost, but it is not seen either.
Result<std::optional<HistoryGap>> SqliteReader::gapOfOldTables(Time from, Time to) {
  const auto there = m_connection.number("SELECT count(*) FROM sqlite_schema WHERE name = 'old_qualities'");
  if (!there) return failed();
  if (*there == 0) return std::nullopt;
  std::optional<HistoryGap> gap;
  for (const RowKind kind : rowKinds) {
    const QByteArray table = "old_" + tableOf(kind);
    // Each by its own, for the index.
    const QByteArray sql = "SELECT (SELECT min(time_ns) FROM " + table + "), (SELECT max(time_ns) FROM " + table + ')';
    Statement select;
    if (!select.prepare(m_connection.handle(), sql.constData())) return failed();
    const auto read = forEachRow(select, [&](const Statement &row) {
      if (row.isNull(0)) return false;
      const Time first = timeFrom(row.integer(0));
      const Time last = timeFrom(row.integer(1));
      if (!gap) gap = HistoryGap{first, last, 0, QStringLiteral("migrating")};
      gap->from = std::min(gap->from, first);
      gap->to = std::max(gap->to, last);
      return false;
    });
    if (!read) return failure(read.error());
  }
  if (gap && (gap->from >= to || gap->to < from)) gap.reset();
  return gap;
}

Result<QList<HistoryGap>> SqliteReader::gaps(Time from, Time to) {
  QList<HistoryGap> gaps;
  Statement select;
  const char *sql =
      "SELECT from_ns, to_ns, records, reason FROM gaps WHERE from_ns < ? AND to_ns >= ? ORDER BY from_ns DESC, id "
      "DESC "
      "LIMIT ?";
  if (!select.prepare(m_connection.handle(), sql)) return failed();
  select.bind(3, static_cast<qint64>(mostGaps));
  select.bind(1, nanoseconds(to));
  select.bind(2, nanoseconds(from));
  const auto read = forEachRow(select, [&](const Statement &row) {
    gaps.append({timeFrom(row.integer(0)), timeFrom(row.integer(1)), row.integer(2), QString::fromUtf8(row.text(3))});
    return true;
  });
  if (!read) return failure(read.error());
  std::reverse(gaps.begin(), gaps.end());
  const auto notMoved = gapOfOldTables(from, to);
  if (!notMoved) return failure(notMoved.error());
  if (*notMoved) gaps.append(**notMoved);
  return gaps;
}

}  // namespace tagwire::sql
