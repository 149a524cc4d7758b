// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QStringList>

namespace tagwire::sql {

/// Tells by its full name whether a point is wanted. `*` stands for one level, `#` at the end for all the rest
/// (patterns of R6-2). Reentrant.
class TopicFilter {
 public:
  /// No patterns: everything is wanted.
  explicit TopicFilter(const QStringList &patterns);

  bool accepts(const QString &fullName) const;

  /// What is wrong with a pattern; empty when nothing is.
  static QString problemWith(const QString &pattern);

 private:
  QList<QStringList> m_patterns;
};

}  // namespace tagwire::sql
