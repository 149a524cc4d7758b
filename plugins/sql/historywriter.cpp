// SPDX-License-Identifier: Apache-2.0
#include "historywriter.h"

#include <sqlite3.h>

#include <cmath>

namespace tagwire::sql {

namespace {

enum SampleParameter { TimeParameter = 1, PointParameter, RepeatParameter, QualityParameter, ValueParameter };

// The first four are the same as of a sample.
enum PositionParameter {
  XParameter = ValueParameter,
  YParameter,
  ZParameter,
  TagParameter,
  TypeParameter,
  ZoneParameter,
  BatteryParameter,
  ConfidenceParameter,
  GatewayParameter,
  SequenceParameter
};

qint64 nanoseconds(Time time) { return time.time_since_epoch().count(); }

bool isNotFinite(const Value &value) {
  if (const auto *number = std::get_if<double>(&value)) return !std::isfinite(*number);
  if (const auto *at = std::get_if<Position>(&value)) {
    return !std::isfinite(at->x) || !std::isfinite(at->y) || !std::isfinite(at->z);
  }
  return false;
}

// A number that can't be stored leaves NULL behind; then the quality must say why, even if the source said Good.
Quality storedQuality(const Sample &sample) {
  const bool mustSay = sample.quality.isGood() && isNotFinite(sample.value);
  return mustSay ? Quality::bad(QualityReason::NotANumber) : sample.quality;
}

void bindValue(Statement &statement, int parameter, const Value &value) {
  if (const auto *boolean = std::get_if<bool>(&value)) {
    statement.bind(parameter, static_cast<qint64>(*boolean));
  } else if (const auto *integer = std::get_if<qint64>(&value)) {
    statement.bind(parameter, *integer);
  } else if (const auto *number = std::get_if<double>(&value)) {
    statement.bind(parameter, *number);
  } else if (const auto *text = std::get_if<QString>(&value)) {
    statement.bind(parameter, storableText(*text, HistoryWriter::longestText));
  } else {
    statement.bindNull(parameter);
  }
}

bool isRefusalOfOneRow(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_CONSTRAINT || primary == SQLITE_TOOBIG || primary == SQLITE_MISMATCH;
}

}  // namespace

HistoryWriter::HistoryWriter(SqliteFile &file, const PointTable &points, const QString &epoch)
    : m_file(file), m_points(points), m_epoch(storableText(epoch, longestText)) {}

Result<void> HistoryWriter::prepare() {
  const std::pair<Statement &, const char *> statements[] = {
      {m_begin, "BEGIN IMMEDIATE"},
      {m_commit, "COMMIT"},
      {m_insertPoint,
       "INSERT INTO points(name, number, type, unit, description) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(name) DO "
       "UPDATE SET number = ?2, type = ?3, unit = ?4, description = ?5 RETURNING id"},
      {m_insertQuality,
       "INSERT INTO qualities(name) VALUES(?1) ON CONFLICT(name) DO UPDATE SET name = ?1 RETURNING id"},
      {m_insertSample, "INSERT OR IGNORE INTO samples(time_ns, point_id, repeat, quality, value) VALUES(?,?,?,?,?)"},
      {m_countSamples, "SELECT max(repeat) + 1 FROM samples WHERE time_ns = ? AND point_id = ?"},
      {m_insertPosition,
       "INSERT OR IGNORE INTO positions(time_ns, point_id, repeat, quality, x, y, z, tag, type, zone, battery, "
       "confidence, gateway, sequence) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)"},
      {m_countPositions, "SELECT max(repeat) + 1 FROM positions WHERE time_ns = ? AND point_id = ?"},
      {m_insertEvent, "INSERT INTO events(epoch, sequence, time_ns, source, kind, json) VALUES(?,?,?,?,?,?)"}};
  for (const auto &[statement, sql] : statements) {
    if (const auto prepared = statement.prepare(m_file.handle(), sql); !prepared) return prepared;
  }
  return {};
}

Result<void> HistoryWriter::begin() {
  ++m_transaction;
  m_refused = 0;
  return finish(m_begin);
}

Result<void> HistoryWriter::commit() { return finish(m_commit); }

void HistoryWriter::rollBack() {
  sqlite3 *database = m_file.handle();
  if (database && !sqlite3_get_autocommit(database)) {
    sqlite3_exec(database, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  // Rows of points and qualities made since begin() are gone as well.
  m_known.clear();
  m_qualities.clear();
}

Result<void> HistoryWriter::add(const Sample &sample) {
  const auto point = known(sample.point);
  if (!point) return failure(point.error());
  if (!*point) {
    ++m_refused;
    return {};
  }
  const auto quality = rowOf(storedQuality(sample));
  if (!quality) return failure(quality.error());
  // A lost tag has no position any more, and yet that belongs among the positions.
  const bool isPosition =
      std::holds_alternative<Position>(sample.value) ||
      (std::holds_alternative<std::monostate>(sample.value) && (*point)->point->type == ValueType::Position);
  return isPosition ? addPosition(sample, **point, *quality) : addValue(sample, **point, *quality);
}

Result<void> HistoryWriter::add(const StoredEvent &event) {
  m_insertEvent.bind(1, m_epoch);
  if (event.sequence > 0) m_insertEvent.bind(2, static_cast<qint64>(event.sequence));
  m_insertEvent.bind(3, nanoseconds(event.time));
  m_insertEvent.bind(4, event.source);
  m_insertEvent.bind(5, event.kind);
  m_insertEvent.bind(6, event.json);
  return finish(m_insertEvent);
}

Result<HistoryWriter::KnownPoint *> HistoryWriter::known(PointId id) {
  const auto index = static_cast<size_t>(id);
  if (index < m_known.size() && m_known[index].checkedIn == m_transaction) return &m_known[index];
  const auto point = m_points.point(id);
  if (!point) return nullptr;
  if (index >= m_known.size()) m_known.resize(std::max<size_t>(index + 1, m_points.count() + 1));
  KnownPoint &entry = m_known[index];
  if (entry.point != point) {  // new to us, or declared again with another unit or description
    const auto row = rowOf(*point);
    if (!row) return failure(row.error());
    entry.point = point;
    entry.row = *row;
  }
  entry.checkedIn = m_transaction;
  return &entry;
}

Result<qint64> HistoryWriter::rowOf(const Point &point) {
  m_insertPoint.bind(1, storableText(point.fullName, longestText));
  if (point.number) m_insertPoint.bind(2, static_cast<qint64>(*point.number));
  m_insertPoint.bind(3, QByteArray(toText(point.type).latin1()));
  m_insertPoint.bind(4, storableText(point.unit, longestText));
  m_insertPoint.bind(5, storableText(point.description, longestText));
  if (m_insertPoint.step() != SQLITE_ROW) {
    const QString text = errorText(m_file.handle());
    m_insertPoint.reset();
    return failure(text);
  }
  const qint64 row = m_insertPoint.integer(0);
  if (const auto finished = finish(m_insertPoint); !finished) return failure(finished.error());
  return row;
}

Result<qint64> HistoryWriter::rowOf(Quality quality) {
  if (quality == Quality::good()) return 0;
  const auto key =
      static_cast<quint16>(static_cast<quint16>(quality.level) << 8 | static_cast<quint16>(quality.reason));
  if (const auto found = m_qualities.constFind(key); found != m_qualities.constEnd()) return *found;
  m_insertQuality.bind(1, toText(quality).toUtf8());
  if (m_insertQuality.step() != SQLITE_ROW) {
    const QString text = errorText(m_file.handle());
    m_insertQuality.reset();
    return failure(text);
  }
  const qint64 row = m_insertQuality.integer(0);
  if (const auto finished = finish(m_insertQuality); !finished) return failure(finished.error());
  m_qualities.insert(key, row);
  return row;
}

Result<void> HistoryWriter::addValue(const Sample &sample, const KnownPoint &known, qint64 quality) {
  m_insertSample.bind(QualityParameter, quality);
  bindValue(m_insertSample, ValueParameter, sample.value);
  return insert(m_insertSample, m_countSamples, sample, known.row);
}

Result<void> HistoryWriter::addPosition(const Sample &sample, const KnownPoint &known, qint64 quality) {
  m_insertPosition.bind(QualityParameter, quality);
  if (const auto *position = std::get_if<Position>(&sample.value)) bindPosition(*position);
  return insert(m_insertPosition, m_countPositions, sample, known.row);
}

void HistoryWriter::bindPosition(const Position &position) {
  m_insertPosition.bind(XParameter, position.x);
  m_insertPosition.bind(YParameter, position.y);
  m_insertPosition.bind(ZParameter, position.z);
  if (!position.fix) return;
  const Fix &fix = *position.fix;
  m_insertPosition.bind(TagParameter, storableText(fix.tag, longestText));
  if (!fix.type.isEmpty()) m_insertPosition.bind(TypeParameter, storableText(fix.type, longestText));
  if (fix.zone != 0) m_insertPosition.bind(ZoneParameter, static_cast<qint64>(fix.zone));
  if (fix.battery >= 0) m_insertPosition.bind(BatteryParameter, static_cast<qint64>(fix.battery));
  m_insertPosition.bind(ConfidenceParameter, fix.confidence);
  if (!fix.gateway.isEmpty()) m_insertPosition.bind(GatewayParameter, storableText(fix.gateway, longestText));
  if (fix.sequence >= 0) m_insertPosition.bind(SequenceParameter, static_cast<qint64>(fix.sequence));
}

// IGNORE leaves out a row whose time and point are there already, without an error; then it is entered as a repeat.
Result<void> HistoryWriter::insert(Statement &statement, Statement &countRepeats, const Sample &sample, qint64 row) {
  sqlite3 *database = m_file.handle();
  statement.bind(TimeParameter, nanoseconds(sample.time));
  statement.bind(PointParameter, row);
  statement.bind(RepeatParameter, qint64{0});
  int code = statement.step();
  if (code == SQLITE_DONE && sqlite3_changes(database) == 0) {
    countRepeats.bind(1, nanoseconds(sample.time));
    countRepeats.bind(2, row);
    const qint64 repeat = countRepeats.step() == SQLITE_ROW ? countRepeats.integer(0) : 0;
    countRepeats.reset();
    statement.rewind();
    statement.bind(RepeatParameter, repeat);
    code = statement.step();
    if (code == SQLITE_DONE && sqlite3_changes(database) == 0) ++m_refused;
  }
  if (isRefusalOfOneRow(code)) ++m_refused;
  const bool ok = code == SQLITE_DONE || isRefusalOfOneRow(code);
  const QString text = ok ? QString() : errorText(database);
  statement.reset();
  return ok ? Result<void>() : failure(text);
}

Result<void> HistoryWriter::finish(Statement &statement) {
  const int code = statement.step();
  const QString text = code == SQLITE_DONE ? QString() : errorText(m_file.handle());
  statement.reset();
  if (isRefusalOfOneRow(code)) {
    ++m_refused;
    return {};
  }
  return code == SQLITE_DONE ? Result<void>() : failure(text);
}

}  // namespace tagwire::sql
