// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QMap>

#include "alarmdesks.h"

namespace tagwire::ws {

/// Behind which record of each alarm desk a page of the history begins. Plain value.
class AlarmCursor {
 public:
  /// "4711", or "alarms:4711,cold:17" where there are several desks.
  static Result<AlarmCursor> fromText(const QString &text);
  QString text() const;

  quint64 after(const QString &instance) const { return m_after.value(instance, m_ofAny); }
  void moveTo(const QString &instance, quint64 sequence) { m_after.insert(instance, sequence); }

 private:
  quint64 m_ofAny = 0;
  QMap<QString, quint64> m_after;
};

/// Records of all desks together, in the order of their times.
struct AlarmHistoryPage {
  QList<Event> events;
  AlarmCursor next;
  bool isLast = true;
};

/// One page of at most `query.limit` records behind `cursor` (query.after is not looked at). `taker` is called once,
/// never from within this call.
void askHistory(PluginContext &context, const AlarmHistoryQuery &query, const AlarmCursor &cursor,
                std::function<void(const tl::expected<AlarmHistoryPage, Refusal> &)> taker);

/// A time of a query or a message: ISO 8601 with a zone, where "+" may have become a blank.
Result<Time> historyTime(const QString &text, const char *key);

}  // namespace tagwire::ws
