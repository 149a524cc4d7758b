// SPDX-License-Identifier: Apache-2.0
#include "sqlite/rowformat.h"

#include <sqlite3.h>

namespace tagwire::sql {

namespace {

void bindValue(Statement &statement, int parameter, const Value &value) {
  if (const auto *boolean = std::get_if<bool>(&value)) {
    statement.bind(parameter, static_cast<qint64>(*boolean));
  } else if (const auto *integer = std::get_if<qint64>(&value)) {
    statement.bind(parameter, *integer);
  } else if (const auto *number = std::get_if<double>(&value)) {
    statement.bind(parameter, *number);
  } else if (const auto *text = std::get_if<QString>(&value)) {
    statement.bind(parameter, storableText(*text, longestText));
  } else {
    statement.bindNull(parameter);
  }
}

void bindText(Statement &statement, int parameter, const QString &text) {
  if (!text.isEmpty()) statement.bind(parameter, storableText(text, longestText));
}

// What is not known stays NULL: every statement is reset between rows.
void bindPosition(Statement &statement, int parameter, const Position &position) {
  statement.bind(parameter++, position.x);
  statement.bind(parameter++, position.y);
  statement.bind(parameter++, position.z);
  if (!position.fix) return;
  const Fix &fix = *position.fix;
  statement.bind(parameter++, storableText(fix.tag, longestText));
  bindText(statement, parameter++, fix.type);
  if (fix.zone != 0) statement.bind(parameter, static_cast<qint64>(fix.zone));
  if (fix.battery >= 0) statement.bind(parameter + 1, static_cast<qint64>(fix.battery));
  statement.bind(parameter + 2, fix.confidence);
  bindText(statement, parameter + 3, fix.gateway);
  if (fix.sequence >= 0) statement.bind(parameter + 4, static_cast<qint64>(fix.sequence));
  statement.bind(parameter + 5, fix.accuracy);
  bindText(statement, parameter + 6, fix.origin);
}

Value valueFrom(const Statement &statement, int column, ValueType type) {
  switch (statement.type(column)) {
    case SQLITE_INTEGER:
      // What is neither 0 nor 1 is from when the point was an integer.
      if (type == ValueType::Bool && (statement.integer(column) | 1) == 1) return statement.integer(column) != 0;
      return statement.integer(column);
    case SQLITE_FLOAT:
      return statement.number(column);
    case SQLITE_TEXT:
      return QString::fromUtf8(statement.text(column));
    default:
      return {};
  }
}

Value positionFrom(const Statement &statement, int column) {
  for (int i = column; i < column + 3; ++i) {
    if (statement.isNull(i)) return {};
  }
  const auto text = [&](int i) { return QString::fromUtf8(statement.text(column + i)); };
  const auto integer = [&](int i, int none) {
    return statement.isNull(column + i) ? none : static_cast<int>(statement.integer(column + i));
  };
  const auto number = [&](int i) {
    return statement.isNull(column + i) ? std::numeric_limits<double>::quiet_NaN() : statement.number(column + i);
  };
  auto fix = std::make_shared<Fix>();
  fix->tag = text(3);
  fix->type = text(4);
  fix->zone = integer(5, 0);
  fix->battery = integer(6, -1);
  fix->confidence = number(7);
  fix->gateway = text(8);
  fix->sequence = integer(9, -1);
  fix->accuracy = number(10);
  fix->origin = text(11);
  return Position{statement.number(column), statement.number(column + 1), statement.number(column + 2), std::move(fix)};
}

}  // namespace

QByteArray tableOf(RowKind kind) { return kind == RowKind::Value ? "samples" : "positions"; }

QByteArray contentColumns(RowKind kind) {
  if (kind == RowKind::Value) return "quality, received_ms, value";
  return "quality, received_ms, x, y, z, tag, type, zone, battery, confidence, gateway, sequence, accuracy, origin";
}

int contentColumnCount(RowKind kind) { return kind == RowKind::Value ? 3 : 14; }

QByteArray textBytesSql(RowKind kind) {
  if (kind == RowKind::Value) return "CASE typeof(value) WHEN 'text' THEN 2 * length(value) ELSE 0 END";
  QByteArrayList texts;
  for (const char *column : {"tag", "type", "gateway", "origin"}) {
    texts << QByteArray("coalesce(length(") + column + "), 0)";
  }
  return "2 * (" + texts.join(" + ") + ')';
}

qsizetype textBytes(const Value &value) {
  qsizetype characters = 0;
  if (const auto *text = std::get_if<QString>(&value)) {
    characters = text->size();
  } else if (const auto *position = std::get_if<Position>(&value); position && position->fix) {
    const Fix &fix = *position->fix;
    characters = fix.tag.size() + fix.type.size() + fix.gateway.size() + fix.origin.size();
  }
  return characters * static_cast<qsizetype>(sizeof(QChar));
}

QByteArray placeholders(int count) { return QByteArray("?,").repeated(count).chopped(1); }

QByteArray qualitiesSql() {
  QByteArrayList rows;
  for (const QualityLevel level : {QualityLevel::Good, QualityLevel::Uncertain, QualityLevel::Bad}) {
    for (int reason = 0; reason <= static_cast<int>(lastReason); ++reason) {
      const Quality quality{level, static_cast<QualityReason>(reason)};
      for (const bool historical : {false, true}) {
        rows << '(' + QByteArray::number(codeOf(quality, historical)) + ", '" + toText(quality).toUtf8() +
                    (historical ? "', 1)" : "', 0)");
      }
    }
  }
  return "INSERT OR IGNORE INTO qualities VALUES " + rows.join(',') + ';';
}

Row rowFrom(const StoredSample &sample, qint64 point) {
  const Time time = storedTime(sample.time);
  const auto delay = std::chrono::floor<std::chrono::milliseconds>(storedTime(sample.received) - time);
  return {point, nanoseconds(time), delay.count(), codeOf(storedQuality(sample), sample.isHistorical), &sample.value};
}

void bindContent(Statement &statement, int parameter, const Row &row) {
  statement.bind(parameter, static_cast<qint64>(row.quality));
  statement.bind(parameter + 1, row.receivedMs);
  if (const auto *position = std::get_if<Position>(row.value)) {
    bindPosition(statement, parameter + 2, *position);
  } else {
    bindValue(statement, parameter + 2, *row.value);
  }
}

HistoryValue contentFrom(const Statement &statement, int column, RowKind kind, ValueType type, Time time) {
  HistoryValue value;
  const auto code = static_cast<int>(statement.integer(column));
  value.time = time;
  value.received = time + std::chrono::milliseconds(statement.integer(column + 1));
  value.quality = qualityFrom(code);
  value.isHistorical = isHistorical(code);
  value.value = kind == RowKind::Value ? valueFrom(statement, column + 2, type) : positionFrom(statement, column + 2);
  return value;
}

}  // namespace tagwire::sql
