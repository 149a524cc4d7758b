// SPDX-License-Identifier: Apache-2.0
#include "postgresexpiry.h"

#include <functional>

#include "store/rollup.h"

namespace tagwire::sql {

namespace {

constexpr std::chrono::minutes betweenRounds{10};
constexpr int mostDeleted = 2'000;

}  // namespace

StoreResult<bool> PostgresExpiry::step(Time now, const Retention &retention) {
  if (m_next && now < *m_next && now >= *m_next - betweenRounds) return false;
  const auto step = [&](std::optional<std::chrono::hours> kept, auto remove) -> StoreResult<bool> {
    return kept ? remove(now - *kept) : StoreResult<bool>(false);
  };
  const auto level = [&](RollupLevel which, std::optional<std::chrono::hours> kept) {
    return step(kept, [&, which](Time before) {
      const auto condition = "level = " + QByteArray::number(static_cast<int>(which)) + " AND ";
      return deleteOld("rollups", condition, "start", before);
    });
  };
  const std::function<StoreResult<bool>()> steps[] = {
      [&] { return step(retention.samples, [&](Time before) { return dropOld("samples", before); }); },
      [&] { return step(retention.positions, [&](Time before) { return dropOld("positions", before); }); },
      [&] { return step(retention.events, [&](Time before) { return deleteOld("events", {}, "time", before); }); },
      [&] { return step(retention.samples, [&](Time before) { return deleteOld("gaps", {}, "until", before); }); },
      [&] { return level(RollupLevel::Second, retention.seconds); },
      [&] { return level(RollupLevel::Minute, retention.minutes); },
      [&] { return level(RollupLevel::Hour, retention.hours); },
      [&] { return level(RollupLevel::Day, retention.days); }};
  for (const auto &each : steps) {
    auto removed = each();
    if (!removed) m_next = now + betweenRounds;  // else it would be tried without end
    if (!removed || *removed) return removed;
  }
  m_next = now + betweenRounds;
  return false;
}

// A whole month goes at once, the rest chunk by chunk, and so do rows that are too late to become one.
StoreResult<bool> PostgresExpiry::dropOld(const QByteArray &table, Time before) {
  auto dropped = m_partitions.dropBefore(table, Microseconds::of(before));
  if (!dropped || *dropped) return dropped;
  auto deleted = deleteOld(table, "last < $1 AND ", "first", before);
  if (!deleted || *deleted) return deleted;
  return deleteOld("recent_" + table, {}, "time", before);
}

// `column` is the one that an index serves. The condition stands twice: partitions are chosen by the outer one.
StoreResult<bool> PostgresExpiry::deleteOld(const QByteArray &table, const QByteArray &condition,
                                            const QByteArray &column, Time before) {
  const QByteArray isOld = condition + column + " < $1";
  PostgresParameters parameters;
  parameters.add(Microseconds::of(before));
  const auto deleted =
      m_connection.query("WITH old AS MATERIALIZED (SELECT tableoid AS t, ctid AS c FROM " + table + " WHERE " + isOld +
                             " ORDER BY " + column + " LIMIT " + QByteArray::number(mostDeleted) + ") DELETE FROM " +
                             table + " d USING old WHERE d.tableoid = old.t AND d.ctid = old.c AND " + isOld,
                         parameters);
  if (!deleted) return tl::unexpected(deleted.error());
  return deleted->changed() == mostDeleted;
}

}  // namespace tagwire::sql
