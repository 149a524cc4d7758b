// SPDX-License-Identifier: Apache-2.0
#include "triggerfilter.h"

#include "rtlsmessage.h"

namespace tagwire::ws {

Result<Time> sinceFromText(const QString &text, const QTimeZone &zone) {
  const auto time = timeFromText(QString(text).replace(u' ', u'+'), zone);
  if (time) return *time;
  return failure(QStringLiteral("since is wrong (allowed: an ISO 8601 time such as 2025-05-05T12:34:56.789Z)"));
}

Result<TriggerFilter> TriggerFilter::fromQuery(const QList<std::pair<QString, QString>> &query, const QTimeZone &zone) {
  TriggerFilter filter;
  for (const auto &[key, value] : query) {
    if (key == u"tag_id") filter.tags.insert(value);
    if (key == u"trigger_id") {
      bool isNumber = false;
      filter.triggers.insert(value.toInt(&isNumber));
      if (!isNumber) return failure(QStringLiteral("trigger_id is wrong (allowed: the number of a trigger)"));
    }
    if (key == u"since") {
      const auto since = sinceFromText(value, zone);
      if (!since) return failure(since.error());
      filter.since = *since;
    }
  }
  return filter;
}

bool TriggerFilter::admits(const TriggerEvent &event, Time time) const {
  return (tags.isEmpty() || tags.contains(event.tagId)) && (triggers.isEmpty() || triggers.contains(event.triggerId)) &&
         (!since || time >= *since);
}

}  // namespace tagwire::ws
