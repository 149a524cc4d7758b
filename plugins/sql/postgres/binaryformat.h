// SPDX-License-Identifier: Apache-2.0
// PostgreSQL's binary formats, which COPY BINARY, binary parameters and binary results share.
#pragma once

#include <QByteArray>
#include <QtEndian>

#include <bit>
#include <cstring>
#include <optional>
#include <vector>

#include "timestamp.h"

namespace tagwire::sql {

/// A timestamptz: microseconds since 2000-01-01 UTC.
struct Microseconds {
  qint64 count = 0;

  /// Rounded down.
  static Microseconds of(Time time);
  /// The first that is not before `time`: for the bounds of a range.
  static Microseconds notBefore(Time time);
  Time time() const;
  friend auto operator<=>(const Microseconds &, const Microseconds &) = default;
};

/// Type numbers as in pg_type; fixed for ever.
template <class T>
struct ElementType;
template <>
struct ElementType<qint16> {
  static constexpr quint32 oid = 21, arrayOid = 1005;
};
template <>
struct ElementType<qint32> {
  static constexpr quint32 oid = 23, arrayOid = 1007;
};
template <>
struct ElementType<qint64> {
  static constexpr quint32 oid = 20, arrayOid = 1016;
};
template <>
struct ElementType<float> {
  static constexpr quint32 oid = 700, arrayOid = 1021;
};
template <>
struct ElementType<double> {
  static constexpr quint32 oid = 701, arrayOid = 1022;
};
template <>
struct ElementType<QByteArray> {
  static constexpr quint32 oid = 25, arrayOid = 1009;
};
template <>
struct ElementType<Microseconds> {
  static constexpr quint32 oid = 1184, arrayOid = 1185;
};
template <>
struct ElementType<bool> {
  static constexpr quint32 oid = 16, arrayOid = 1000;
};

/// Fields one after the other, each with its length before it. Plain value.
class BinaryFields {
 public:
  const QByteArray &bytes() const { return m_bytes; }
  void clear() { m_bytes.resize(0); }  // and keeps the room
  void reserve(qsizetype bytes) { m_bytes.reserve(bytes); }

  void addNull() { append(qint32{-1}); }
  template <class T>
  void add(const T &value) {
    if constexpr (std::is_same_v<T, QByteArray>) {
      append(static_cast<qint32>(value.size()));
      m_bytes.append(value);
    } else {
      append(static_cast<qint32>(sizeof(T)));
      append(value);
    }
  }
  template <class T>
  void add(const std::optional<T> &value) {
    value ? add(*value) : addNull();
  }
  /// An array of one dimension. Of T or std::optional<T>.
  template <class T>
  void addArray(const std::vector<T> &values);

  /// Bytes without a length before them.
  template <class T>
  void append(T value) {
    put(room(sizeof(T)), value);
  }

 private:
  /// Where as many bytes are to be written.
  char *room(size_t bytes) {
    const qsizetype before = m_bytes.size();
    m_bytes.resize(before + static_cast<qsizetype>(bytes));
    return m_bytes.data() + before;
  }
  template <class T>
  static char *put(char *at, T value) {
    if constexpr (std::is_same_v<T, Microseconds>) {
      return put(at, value.count);
    } else if constexpr (std::is_same_v<T, double>) {
      return put(at, std::bit_cast<qint64>(value));
    } else if constexpr (std::is_same_v<T, float>) {
      return put(at, std::bit_cast<qint32>(value));
    } else if constexpr (sizeof(T) == 1) {
      *at = static_cast<char>(value);
      return at + 1;
    } else {
      const T big = qToBigEndian(value);
      std::memcpy(at, &big, sizeof(T));
      return at + sizeof(T);
    }
  }

  QByteArray m_bytes;
};

template <class T>
struct Element {
  using Type = T;
  static bool isNull(const T &) { return false; }
  static const T &value(const T &element) { return element; }
};
template <class T>
struct Element<std::optional<T>> {
  using Type = T;
  static bool isNull(const std::optional<T> &element) { return !element; }
  static const T &value(const std::optional<T> &element) { return *element; }
};

template <class T>
void BinaryFields::addArray(const std::vector<T> &values) {
  using Known = Element<T>;
  using Type = typename Known::Type;
  const auto sizeOf = [](const Type &value) {
    if constexpr (std::is_same_v<Type, QByteArray>) {
      return static_cast<qint32>(value.size());
    } else {
      return static_cast<qint32>(sizeof(value));
    }
  };
  bool hasNull = false;
  size_t size = values.empty() ? 12 : 20;
  for (const T &value : values) {
    hasNull = hasNull || Known::isNull(value);
    size += 4 + (Known::isNull(value) ? 0 : static_cast<size_t>(sizeOf(Known::value(value))));
  }
  char *at = put(room(4 + size), static_cast<qint32>(size));
  at = put(at, qint32{values.empty() ? 0 : 1});  // dimensions
  at = put(at, qint32{hasNull});
  at = put(at, ElementType<Type>::oid);
  if (values.empty()) return;
  at = put(at, static_cast<qint32>(values.size()));
  at = put(at, qint32{1});  // lower bound
  for (const T &value : values) {
    if (Known::isNull(value)) {
      at = put(at, qint32{-1});
      continue;
    }
    const Type &content = Known::value(value);
    at = put(at, sizeOf(content));
    if constexpr (std::is_same_v<Type, QByteArray>) {
      if (!content.isEmpty()) std::memcpy(at, content.constData(), static_cast<size_t>(content.size()));
      at += content.size();
    } else {
      at = put(at, content);
    }
  }
}

/// The content of a COPY … FROM STDIN (FORMAT binary).
class CopyRows : public BinaryFields {
 public:
  CopyRows();
  /// Begins a row; as many fields are then added.
  void beginRow(int fields);
  void end();
  qint64 rows() const { return m_rows; }
  /// There is enough to be sent.
  bool isPiece() const { return bytes().size() >= 128 * 1024; }

 private:
  qint64 m_rows = 0;
};

/// Reads one value that the server sent; it is not trusted further than its length.
template <class T>
T fromBinary(const char *bytes, qsizetype length) {
  if constexpr (std::is_same_v<T, QByteArray>) {
    return QByteArray(bytes, length);
  } else if constexpr (std::is_same_v<T, Microseconds>) {
    return Microseconds{fromBinary<qint64>(bytes, length)};
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<double>(fromBinary<qint64>(bytes, length));
  } else if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<float>(fromBinary<qint32>(bytes, length));
  } else if constexpr (std::is_same_v<T, bool>) {
    return length == 1 && *bytes != 0;
  } else {
    return length == static_cast<qsizetype>(sizeof(T)) ? qFromBigEndian<T>(bytes) : T{};
  }
}

template <class T>
std::vector<std::optional<T>> arrayFromBinary(const char *bytes, qsizetype length) {
  std::vector<std::optional<T>> values;
  if (length < 20 || qFromBigEndian<qint32>(bytes) != 1) return values;
  const qint32 count = qFromBigEndian<qint32>(bytes + 12);
  const char *at = bytes + 20;
  const char *const end = bytes + length;
  values.reserve(static_cast<size_t>(std::clamp<qint64>(count, 0, length / 4)));
  for (qint32 i = 0; i < count && end - at >= 4; ++i) {
    const qint32 size = qFromBigEndian<qint32>(at);
    at += 4;
    if (size < 0) {
      values.emplace_back();
    } else if (size <= end - at) {
      values.emplace_back(fromBinary<T>(at, size));
      at += size;
    }
  }
  return values;
}

}  // namespace tagwire::sql
