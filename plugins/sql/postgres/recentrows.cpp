// SPDX-License-Identifier: Apache-2.0
#include "recentrows.h"

#include <cmath>

#include "storage/statement.h"

namespace tagwire::sql {

const char *const recentSampleColumns = "point_id, time, received, quality, kind, number, integer, text";
const char *const recentPositionColumns =
    "point_id, time, received, quality, x, y, z, tag, type, zone, battery, confidence, gateway, sequence, accuracy, "
    "origin";
const char *const recentSampleBytes = "(64 + coalesce(octet_length(text), 0))";
const char *const recentPositionBytes =
    "(128 + coalesce(octet_length(tag), 0) + coalesce(octet_length(type), 0) + coalesce(octet_length(gateway), 0)"
    " + coalesce(octet_length(origin), 0))";

namespace {

constexpr qint64 mostExact = 1LL << 53;

void addRowHead(CopyRows &rows, const PostgresRecord &record) {
  rows.add(record.point);
  rows.add(record.time);
  rows.add(record.received);
  rows.add(record.quality);
}

PostgresRecord common(const PostgresResult &result, int row) {
  PostgresRecord record;
  record.point = result.value<qint32>(row, 0);
  record.time = result.value<Microseconds>(row, 1);
  record.received = result.value<Microseconds>(row, 2);
  record.quality = result.value<qint32>(row, 3);
  return record;
}

void addText(CopyRows &rows, const QString &text) {
  text.isEmpty() ? rows.addNull() : rows.add(storableText(text, longestText));
}
void addReal(CopyRows &rows, double number) { std::isfinite(number) ? rows.add(number) : rows.addNull(); }
void addNumber(CopyRows &rows, qint32 number, qint32 none) { number == none ? rows.addNull() : rows.add(number); }

void addNulls(CopyRows &rows, int count) {
  for (int i = 0; i < count; ++i) rows.addNull();
}

}  // namespace

void addRecentSample(CopyRows &rows, const PostgresRecord &record) {
  rows.beginRow(8);
  addRowHead(rows, record);
  rows.add(static_cast<qint16>(typeOf(record.value)));
  const auto *integer = std::get_if<qint64>(&record.value);
  const bool isBig = integer && (*integer > mostExact || *integer < -mostExact);
  rows.add(isBig ? std::nullopt : toNumber(record.value));
  isBig ? rows.add(*integer) : rows.addNull();
  const auto *text = std::get_if<QString>(&record.value);
  text ? rows.add(storableText(*text, longestText)) : rows.addNull();
}

PostgresRecord recentSample(const PostgresResult &result, int row) {
  PostgresRecord record = common(result, row);
  const auto kind = static_cast<ValueType>(result.value<qint16>(row, 4));
  if (kind == ValueType::Bool) {
    record.value = result.value<double>(row, 5) != 0;
  } else if (kind == ValueType::Int) {
    record.value =
        result.isNull(row, 6) ? static_cast<qint64>(result.value<double>(row, 5)) : result.value<qint64>(row, 6);
  } else if (kind == ValueType::Double) {
    record.value = result.value<double>(row, 5);
  } else if (kind == ValueType::Text) {
    record.value = result.text(row, 7);
  }
  return record;
}

void addRecentPosition(CopyRows &rows, const PostgresRecord &record) {
  rows.beginRow(16);
  addRowHead(rows, record);
  const auto *position = std::get_if<Position>(&record.value);
  if (!position) return addNulls(rows, 12);
  for (const double coordinate : {position->x, position->y, position->z}) rows.add(coordinate);
  if (!position->fix) return addNulls(rows, 9);
  const Fix &fix = *position->fix;
  addText(rows, fix.tag);
  addText(rows, fix.type);
  addNumber(rows, fix.zone, 0);
  addNumber(rows, fix.battery, -1);
  addReal(rows, fix.confidence);
  addText(rows, fix.gateway);
  addNumber(rows, fix.sequence, -1);
  addReal(rows, fix.accuracy);
  addText(rows, fix.origin);
}

PostgresRecord recentPosition(const PostgresResult &result, int row) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  PostgresRecord record = common(result, row);
  record.isPosition = true;
  if (result.isNull(row, 4)) return record;
  auto fix = std::make_shared<Fix>();
  fix->tag = result.text(row, 7);
  fix->type = result.text(row, 8);
  fix->zone = result.optional<qint32>(row, 9).value_or(0);
  fix->battery = result.optional<qint32>(row, 10).value_or(-1);
  fix->confidence = result.optional<double>(row, 11).value_or(none);
  fix->gateway = result.text(row, 12);
  fix->sequence = result.optional<qint32>(row, 13).value_or(-1);
  fix->accuracy = result.optional<double>(row, 14).value_or(none);
  fix->origin = result.text(row, 15);
  record.value = Position{result.value<double>(row, 4), result.value<double>(row, 5), result.value<double>(row, 6),
                          std::move(fix)};
  return record;
}

}  // namespace tagwire::sql
