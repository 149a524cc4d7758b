// SPDX-License-Identifier: Apache-2.0
// How one value or position stands in a row.
#pragma once

#include <QByteArray>

#include "record.h"
#include "services/historyreader.h"
#include "storage/statement.h"
#include "store/qualitycode.h"

namespace tagwire::sql {

/// Which of the tables a record belongs to.
enum class RowKind : quint8 { Value, Position };
/// Rows that one statement inserts where there are as many: less is spent on beginning and ending it.
constexpr size_t rowsAtOnce = 16;
/// Texts that are taken into memory at once, in bytes: rows are counted, too, but a text may be long.
constexpr qsizetype textBytesAtOnce = 64 * 1024 * 1024;
constexpr RowKind rowKinds[] = {RowKind::Value, RowKind::Position};

/// "samples" or "positions".
QByteArray tableOf(RowKind kind);
/// "quality, received_ms, …": what a row has besides its place and time.
QByteArray contentColumns(RowKind kind);
int contentColumnCount(RowKind kind);
/// "?, ?, …"
QByteArray placeholders(int count);
/// SQL: about what textBytes() is of a row.
QByteArray textBytesSql(RowKind kind);
/// Enters all codes into the table `qualities`.
QByteArray qualitiesSql();

/// A record on its way into a row. Shares the value with whoever has the record.
struct Row {
  qint64 point = 0;
  qint64 time = 0;        ///< ns since 1970
  qint64 receivedMs = 0;  ///< after `time`
  int quality = 0;        ///< code
  const Value *value = nullptr;
};

constexpr qint64 nanoseconds(Time time) { return time.time_since_epoch().count(); }
constexpr Time timeFrom(qint64 nanoseconds) { return Time(std::chrono::nanoseconds(nanoseconds)); }

/// What its texts take in memory.
qsizetype textBytes(const Value &value);
/// `point`: row in the store. What can't be stored as a number (NaN, infinity) makes the quality say so.
Row rowFrom(const StoredSample &sample, qint64 point);
/// Binds the content columns, beginning at `parameter`.
void bindContent(Statement &statement, int parameter, const Row &row);
/// Reads the content columns, beginning at `column`. `type` is the point's: it tells bool from integer.
HistoryValue contentFrom(const Statement &statement, int column, RowKind kind, ValueType type, Time time);

}  // namespace tagwire::sql
