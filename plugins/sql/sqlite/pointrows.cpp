// SPDX-License-Identifier: Apache-2.0
#include "sqlite/pointrows.h"

namespace tagwire::sql {

namespace {

QByteArray storedPointText(const QString &text) { return storableText(text, longestText); }

}  // namespace

StoreResult<void> PointRows::prepare() {
  const auto done =
      m_file.prepare(m_select,
                     "SELECT id FROM points WHERE name = ?1 AND (?7 OR (number IS ?2 AND type = ?3 AND unit = ?4 "
                     "AND description = ?5 AND tag = ?6))");
  if (!done) return done;
  return m_file.prepare(m_insert,
                        "INSERT INTO points(name, number, type, unit, description, tag) VALUES(?1, ?2, ?3, ?4, ?5, ?6) "
                        "ON CONFLICT(name) DO UPDATE SET number = ?2, type = ?3, unit = ?4, description = ?5, tag = ?6 "
                        "RETURNING id");
}

void PointRows::beginTransaction(const PointLookup &points, bool isImport) {
  if (isImport != m_isImport) forget();
  m_isImport = isImport;
  ++m_transaction;
  m_points = &points;
}

StoreResult<qint64> PointRows::rowOf(PointKey key) {
  if (key < m_known.size() && m_known[key].checkedIn == m_transaction) return m_known[key].row;
  const StoredPointPointer point = (*m_points)(key);
  if (!point) {
    return tl::unexpected(
        StoreError{StoreError::Kind::Refused, QStringLiteral("nothing is known of the point with number %1").arg(key)});
  }
  if (key >= m_known.size()) m_known.resize(key + size_t(1));
  Known &known = m_known[key];
  if (!known.point || (known.point != point && !(*known.point == *point))) {
    const auto row = findOrMake(*point);
    if (!row) return row;
    known.row = *row;
  }
  known.point = point;
  known.checkedIn = m_transaction;
  return known.row;
}

RowKind PointRows::kindOf(const StoredSample &sample) const {
  const bool isPosition =
      std::holds_alternative<Position>(sample.value) || (std::holds_alternative<std::monostate>(sample.value) &&
                                                         m_known[sample.point].point->type == ValueType::Position);
  return isPosition ? RowKind::Position : RowKind::Value;
}

// Looked for first: most are there, and a file is not written for nothing.
StoreResult<qint64> PointRows::findOrMake(const StoredPoint &point) {
  m_select.bind(7, static_cast<qint64>(m_isImport));
  for (Statement *statement : {&m_select, &m_insert}) {
    statement->bind(1, storedPointText(point.name));
    if (point.number) statement->bind(2, static_cast<qint64>(*point.number));
    statement->bind(3, QByteArray(toText(point.type).latin1()));
    statement->bind(4, storedPointText(point.unit));
    statement->bind(5, storedPointText(point.description));
    statement->bind(6, storedPointText(point.tag));
    const auto row = m_file.next(*statement);
    if (!row) return tl::unexpected(row.error());
    if (!*row) continue;
    const qint64 id = statement->integer(0);
    statement->reset();
    return id;
  }
  return m_file.outage(QStringLiteral("the table `points` takes no row"));
}

}  // namespace tagwire::sql
