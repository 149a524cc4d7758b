// SPDX-License-Identifier: Apache-2.0
#include "postgresrollups.h"

#include <algorithm>

#include "chunk.h"

namespace tagwire::sql {

const char *const postgresRollupColumns = "start, count, good, numbers, min, max, sum, last, last_time, dense";

namespace {

constexpr size_t keysAtOnce = 20'000;
constexpr size_t spansAtOnce = 500;

template <class T, class Items, class Of>
std::vector<T> column(const Items &items, const Of &of) {
  std::vector<T> values;
  values.reserve(items.size());
  for (const auto &item : items) values.push_back(of(item));
  return values;
}

template <class T>
std::span<const T> part(const std::vector<T> &all, size_t from, size_t most) {
  return std::span<const T>(all).subspan(from, std::min(most, all.size() - from));
}

qint64 Rollup::*const countColumns[] = {&Rollup::count, &Rollup::good, &Rollup::numbers};
double Rollup::*const numberColumns[] = {&Rollup::min, &Rollup::max, &Rollup::sum, &Rollup::last};

}  // namespace

Rollup rollupFrom(const PostgresResult &result, int row, int column) {
  Rollup rollup;
  rollup.start = result.value<Microseconds>(row, column).time();
  rollup.count = result.value<qint64>(row, column + 1);
  rollup.good = result.value<qint64>(row, column + 2);
  rollup.numbers = result.value<qint64>(row, column + 3);
  rollup.min = result.value<double>(row, column + 4);
  rollup.max = result.value<double>(row, column + 5);
  rollup.sum = result.value<double>(row, column + 6);
  rollup.last = result.value<double>(row, column + 7);
  rollup.lastTime = result.value<Microseconds>(row, column + 8).time();
  rollup.isDense = result.value<bool>(row, column + 9);
  return rollup;
}

StoreResult<void> PostgresRollups::load(RollupLevel level, const std::vector<Key> &keys,
                                        const std::function<void(qint64 point, const Rollup &)> &take) {
  const QByteArray sql = QByteArray("SELECT r.point_id, ") + postgresRollupColumns +
                         " FROM unnest($2, $3) AS k(k_point, k_start) JOIN rollups r"
                         " ON r.level = $1 AND r.point_id = k_point AND r.start = k_start";
  for (size_t from = 0; from < keys.size(); from += keysAtOnce) {
    const auto some = part(keys, from, keysAtOnce);
    PostgresParameters parameters;
    parameters.add(static_cast<qint16>(level))
        .addArray(column<qint32>(some, [](const Key &key) { return static_cast<qint32>(key.point); }))
        .addArray(column<Microseconds>(some, [](const Key &key) { return Microseconds::of(key.start); }));
    const auto found = m_connection.query(sql, parameters);
    if (!found) return tl::unexpected(found.error());
    for (int row = 0; row < found->rows(); ++row) take(found->value<qint32>(row, 0), rollupFrom(*found, row, 1));
  }
  return {};
}

StoreResult<void> PostgresRollups::store(RollupLevel level, const std::vector<std::pair<qint64, Rollup>> &rollups) {
  using Item = std::pair<qint64, Rollup>;
  const QByteArray sql =
      "INSERT INTO rollups(level, point_id, start, last_time, dense, count, good, numbers, min, max, sum, last)"
      " SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
      " ON CONFLICT (level, point_id, start) DO UPDATE SET last_time = excluded.last_time, dense = excluded.dense,"
      " count = excluded.count, good = excluded.good, numbers = excluded.numbers, min = excluded.min,"
      " max = excluded.max, sum = excluded.sum, last = excluded.last";
  for (size_t from = 0; from < rollups.size(); from += keysAtOnce) {
    const auto some = part(rollups, from, keysAtOnce);
    PostgresParameters parameters;
    parameters.add(static_cast<qint16>(level))
        .addArray(column<qint32>(some, [](const Item &item) { return static_cast<qint32>(item.first); }))
        .addArray(column<Microseconds>(some, [](const Item &item) { return Microseconds::of(item.second.start); }))
        .addArray(column<Microseconds>(some, [](const Item &item) { return Microseconds::of(item.second.lastTime); }))
        .addArray(column<std::optional<bool>>(some, [](const Item &item) { return item.second.isDense; }));
    for (const auto member : countColumns) {
      parameters.addArray(column<qint64>(some, [&](const Item &item) { return item.second.*member; }));
    }
    for (const auto member : numberColumns) {
      parameters.addArray(column<double>(some, [&](const Item &item) { return item.second.*member; }));
    }
    if (const auto stored = m_connection.query(sql, parameters); !stored) return tl::unexpected(stored.error());
  }
  return {};
}

StoreResult<void> PostgresRollups::earlier(const std::vector<Span> &spans,
                                           const std::function<void(const RollupRecord &)> &take) {
  for (size_t from = 0; from < spans.size(); from += spansAtOnce) {
    const auto done = earlierIn(part(spans, from, spansAtOnce), take);
    if (!done) return done;
  }
  return {};
}

StoreResult<void> PostgresRollups::earlierIn(std::span<const Span> spans,
                                             const std::function<void(const RollupRecord &)> &take) {
  const auto select = [](const QByteArray &table, const QByteArray &columns) {
    return "SELECT w.n, " + columns +
           " FROM unnest($1, $2, $3) WITH ORDINALITY AS w(point, since, until, n)"
           " JOIN " +
           table +
           " s ON s.point_id = w.point AND s.first > w.since - interval '24 hours'"
           " AND s.first < w.until AND s.last >= w.since ORDER BY w.n, s.first, s.slice";
  };
  PostgresParameters parameters;
  parameters.addArray(column<qint32>(spans, [](const Span &span) { return static_cast<qint32>(span.point); }))
      .addArray(column<Microseconds>(spans, [](const Span &span) { return Microseconds::of(span.from); }))
      .addArray(column<Microseconds>(spans, [](const Span &span) { return Microseconds::notBefore(span.to); }));
  // Texts and positions are only counted.
  const auto numbersOnly = QByteArray(packedSampleColumns).replace(", texts", ", NULL");
  const QByteArray noPositions = "lag_ms, times, lags_ms, qualities" + QByteArray(", NULL").repeated(12);
  const auto samples = m_connection.query(select("samples", numbersOnly), parameters);
  if (!samples) return tl::unexpected(samples.error());
  const auto positions = m_connection.query(select("positions", noPositions), parameters);
  if (!positions) return tl::unexpected(positions.error());
  int sampleRow = 0, positionRow = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    const Span &span = spans[i];
    const auto point = static_cast<qint32>(span.point);
    const auto number = static_cast<qint64>(i) + 1;
    std::vector<PostgresRecord> records;
    const auto collect = [&](const PostgresResult &rows, int &row, auto unpack) {
      for (; row < rows.rows() && rows.value<qint64>(row, 0) == number; ++row) {
        for (PostgresRecord &record : unpack(rows, row, 1, point)) {
          const Time time = record.time.time();
          if (time >= span.from && time < span.to) records.push_back(std::move(record));
        }
      }
    };
    collect(*samples, sampleRow, &unpackSamples);
    collect(*positions, positionRow, &unpackPositions);
    std::stable_sort(records.begin(), records.end(),
                     [](const PostgresRecord &one, const PostgresRecord &other) { return one.time < other.time; });
    for (const PostgresRecord &record : records) take(record.forRollup());
  }
  return {};
}

}  // namespace tagwire::sql
