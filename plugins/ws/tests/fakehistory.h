// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plugin.h"
#include "testing/quiethistory.h"

namespace tagwire::ws {

/// A history that answers what the test says, and remembers what it was asked. Pages of values are cut as the real one
/// cuts them.
class FakeHistory : public Plugin, public QuietHistory {
 public:
  void start() override {}
  void stop() override {}

  void values(Reply<HistoryPage> reply, HistoryQuery query) override {
    queries << query;
    if (isHolding) {
      held << reply;
      return;
    }
    if (!error.isEmpty() && queries.size() > failsAfter) return reply(failure(error));
    reply(pageOf(query));
  }
  void trend(Reply<HistoryPage> reply, HistoryTrendQuery query) override {
    trends << query;
    if (!error.isEmpty()) return reply(failure(error));
    HistoryPage page = pageOf({query.points, {}, query.from, query.to, 0, false, query.withBefore, {}});
    page.interval = query.interval.value_or(std::chrono::minutes(1));
    page.next.clear();
    for (HistorySeries &each : page.series) each.buckets = buckets;
    reply(page);
  }
  void lastBefore(Reply<HistoryPage> reply, QStringList points, QStringList tags, Time time) override {
    asked << time;
    if (!error.isEmpty()) return reply(failure(error));
    HistoryPage page;
    for (const HistorySeries &each : series) {
      if (!points.contains(each.point.name) && !tags.contains(each.point.tag)) continue;
      HistorySeries last{each.point};
      for (const HistoryValue &value : each.values) {
        if (value.time < time) last.before = value;
      }
      page.series << last;
    }
    reply(page);
  }
  void events(Reply<HistoryEventPage> reply, HistoryEventQuery query) override {
    eventQueries << query;
    if (!error.isEmpty()) return reply(failure(error));
    HistoryEventPage page;
    const int from = query.after.toInt();
    page.events = eventList.mid(from, query.limit);
    if (from + query.limit < eventList.size()) page.next = QString::number(from + query.limit);
    reply(page);
  }
  void storedPoints(Reply<QList<HistoryPoint>> reply, QString after, int limit) override {
    if (limit > 10'000) return reply(failure(QStringLiteral("limit is too large (allowed: 1 to 10000)")));
    if (!error.isEmpty()) return reply(failure(error));
    QList<HistoryPoint> points;
    for (const HistorySeries &each : series) {
      if (each.point.name > after && points.size() < limit) points << each.point;
    }
    reply(points);
  }
  void quarantined(Reply<QuarantinePage> reply, qint64 after, int limit) override {
    quarantineAsked = {after, limit};
    if (!error.isEmpty()) return reply(failure(error));
    reply(quarantine);
  }
  void requeue(Reply<int> reply, QList<qint64> ids) override {
    requeued << ids;
    reply(ids.isEmpty() ? 7 : static_cast<int>(ids.size()));
  }
  void discard(Reply<int> reply, QList<qint64> ids) override {
    discarded << ids;
    reply(ids.isEmpty() ? 7 : static_cast<int>(ids.size()));
  }

  /// The values asked for, `limit` of all points together; `next` counts how many there were before.
  HistoryPage pageOf(const HistoryQuery &query) const {
    HistoryPage page;
    qsizetype skip = query.after.toInt();
    qsizetype room = query.limit;
    qsizetype given = skip;
    for (const HistorySeries &each : series) {
      const bool isWanted = query.points.contains(each.point.name) || query.tags.contains(each.point.tag);
      if (!isWanted) continue;
      HistorySeries part{each.point};
      if (query.withBefore && skip == 0) part.before = each.before;
      for (const HistoryValue &value : each.values) {
        if (value.time < query.from || value.time >= query.to) continue;
        if (skip > 0) {
          --skip;
        } else if (room > 0) {
          --room;
          ++given;
          part.values << value;
        } else {
          page.next = QString::number(given);
        }
      }
      page.series << part;
    }
    for (const QString &name : query.points) {
      const auto isIt = [&](const HistorySeries &each) { return each.point.name == name; };
      if (std::none_of(series.begin(), series.end(), isIt)) page.unknown << name;
    }
    if (query.after.isEmpty()) page.gaps = gaps;
    return page;
  }

  QList<HistorySeries> series;  ///< by name
  QList<HistoryBucket> buckets;
  QList<HistoryGap> gaps;
  QList<HistoryEvent> eventList;
  QuarantinePage quarantine;
  QString error;
  qsizetype failsAfter = 0;  ///< values() has the error after so many good answers
  bool isHolding = false;    ///< values() answers when the test does

  QList<HistoryQuery> queries;
  QList<HistoryTrendQuery> trends;
  QList<HistoryEventQuery> eventQueries;
  QList<Time> asked;
  QList<Reply<HistoryPage>> held;
  std::pair<qint64, int> quarantineAsked;
  QList<QList<qint64>> requeued;
  QList<QList<qint64>> discarded;
};

}  // namespace tagwire::ws
