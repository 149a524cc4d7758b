// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libpq-fe.h>

#include <memory>

#include "binaryformat.h"

namespace tagwire::sql {

/// Parameters of a query, in binary form; the first added is $1.
class PostgresParameters {
 public:
  template <class T>
  PostgresParameters &add(const T &value) {
    BinaryFields field;
    field.add(value);
    return append(ElementType<T>::oid, field.bytes().mid(4));
  }
  template <class T>
  PostgresParameters &add(const std::optional<T> &value) {
    return value ? add(*value) : append(ElementType<T>::oid, {});
  }
  template <class T>
  PostgresParameters &addArray(const std::vector<T> &values) {
    BinaryFields field;
    field.addArray(values);
    return append(ElementType<typename Element<T>::Type>::arrayOid, field.bytes().mid(4));
  }

  int count() const { return static_cast<int>(m_values.size()); }
  const std::vector<quint32> &types() const { return m_types; }
  const std::vector<std::optional<QByteArray>> &values() const { return m_values; }

 private:
  PostgresParameters &append(quint32 type, std::optional<QByteArray> value) {
    m_types.push_back(type);
    m_values.push_back(std::move(value));
    return *this;
  }

  std::vector<quint32> m_types;
  std::vector<std::optional<QByteArray>> m_values;
};

/// Rows that the server sent, in binary form. Columns count from 0.
class PostgresResult {
 public:
  explicit PostgresResult(PGresult *result = nullptr) : m_result(result, &PQclear) {}
  /// About what a row needs in memory.
  qint64 bytes(int row) const {
    qint64 sum = 128;
    for (int column = 0; column < PQnfields(m_result.get()); ++column) sum += PQgetlength(m_result.get(), row, column);
    return sum;
  }

  const PGresult *handle() const { return m_result.get(); }
  int rows() const { return PQntuples(m_result.get()); }
  /// Rows that a command changed.
  qint64 changed() const { return QByteArray(PQcmdTuples(m_result.get())).toLongLong(); }
  bool isNull(int row, int column) const { return PQgetisnull(m_result.get(), row, column) != 0; }

  template <class T>
  T value(int row, int column) const {
    return fromBinary<T>(PQgetvalue(m_result.get(), row, column), PQgetlength(m_result.get(), row, column));
  }
  template <class T>
  std::optional<T> optional(int row, int column) const {
    return isNull(row, column) ? std::nullopt : std::optional<T>(value<T>(row, column));
  }
  /// NULL is an empty one.
  template <class T>
  std::vector<std::optional<T>> array(int row, int column) const {
    return arrayFromBinary<T>(PQgetvalue(m_result.get(), row, column), PQgetlength(m_result.get(), row, column));
  }
  QString text(int row, int column) const { return QString::fromUtf8(value<QByteArray>(row, column)); }

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> m_result;
};

}  // namespace tagwire::sql
