// SPDX-License-Identifier: Apache-2.0
#include "sqlite/historyschema.h"

#include "sqlite/rowformat.h"

namespace tagwire::sql {

namespace {

// samples and positions are only appended to, in runs: slices sorted by point and time. `chunks` says where in a run
// the rows of a point are: id first_id to first_id + count - 1, by time, which is from_ns + offset_ns. So one range of
// ids is read for a point, without an index that has an entry for every row.
constexpr const char *sqliteTables =
    "CREATE TABLE IF NOT EXISTS points("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, number INTEGER, type TEXT NOT NULL, unit TEXT NOT NULL,"
    " description TEXT NOT NULL, tag TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX IF NOT EXISTS points_by_tag ON points(tag) WHERE tag <> '';"
    "CREATE TABLE IF NOT EXISTS qualities("
    " code INTEGER PRIMARY KEY, name TEXT NOT NULL, historical INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS runs("
    " id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, from_ns INTEGER NOT NULL, to_ns INTEGER NOT NULL,"
    " first_id INTEGER NOT NULL, count INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS chunks("
    " run INTEGER NOT NULL, point_id INTEGER NOT NULL, from_ns INTEGER NOT NULL, to_ns INTEGER NOT NULL,"
    " first_id INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY(run, point_id)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS samples("
    " id INTEGER PRIMARY KEY, offset_ns INTEGER NOT NULL, quality INTEGER NOT NULL, received_ms INTEGER NOT NULL,"
    " value);"
    "CREATE TABLE IF NOT EXISTS recent_samples("
    " id INTEGER PRIMARY KEY, point_id INTEGER NOT NULL, time_ns INTEGER NOT NULL, quality INTEGER NOT NULL,"
    " received_ms INTEGER NOT NULL, value);"
    "CREATE TABLE IF NOT EXISTS positions("
    " id INTEGER PRIMARY KEY, offset_ns INTEGER NOT NULL, quality INTEGER NOT NULL, received_ms INTEGER NOT NULL,"
    " x REAL, y REAL, z REAL, tag TEXT, type TEXT, zone INTEGER, battery INTEGER, confidence REAL, gateway TEXT,"
    " sequence INTEGER, accuracy REAL, origin TEXT);"
    "CREATE TABLE IF NOT EXISTS recent_positions("
    " id INTEGER PRIMARY KEY, point_id INTEGER NOT NULL, time_ns INTEGER NOT NULL, quality INTEGER NOT NULL,"
    " received_ms INTEGER NOT NULL, x REAL, y REAL, z REAL, tag TEXT, type TEXT, zone INTEGER, battery INTEGER,"
    " confidence REAL, gateway TEXT, sequence INTEGER, accuracy REAL, origin TEXT);"
    "CREATE TABLE IF NOT EXISTS events("
    " id INTEGER PRIMARY KEY, epoch TEXT NOT NULL, sequence INTEGER, time_ns INTEGER NOT NULL, source TEXT NOT NULL,"
    " kind TEXT NOT NULL, json TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS events_by_time ON events(time_ns);"
    "CREATE INDEX IF NOT EXISTS events_by_kind ON events(kind, time_ns);"
    "CREATE TABLE IF NOT EXISTS gaps("
    " id INTEGER PRIMARY KEY, from_ns INTEGER NOT NULL, to_ns INTEGER NOT NULL, records INTEGER NOT NULL,"
    " reason TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS delivered("
    " spool TEXT NOT NULL, boot INTEGER NOT NULL, stream INTEGER NOT NULL, first INTEGER NOT NULL,"
    " next INTEGER NOT NULL, PRIMARY KEY(spool, boot, stream, first)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS rollup_levels("
    " level INTEGER PRIMARY KEY, name TEXT NOT NULL, length_ns INTEGER NOT NULL);"
    "INSERT OR IGNORE INTO rollup_levels VALUES"
    " (0, 'second', 1000000000), (1, 'minute', 60000000000), (2, 'hour', 3600000000000), (3, 'day', 86400000000000);"
    // `start` counts lengths of the level since 1970, `last_ns` begins at the start: small numbers take little room.
    "CREATE TABLE IF NOT EXISTS rollups("
    " level INTEGER NOT NULL, point_id INTEGER NOT NULL, start INTEGER NOT NULL, count INTEGER NOT NULL,"
    " good INTEGER NOT NULL, numbers INTEGER NOT NULL, min, max, sum, last, last_ns INTEGER NOT NULL,"
    " dense INTEGER NOT NULL, PRIMARY KEY(level, point_id, start)) WITHOUT ROWID;";

QByteArray isoTime(const QByteArray &nanoseconds) {
  // Rounded down, before 1970, too.
  const QByteArray milliseconds = "((" + nanoseconds + ") / 1000000 - ((" + nanoseconds + ") % 1000000 < 0))";
  const QByteArray rest = "((" + milliseconds + " % 1000 + 1000) % 1000)";
  return "strftime('%Y-%m-%dT%H:%M:%S', (" + milliseconds + " - " + rest +
         ") / 1000, 'unixepoch')"
         " || printf('.%03dZ', " +
         rest + ")";
}

/// One branch of a view: `middle` stands between the name and the unit, `end` after the quality.
QByteArray branch(const QByteArray &time, const QByteArray &received, const QByteArray &from, const QByteArray &to,
                  const QByteArray &middle, const QByteArray &end, const QByteArray &joins) {
  return "SELECT " + isoTime(time) + " AS time, p.name, " + middle + ", p.unit, q.name AS quality, q.historical, " +
         end + time + " AS time_ns, " + received + " AS received_ns, p.number, " + from + " AS part_from_ns, " + to +
         " AS part_to_ns FROM points p " + joins;
}

QByteArray finalBranch(RowKind kind, const QByteArray &middle, const QByteArray &end) {
  const QByteArray time = "c.from_ns + s.offset_ns";
  return branch(time, time + " + s.received_ms * 1000000", "r.from_ns", "r.to_ns", middle, end,
                "CROSS JOIN runs r CROSS JOIN chunks c ON c.run = r.id AND c.point_id = p.id CROSS JOIN " +
                    tableOf(kind) +
                    " s ON s.id >= c.first_id AND s.id < c.first_id + c.count "
                    "CROSS JOIN qualities q ON q.code = s.quality WHERE +r.kind = " +
                    QByteArray::number(static_cast<int>(kind)));
}

QByteArray recentBranch(RowKind kind, const QByteArray &middle, const QByteArray &end) {
  return branch(
      "s.time_ns", "s.time_ns + s.received_ms * 1000000", "s.time_ns", "s.time_ns", middle, end,
      "JOIN recent_" + tableOf(kind) + " s ON s.point_id = p.id CROSS JOIN qualities q ON q.code = s.quality");
}

QByteArray oldBranch(RowKind kind, const QByteArray &middle, const QByteArray &end) {
  QByteArray last = end;  // columns that version 1 did not have
  last.replace("s.accuracy", "NULL").replace("s.origin", "NULL");
  QByteArray text =
      branch("s.time_ns", "s.time_ns", "s.time_ns", "s.time_ns", middle, last,
             "JOIN old_" + tableOf(kind) + " s ON s.point_id = p.id CROSS JOIN old_qualities q ON q.id = s.quality");
  return text.replace("q.historical", "0 AS historical");
}

QByteArray rowsView(const QByteArray &name, RowKind kind, const QByteArray &middle, const QByteArray &end,
                    bool withOldTables) {
  QByteArray sql = "CREATE VIEW IF NOT EXISTS " + name + " AS " + finalBranch(kind, middle, end) + " UNION ALL " +
                   recentBranch(kind, middle, end);
  if (withOldTables) sql += " UNION ALL " + oldBranch(kind, middle, end);
  return sql + ';';
}

}  // namespace

QByteArray historyTablesSql() { return QByteArray(sqliteTables) + qualitiesSql(); }

QByteArray historyViewsSql(bool withOldTables) {
  QByteArray sql = rowsView("history", RowKind::Value, "s.value", "p.type, ", withOldTables);
  sql += rowsView("position_history", RowKind::Position, "s.tag, s.x, s.y, s.z",
                  "s.zone, s.battery, s.confidence, s.gateway, s.sequence, s.type, s.accuracy AS accuracy, "
                  "s.origin AS origin, ",
                  withOldTables);
  sql += "CREATE VIEW IF NOT EXISTS event_history AS SELECT " + isoTime("time_ns") +
         " AS time, kind, source, json, sequence, epoch, time_ns FROM events;";
  sql += "CREATE VIEW IF NOT EXISTS trends AS SELECT l.name AS level, " + isoTime("r.start * l.length_ns") +
         " AS time, p.name, p.unit, r.count, r.good, r.numbers, r.min, r.max,"
         " CASE WHEN r.numbers > 0 THEN r.sum / r.numbers END AS mean, r.last,"
         " r.start * l.length_ns AS time_ns, r.start * l.length_ns + r.last_ns AS last_time_ns, r.start, l.length_ns"
         " FROM rollup_levels l CROSS JOIN points p CROSS JOIN rollups r"
         " ON r.level = l.level AND r.point_id = p.id;";
  return sql;
}

QByteArray dropHistoryViewsSql() {
  return QByteArrayLiteral(
      "DROP VIEW IF EXISTS history; DROP VIEW IF EXISTS position_history; DROP VIEW IF EXISTS event_history;"
      "DROP VIEW IF EXISTS trends;");
}

}  // namespace tagwire::sql
