// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSet>
#include <QTimeZone>

#include <optional>
#include <utility>

#include "event.h"
#include "result.h"

namespace tagwire::ws {

/// Which trigger events somebody wants (R1-34, R1-35); nothing given is everything. Plain value.
struct TriggerFilter {
  QSet<QString> tags;
  QSet<int> triggers;
  std::optional<Time> since;

  /// From `tag_id` and `trigger_id`, which may stand several times, and `since`, which is in `zone` when it has no
  /// offset. Errors name the key and what is allowed.
  static Result<TriggerFilter> fromQuery(const QList<std::pair<QString, QString>> &query, const QTimeZone &zone);

  bool admits(const TriggerEvent &event, Time time) const;
};

/// A `since` of a query; a plus sign that came as a blank is mended.
Result<Time> sinceFromText(const QString &text, const QTimeZone &zone);

}  // namespace tagwire::ws
