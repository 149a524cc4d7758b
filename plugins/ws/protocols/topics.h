// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonValue>
#include <QList>
#include <QString>

#include "access/pathpattern.h"

namespace tagwire::ws {

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
