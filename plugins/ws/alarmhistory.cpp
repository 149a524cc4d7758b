// SPDX-License-Identifier: Apache-2.0
#include "alarmhistory.h"

namespace tagwire::ws {

namespace {

using Answers = DeskAnswers<QList<Event>>;

/// Merges pages that are in order each by itself: the records of one desk never change places.
AlarmHistoryPage merge(const Answers &answers, const AlarmHistoryQuery &query, const AlarmCursor &cursor) {
  AlarmHistoryPage page;
  for (const auto &each : answers.entries) page.next.moveTo(each.instance, cursor.after(each.instance));
  QList<qsizetype> at(answers.entries.size(), 0);
  while (page.events.size() < query.limit) {
    qsizetype best = -1;
    for (qsizetype i = 0; i < at.size(); ++i) {
      const QList<Event> &events = answers.entries[i].answer;
      if (at[i] >= events.size()) continue;
      if (best < 0) {
        best = i;
        continue;
      }
      const Time time = events[at[i]].time;
      const Time first = answers.entries[best].answer[at[best]].time;
      if (query.newestFirst ? time > first : time < first) best = i;
    }
    if (best < 0) break;
    const Event &event = answers.entries[best].answer[at[best]++];
    page.events.append(event);
    page.next.moveTo(answers.entries[best].instance, event.sequence);
  }
  for (qsizetype i = 0; i < at.size(); ++i) {
    const qsizetype came = answers.entries[i].answer.size();
    if (at[i] < came || came >= query.limit) page.isLast = false;
  }
  return page;
}

}  // namespace

Result<AlarmCursor> AlarmCursor::fromText(const QString &text) {
  const auto wrong = failure(QStringLiteral("after is wrong (allowed: `next` of the page before)"));
  AlarmCursor cursor;
  for (const QString &each : text.split(u',')) {
    const qsizetype colon = each.lastIndexOf(u':');
    bool isNumber = false;
    const qulonglong number = each.mid(colon + 1).toULongLong(&isNumber);
    if (!isNumber || colon == 0 || number > (1ULL << 53)) return wrong;
    if (colon < 0) {
      cursor.m_ofAny = number;
    } else {
      cursor.m_after.insert(each.left(colon), number);
    }
  }
  return cursor;
}

QString AlarmCursor::text() const {
  if (m_after.isEmpty()) return QString::number(m_ofAny);
  if (m_after.size() == 1) return QString::number(m_after.first());
  QStringList texts;
  for (auto each = m_after.begin(); each != m_after.end(); ++each) {
    texts << each.key() + u':' + QString::number(each.value());
  }
  return texts.join(u',');
}

void askHistory(PluginContext &context, const AlarmHistoryQuery &query, const AlarmCursor &cursor,
                std::function<void(const tl::expected<AlarmHistoryPage, Refusal> &)> taker) {
  gather<QList<Event>>(
      context,
      [&](const QString &instance, const std::function<void(const Answered<QList<Event>> &)> &took) {
        AlarmHistoryQuery own = query;
        own.after = cursor.after(instance);
        context.requestFrom(instance, &AlarmDesk::history, took, own);
      },
      [taker = std::move(taker), query, cursor](const Answers &answers) {
        if (const auto refusal = answers.refusal()) return taker(tl::unexpected(*refusal));
        taker(merge(answers, query, cursor));
      });
}

Result<Time> historyTime(const QString &text, const char *key) {
  const auto time = fromIso(QString(text).replace(u' ', u'+'));
  if (time) return *time;
  return failure(QStringLiteral("%1 is wrong (allowed: a time such as 2026-01-31T22:00:00Z)").arg(QLatin1String(key)));
}

}  // namespace tagwire::ws
