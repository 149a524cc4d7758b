// SPDX-License-Identifier: Apache-2.0
#include "chunk.h"

#include <algorithm>
#include <cmath>

#include "storage/statement.h"

namespace tagwire::sql {

const char *const sampleChunkColumns =
    "point_id, slice, first, last, count, lag_ms, times, lags_ms, qualities, kind, numbers, reals, integers, texts";
const char *const positionChunkColumns =
    "point_id, slice, first, last, count, lag_ms, times, lags_ms, qualities, x, y, z, tags, types, zones, batteries, "
    "confidences, gateways, sequences, accuracies, origins";
const char *const packedSampleColumns = "lag_ms, times, lags_ms, qualities, kind, numbers, reals, integers, texts";
const char *const packedPositionColumns =
    "lag_ms, times, lags_ms, qualities, x, y, z, tags, types, zones, batteries, confidences, gateways, sequences, "
    "accuracies, origins";

namespace {

using ChunkRecords = std::span<const PostgresRecord>;

constexpr qint64 dayLength = 86'400'000'000;
constexpr qsizetype mostText = 1024 * 1024;

qint64 milliseconds(Microseconds time) { return time.count >= 0 ? time.count / 1000 : (time.count - 999) / 1000; }
qint64 lagOf(const PostgresRecord &record) { return milliseconds(record.received) - milliseconds(record.time); }

bool fitsIn32(qint64 number) { return number == static_cast<qint32>(number); }

// What a chunk's values are; none fits to everything.
ValueType valueKindOf(const PostgresRecord &record) { return typeOf(record.value); }

qsizetype textLength(const PostgresRecord &record) {
  const auto *text = std::get_if<QString>(&record.value);
  return text ? text->size() : 0;
}

// Takes from the front as many as may stand together.
ChunkRecords nextChunk(ChunkRecords records) {
  const PostgresRecord &front = records.front();
  const Microseconds day = dayOf(front.time);
  ValueType kind = valueKindOf(front);
  qsizetype text = 0;
  size_t count = 0;
  for (const PostgresRecord &record : records) {
    const bool isSameKind =
        kind == ValueType::None || valueKindOf(record) == ValueType::None || valueKindOf(record) == kind;
    text += textLength(record);
    if (record.point != front.point || record.isPosition != front.isPosition || dayOf(record.time) != day ||
        !isSameKind || count == longestChunk || !fitsIn32(lagOf(record) - lagOf(front)) ||
        (text > mostText && count > 0)) {
      break;
    }
    if (kind == ValueType::None) kind = valueKindOf(record);
    ++count;
  }
  return records.first(count);
}

// One column: an array of what `of` gives for each record, or NULL where that is `plain` for all of them.
template <class T, class Of>
void addColumn(BinaryFields &row, ChunkRecords chunk, const T &plain, const Of &of) {
  std::vector<T> values;
  values.reserve(chunk.size());
  for (const PostgresRecord &record : chunk) values.push_back(of(record));
  if (std::all_of(values.begin(), values.end(), [&](const T &value) { return value == plain; })) {
    row.addNull();
  } else {
    row.addArray(values);
  }
}

void addChunkHead(CopyRows &row, ChunkRecords chunk, qint64 slice) {
  const qint64 lag = lagOf(chunk.front());
  row.add(chunk.front().point);
  row.add(slice);
  row.add(chunk.front().time);
  row.add(chunk.back().time);
  row.add(static_cast<qint32>(chunk.size()));
  row.add(lag);
  std::vector<Microseconds> times;
  times.reserve(chunk.size());
  for (const PostgresRecord &record : chunk) times.push_back(record.time);
  row.addArray(times);
  addColumn(row, chunk, qint32{0},
            [&](const PostgresRecord &record) { return static_cast<qint32>(lagOf(record) - lag); });
  addColumn(row, chunk, qint32{0}, [](const PostgresRecord &record) { return record.quality; });
}

// A float says the same in half the room where a device's values are floats; bits decide, so that -0 stays.
bool areFloats(ChunkRecords chunk) {
  return std::all_of(chunk.begin(), chunk.end(), [](const PostgresRecord &record) {
    const auto *number = std::get_if<double>(&record.value);
    return !number || (std::abs(*number) <= std::numeric_limits<float>::max() &&
                       static_cast<double>(static_cast<float>(*number)) == *number);
  });
}

bool areExactAsDoubles(ChunkRecords chunk) {
  constexpr qint64 most = 1LL << 53;
  return std::all_of(chunk.begin(), chunk.end(), [](const PostgresRecord &record) {
    const auto *integer = std::get_if<qint64>(&record.value);
    return !integer || (*integer >= -most && *integer <= most);
  });
}

template <class T>
std::optional<T> numberAs(const PostgresRecord &record) {
  const auto number = toNumber(record.value);
  return number ? std::optional<T>(static_cast<T>(*number)) : std::nullopt;
}

std::optional<qint64> integerOf(const PostgresRecord &record) {
  const auto *integer = std::get_if<qint64>(&record.value);
  return integer ? std::optional<qint64>(*integer) : std::nullopt;
}

std::optional<QByteArray> textOf(const PostgresRecord &record) {
  const auto *text = std::get_if<QString>(&record.value);
  return text ? std::optional<QByteArray>(storableText(*text, longestText)) : std::nullopt;
}

ValueType valueKindOf(ChunkRecords chunk) {
  for (const PostgresRecord &record : chunk) {
    if (valueKindOf(record) != ValueType::None) return valueKindOf(record);
  }
  return ValueType::None;
}

void addSamples(CopyRows &row, ChunkRecords chunk, qint64 slice) {
  const ValueType kind = valueKindOf(chunk);
  const bool isNumber = kind == ValueType::Bool || kind == ValueType::Int || kind == ValueType::Double;
  const bool isBig = kind == ValueType::Int && !areExactAsDoubles(chunk);
  const bool isFloat = isNumber && !isBig && kind != ValueType::Int && areFloats(chunk);
  row.beginRow(14);
  addChunkHead(row, chunk, slice);
  row.add(static_cast<qint16>(kind));
  const auto column = [&]<class T>(bool isUsed, std::optional<T> (*of)(const PostgresRecord &)) {
    isUsed ? addColumn<std::optional<T>>(row, chunk, std::nullopt, of) : row.addNull();
  };
  column(isNumber && !isBig && !isFloat, &numberAs<double>);
  column(isFloat, &numberAs<float>);
  column(isBig, &integerOf);
  column(kind == ValueType::Text, &textOf);
}

template <class T, class Of>
void addFixColumn(CopyRows &row, ChunkRecords chunk, const Of &of) {
  addColumn<std::optional<T>>(row, chunk, std::nullopt, [&](const PostgresRecord &record) -> std::optional<T> {
    const auto *position = std::get_if<Position>(&record.value);
    return position && position->fix ? of(*position->fix) : std::nullopt;
  });
}

void addFixText(CopyRows &row, ChunkRecords chunk, QString Fix::*member) {
  addFixColumn<QByteArray>(row, chunk, [member](const Fix &fix) -> std::optional<QByteArray> {
    if ((fix.*member).isEmpty()) return std::nullopt;
    return storableText(fix.*member, longestText);
  });
}

void addFixNumber(CopyRows &row, ChunkRecords chunk, int Fix::*member, int none) {
  addFixColumn<qint32>(row, chunk, [&](const Fix &fix) -> std::optional<qint32> {
    return fix.*member == none ? std::nullopt : std::optional<qint32>(fix.*member);
  });
}

void addFixReal(CopyRows &row, ChunkRecords chunk, double Fix::*member) {
  addFixColumn<double>(row, chunk, [member](const Fix &fix) -> std::optional<double> {
    return std::isfinite(fix.*member) ? std::optional<double>(fix.*member) : std::nullopt;
  });
}

void addCoordinate(CopyRows &row, ChunkRecords chunk, double Position::*member) {
  addColumn<std::optional<double>>(row, chunk, std::nullopt, [&](const PostgresRecord &record) {
    const auto *position = std::get_if<Position>(&record.value);
    return position ? std::optional<double>(position->*member) : std::nullopt;
  });
}

void addPositions(CopyRows &row, ChunkRecords chunk, qint64 slice) {
  row.beginRow(21);
  addChunkHead(row, chunk, slice);
  for (const auto member : {&Position::x, &Position::y, &Position::z}) addCoordinate(row, chunk, member);
  addFixText(row, chunk, &Fix::tag);
  addFixText(row, chunk, &Fix::type);
  addFixNumber(row, chunk, &Fix::zone, 0);
  addFixNumber(row, chunk, &Fix::battery, -1);
  addFixReal(row, chunk, &Fix::confidence);
  addFixText(row, chunk, &Fix::gateway);
  addFixNumber(row, chunk, &Fix::sequence, -1);
  addFixReal(row, chunk, &Fix::accuracy);
  addFixText(row, chunk, &Fix::origin);
}

std::vector<PostgresRecord> unpackCommon(const PostgresResult &result, int row, int column, qint32 point) {
  const auto lag = result.value<qint64>(row, column);
  const auto times = result.array<Microseconds>(row, column + 1);
  const auto lags = result.array<qint32>(row, column + 2);
  const auto qualities = result.array<qint32>(row, column + 3);
  std::vector<PostgresRecord> records(times.size());
  for (size_t i = 0; i < times.size(); ++i) {
    records[i].point = point;
    records[i].time = times[i].value_or(Microseconds{});
    if (i < qualities.size()) records[i].quality = qualities[i].value_or(0);
    const qint64 own = i < lags.size() ? lags[i].value_or(0) : 0;
    records[i].received = {(milliseconds(records[i].time) + lag + own) * 1000};
  }
  return records;
}

Value numberValue(ValueType kind, double number) {
  if (kind == ValueType::Bool) return number != 0;
  if (kind == ValueType::Int) return static_cast<qint64>(number);
  return number;
}

template <class T>
T valueAt(const std::vector<std::optional<T>> &column, size_t index, T none) {
  return index < column.size() ? column[index].value_or(none) : none;
}

}  // namespace

Microseconds dayOf(Microseconds time) {
  const qint64 days = time.count >= 0 ? time.count / dayLength : (time.count - dayLength + 1) / dayLength;
  return {days * dayLength};
}

Microseconds monthOf(Microseconds time) {
  using namespace std::chrono;
  const year_month_day date(floor<days>(time.time()));
  return Microseconds::of(time_point_cast<std::chrono::nanoseconds>(sys_days(date.year() / date.month() / 1)));
}

bool ChunkPacker::add(CopyRows &rows) {
  while (!m_records.empty() && !rows.isPiece()) {
    const ChunkRecords chunk = nextChunk(m_records);
    m_records = m_records.subspan(chunk.size());
    if (chunk.front().isPosition != m_ofPositions) continue;
    m_ofPositions ? addPositions(rows, chunk, m_slice) : addSamples(rows, chunk, m_slice);
  }
  return !m_records.empty();
}

std::set<Microseconds> monthsOf(std::span<const PostgresRecord> records, bool ofPositions) {
  std::set<Microseconds> months;
  Microseconds day;  // of the record before: most are of the same
  bool hasDay = false;
  for (const PostgresRecord &record : records) {
    if (record.isPosition != ofPositions) continue;
    if (hasDay && record.time >= day && record.time.count - day.count < dayLength) continue;
    day = dayOf(record.time);
    hasDay = true;
    months.insert(monthOf(day));
  }
  return months;
}

std::vector<PostgresRecord> unpackSamples(const PostgresResult &result, int row, int column, qint32 point) {
  auto records = unpackCommon(result, row, column, point);
  const auto kind = static_cast<ValueType>(result.value<qint16>(row, column + 4));
  const auto numbers = result.array<double>(row, column + 5);
  const auto reals = result.array<float>(row, column + 6);
  const auto integers = result.array<qint64>(row, column + 7);
  const auto texts = result.array<QByteArray>(row, column + 8);
  for (size_t i = 0; i < records.size(); ++i) {
    if (i < numbers.size() && numbers[i]) records[i].value = numberValue(kind, *numbers[i]);
    if (i < reals.size() && reals[i]) records[i].value = numberValue(kind, static_cast<double>(*reals[i]));
    if (i < integers.size() && integers[i]) records[i].value = *integers[i];
    if (i < texts.size() && texts[i]) records[i].value = QString::fromUtf8(*texts[i]);
  }
  return records;
}

std::vector<PostgresRecord> unpackPositions(const PostgresResult &result, int row, int column, qint32 point) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  auto records = unpackCommon(result, row, column, point);
  const auto reals = [&](int offset) { return result.array<double>(row, column + offset); };
  const auto integers = [&](int offset) { return result.array<qint32>(row, column + offset); };
  const auto texts = [&](int offset) { return result.array<QByteArray>(row, column + offset); };
  const auto x = reals(4), y = reals(5), z = reals(6), confidences = reals(11), accuracies = reals(14);
  const auto zones = integers(9), batteries = integers(10), sequences = integers(13);
  const auto tags = texts(7), types = texts(8), gateways = texts(12), origins = texts(15);
  for (size_t i = 0; i < records.size(); ++i) {
    records[i].isPosition = true;
    if (i >= x.size() || !x[i]) continue;
    auto fix = std::make_shared<Fix>();
    fix->tag = QString::fromUtf8(valueAt(tags, i, {}));
    fix->type = QString::fromUtf8(valueAt(types, i, {}));
    fix->zone = valueAt(zones, i, 0);
    fix->battery = valueAt(batteries, i, -1);
    fix->confidence = valueAt(confidences, i, none);
    fix->gateway = QString::fromUtf8(valueAt(gateways, i, {}));
    fix->sequence = valueAt(sequences, i, -1);
    fix->accuracy = valueAt(accuracies, i, none);
    fix->origin = QString::fromUtf8(valueAt(origins, i, {}));
    records[i].value = Position{*x[i], valueAt(y, i, 0.0), valueAt(z, i, 0.0), std::move(fix)};
  }
  return records;
}

}  // namespace tagwire::sql
