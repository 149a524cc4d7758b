// SPDX-License-Identifier: Apache-2.0
#include "postgrespoints.h"

#include <QHash>

#include "storage/statement.h"

namespace tagwire::sql {

namespace {

constexpr size_t pointsAtOnce = 10'000;

bool isPosition(const StoredSample &sample, const StoredPoint &point) {
  return std::holds_alternative<Position>(sample.value) ||
         (std::holds_alternative<std::monostate>(sample.value) && point.type == ValueType::Position);
}

}  // namespace

StoreResult<std::vector<PostgresRecord>> PostgresPoints::recordsOf(const std::vector<StoredSample> &samples,
                                                                   const PointLookup &points, bool isImport) {
  const auto unknown = unknownIn(samples, points);
  if (!unknown) return tl::unexpected(unknown.error());
  const std::span all(*unknown);
  for (size_t from = 0; from < all.size(); from += pointsAtOnce) {
    const auto entered = enter(all.subspan(from, std::min(pointsAtOnce, all.size() - from)), isImport);
    if (!entered) return tl::unexpected(entered.error());
  }
  std::vector<PostgresRecord> records;
  records.reserve(samples.size());
  for (const StoredSample &sample : samples) {
    const Known &known = m_known[sample.point];
    records.push_back(postgresRecord(sample, known.row, isPosition(sample, *known.point)));
  }
  return records;
}

// Keys belong to one spool; a work from elsewhere (an import) may have others for the same numbers.
StoreResult<std::vector<PostgresPoints::Unknown>> PostgresPoints::unknownIn(const std::vector<StoredSample> &samples,
                                                                            const PointLookup &points) {
  std::vector<Unknown> unknown;
  ++m_work;
  for (const StoredSample &sample : samples) {
    if (sample.point < m_known.size() && m_known[sample.point].checkedIn == m_work) continue;
    StoredPointPointer point = points(sample.point);
    if (!point) {
      return tl::unexpected(StoreError{
          StoreError::Kind::Refused, QStringLiteral("nothing is known of the point with number %1").arg(sample.point)});
    }
    if (sample.point >= m_known.size()) m_known.resize(sample.point + size_t(1));
    Known &known = m_known[sample.point];
    known.checkedIn = m_work;
    if (!known.point || (known.point != point && !(*known.point == *point))) {
      unknown.emplace_back(sample.point, std::move(point));
    }
  }
  return unknown;
}

// Those that are there unchanged are left alone: the numbers of points are not used up, and nobody waits for a lock.
// What an import says of a point that is there is older or less than what the site says.
StoreResult<void> PostgresPoints::enter(std::span<const Unknown> unknown, bool isImport) {
  static const QByteArray change =
      " OR (p.number, p.type, p.unit, p.description, p.tag) IS DISTINCT FROM"
      " (g.number, g.type, g.unit, g.description, g.tag)";
  static const QByteArray update =
      "DO UPDATE SET number = excluded.number, type = excluded.type, unit = excluded.unit,"
      " description = excluded.description, tag = excluded.tag";
  const QByteArray sql =
      "WITH given AS (SELECT * FROM unnest($1, $2, $3, $4, $5, $6)"
      " AS g(name, number, type, unit, description, tag)), entered AS ("
      " INSERT INTO points(name, number, type, unit, description, tag)"
      " SELECT DISTINCT ON (g.name) g.* FROM given g LEFT JOIN points p ON p.name = g.name WHERE p.id IS NULL" +
      (isImport ? QByteArray() : change) + " ORDER BY g.name ON CONFLICT (name) " +
      (isImport ? QByteArray("DO NOTHING") : update) +
      " RETURNING id, name)"
      " SELECT id, name FROM entered UNION"
      " SELECT p.id, p.name FROM points p JOIN given g ON g.name = p.name";
  std::vector<QByteArray> names, types, units, descriptions, tags;
  std::vector<std::optional<qint32>> numbers;
  for (const auto &[key, point] : unknown) {
    names.push_back(storableText(point->name, longestText));
    numbers.push_back(point->number);
    types.push_back(toText(point->type).latin1());
    units.push_back(storableText(point->unit, longestText));
    descriptions.push_back(storableText(point->description, longestText));
    tags.push_back(storableText(point->tag, longestText));
  }
  PostgresParameters parameters;
  parameters.addArray(names).addArray(numbers).addArray(types).addArray(units).addArray(descriptions).addArray(tags);
  const auto found = m_connection.query(sql, parameters);
  if (!found) return tl::unexpected(found.error());
  QHash<QByteArray, qint32> rows;
  for (int row = 0; row < found->rows(); ++row) {
    rows.insert(found->value<QByteArray>(row, 1), found->value<qint32>(row, 0));
  }
  for (size_t i = 0; i < unknown.size(); ++i) {
    const qint32 row = rows.value(names[i]);
    if (row == 0) {
      return m_connection.outage(
          QStringLiteral("the point '%1' has no row in the table points: does a trigger or row security keep it away?")
              .arg(unknown[i].second->name));
    }
    Known &known = m_known[unknown[i].first];
    known.point = unknown[i].second;
    known.row = row;
  }
  return {};
}

}  // namespace tagwire::sql
