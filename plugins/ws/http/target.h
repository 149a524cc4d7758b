// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QStringList>

#include <optional>
#include <utility>

#include "result.h"

namespace tagwire::ws {

/// The target of a request, taken apart: "/api/v1/points/plc1%2Ftemp?limit=1". Plain value.
class Target {
 public:
  /// Errors: bad percent-encoding, invalid UTF-8, control characters.
  static Result<Target> parse(const QByteArray &text);

  /// Decoded, "/api/v1/points/plc1/temp"; for logs too, as it holds no query.
  const QString &path() const { return m_path; }
  /// Decoded each by itself: {"api", "v1", "points", "plc1/temp"}.
  const QStringList &segments() const { return m_segments; }
  /// The first value of a key of the query.
  std::optional<QString> value(const char *key) const;
  /// Every value of a key; the entries of a list count each by itself: "a=1&a=2,3" gives {"1", "2", "3"}. A comma that
  /// is part of an entry is written as %2C: "a=x%2Cy" gives {"x,y"}.
  QStringList values(const char *key) const;
  /// The same for words and numbers, which hold no comma: some clients encode those between them, too, and "a=1%2C2"
  /// gives {"1", "2"}.
  QStringList words(const char *key) const;
  /// A whole number of the query, `fallback` when it is absent; errors name what is allowed.
  Result<qint64> wholeNumber(const char *key, qint64 lowest, qint64 highest, qint64 fallback) const;
  const QList<std::pair<QString, QString>> &query() const { return m_query; }
  /// Any key under which people put credentials.
  bool hasCredential() const;

 private:
  QString m_path;
  QStringList m_segments;
  QList<std::pair<QString, QString>> m_query;
  QList<QStringList> m_lists;  ///< the entries of each value of m_query
};

}  // namespace tagwire::ws
