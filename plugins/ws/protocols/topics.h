// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonValue>
#include <QList>
#include <QString>
#include <QStringList>

#include "result.h"

namespace tagwire::ws {

/// A path with wildcards: `*` stands for one level, `#` at the end for all that follow, none included. Plain value.
class PathPattern {
 public:
  /// Errors: too long, an empty level, a wildcard that does not stand alone, `#` before the end.
  static Result<PathPattern> fromText(const QString &text);

  bool matches(QStringView path) const;
  const QString &text() const { return m_text; }
  /// Whether some path below `level` could match.
  bool mayBeginWith(QStringView level) const;

 private:
  QString m_text;
  QStringList m_levels;  ///< without the closing #
  bool m_takesRest = false;
};

/// The topics of one subscription of `live` (R6-2): points/<full name>, tags/<tag id>, alarms/<area>/<rule id>
/// (alarms/<rule id> for a rule without an area) and events/<kind>. Plain value.
class TopicSet {
 public:
  static constexpr int mostTopics = 64;

  /// Errors name the topic and what is allowed.
  static Result<TopicSet> fromJson(const QJsonValue &topics);

  bool matches(const QString &topic) const;
  /// `kind`: "points", "tags", "alarms", "events".
  bool wantsAny(QLatin1String kind) const;
  /// The same for sets of the same topics in any order.
  QString key() const;

 private:
  QList<PathPattern> m_patterns;
};

}  // namespace tagwire::ws
