// SPDX-License-Identifier: Apache-2.0
#include "postgrespartitions.h"

namespace tagwire::sql {

namespace {

constexpr int firstYear = 2020;
constexpr int lastYear = 2099;

// A device with a wrong clock must not make a partition for each month between 1677 and 2262.
struct Part {
  QByteArray suffix;
  QByteArray from;
  QByteArray to;
};

QByteArray isoDate(std::chrono::year_month_day date) {
  const QDate day(static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())), 1);
  return '\'' + day.toString(Qt::ISODate).toLatin1() + " 00:00:00+00'";
}

Part partOf(Microseconds time) {
  using namespace std::chrono;
  const year_month_day date(floor<days>(time.time()));
  const year_month_day start = date.year() / date.month() / 1;
  if (date.year() < year(firstYear)) return {"_early", "MINVALUE", isoDate(year(firstYear) / January / 1)};
  if (date.year() > year(lastYear)) return {"_late", isoDate(year(lastYear + 1) / January / 1), "MAXVALUE"};
  const QByteArray name = '_' + isoDate(start).mid(1, 7).replace('-', '_');
  return {name, isoDate(start), isoDate(start + months(1))};
}

}  // namespace

StoreResult<Partitioning> partitioningOf(PostgresConnection &connection) {
  const auto found = connection.query("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'");
  if (!found) return tl::unexpected(found.error());
  return found->value<qint64>(0, 0) > 0 ? Partitioning::Timescale : Partitioning::Declarative;
}

// Chunks (ours) are packed already; TimescaleDB's compression is for the events, which are plain rows.
QByteArray hypertablesSql() {
  return "SELECT create_hypertable('samples', 'first', chunk_time_interval => interval '1 month',"
         " create_default_indexes => false, if_not_exists => true);"
         "SELECT create_hypertable('positions', 'first', chunk_time_interval => interval '1 month',"
         " create_default_indexes => false, if_not_exists => true);"
         "SELECT create_hypertable('events', 'time', chunk_time_interval => interval '1 month',"
         " create_default_indexes => false, if_not_exists => true, migrate_data => true);"
         "ALTER TABLE events SET (timescaledb.compress, timescaledb.compress_segmentby = 'kind',"
         " timescaledb.compress_orderby = 'time, id');"
         "SELECT add_compression_policy('events', interval '60 days', if_not_exists => true);";
}

StoreResult<void> PostgresPartitions::open() {
  m_known.clear();
  return partitioningOf(m_connection).map([this](Partitioning partitioning) { m_partitioning = partitioning; });
}

// Made by itself and then attached: CREATE TABLE … PARTITION OF would wait for every reader, and all others for it.
StoreResult<void> PostgresPartitions::provide(const QByteArray &table, const std::set<Microseconds> &months) {
  if (m_partitioning == Partitioning::Timescale) return {};
  for (const Microseconds month : months) {
    const Part part = partOf(month);
    const QByteArray name = table + part.suffix;
    if (m_known.contains(name)) continue;
    const auto there =
        m_connection.query("SELECT to_regclass(quote_ident(current_schema()) || '." + name + "') IS NOT NULL");
    if (!there) return tl::unexpected(there.error());
    if (!there->value<bool>(0, 0)) {
      const auto made = m_connection.execute("CREATE TABLE " + name + " (LIKE " + table + " INCLUDING ALL);" +
                                             "ALTER TABLE " + table + " ATTACH PARTITION " + name +
                                             " FOR VALUES FROM (" + part.from + ") TO (" + part.to + ");");
      if (!made) return made;
    }
    m_known.insert(name);
  }
  return {};
}

StoreResult<bool> PostgresPartitions::dropBefore(const QByteArray &table, Microseconds time) {
  if (m_partitioning == Partitioning::Timescale) {
    PostgresParameters parameters;
    const auto dropped =
        m_connection.query("SELECT drop_chunks('" + table + "', older_than => $1)", parameters.add(time));
    if (!dropped) return tl::unexpected(dropped.error());
    return dropped->rows() > 0;
  }
  const auto found = m_connection.query(
      "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
      " WHERE i.inhparent = to_regclass('" +
      table + "') ORDER BY 1");
  if (!found) return tl::unexpected(found.error());
  const QByteArray month = table + partOf(time).suffix;
  for (int row = 0; row < found->rows(); ++row) {
    const auto name = found->value<QByteArray>(row, 0);
    // Names of months sort by time; those of the two ends do not.
    if (name.endsWith("_early") || name.endsWith("_late") || name >= month) continue;
    m_known.remove(name);
    // Readers are waited for only shortly, for whoever comes later waits behind this; it may be tried again.
    const QByteArray quoted = m_connection.quoted(QString::fromUtf8(name));
    const auto dropped =
        m_connection.execute("DO $body$ BEGIN PERFORM set_config('lock_timeout', '1000', true); DROP TABLE " + quoted +
                             "; EXCEPTION WHEN lock_not_available THEN NULL; END $body$");
    if (!dropped) return tl::unexpected(dropped.error());
    const auto left = m_connection.query("SELECT to_regclass('" + quoted + "') IS NOT NULL");
    if (!left) return tl::unexpected(left.error());
    return !left->value<bool>(0, 0);
  }
  return false;
}

}  // namespace tagwire::sql
