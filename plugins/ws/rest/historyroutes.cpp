// SPDX-License-Identifier: Apache-2.0
#include "rest/historyroutes.h"

#include "alarmhistory.h"
#include "auth/eventaccess.h"
#include "auth/historyaccess.h"
#include "protocols/wirejson.h"
#include "rest/historytable.h"
#include "rest/historytext.h"

namespace tagwire::ws {

namespace {

constexpr qint64 mostPointsListed = 10'000;
constexpr qint64 usualPointsListed = 1000;

const QueryParameter pointParameter{"point", "string[]",
                                    "full name, or number; up to 100 points and tags together. One that the caller may "
                                    "not read is 403; one that is not stored, or hidden, stands in `unknown`"};
const QueryParameter tagParameter{"tag", "string[]",
                                  "RTLS tags: the track of each; needs positions:read of it as well"};
const QueryParameter fromParameter{"from", "string", "ISO 8601; an hour before `to` if absent"};
const QueryParameter toParameter{"to", "string", "before this; now if absent"};
const QueryParameter formatParameter{"format", "string", "json or csv; without it what Accept says"};

Response historyCsvResponse(const QByteArray &csv, const QString &next) {
  Response response{200, "text/csv; charset=utf-8", csv};
  response.fields = {{"Content-Disposition", "attachment; filename=\"history.csv\""}};
  // As part of a header it must be harmless, whatever the history calls its pages.
  if (!next.isEmpty()) response.fields.append({"X-Next", next.toUtf8().toPercentEncoding("+/=:,")});
  return response;
}

}  // namespace

HistoryRoutes::HistoryRoutes(Router &router, GatewayState &state, HistoryDeskPointer desk)
    : m_state(state), m_desk(std::move(desk)) {
  addRoutes(router);
}

void HistoryRoutes::addRoutes(Router &router) {
  const QList<const char *> jsonOrCsv{"application/json", "text/csv"};
  Route values{"GET",
               "/api/v1/history",
               "stored values of points, or their trend",
               Served::Rest,
               right::readHistory,
               [this](const Call &call) { history(call); },
               {pointParameter,
                tagParameter,
                fromParameter,
                toParameter,
                {"limit", "integer", "at most so many values of all points together, 1 to 10000; 1000 if absent"},
                {"order", "string", "asc (default): the oldest first, desc: the newest"},
                {"after", "string", "`next` of the page before, with the other parameters as they were"},
                {"before", "boolean", "true: the last value before `from` as well"},
                {"interval", "string", "a trend: one bucket for each 500ms, 10s, 1min, 1h, 1d …"},
                {"buckets", "integer", "a trend of at most so many buckets, 1 to 10000, of the next rounder length"},
                {"aggregate", "string", "of a bucket: avg, min, max, last, count, several by comma; all if absent"},
                formatParameter,
                instanceParameter}};
  values.contentTypes = jsonOrCsv;
  router.add(values);
  router.add({"GET",
              "/api/v1/history/last",
              "the last stored value of points before a time",
              Served::Rest,
              right::readHistory,
              [this](const Call &call) { last(call); },
              {pointParameter, tagParameter, {"at", "string", "ISO 8601; now if absent"}, instanceParameter}});
  router.add({"GET",
              "/api/v1/history/points",
              "points that something is stored of, by name",
              Served::Rest,
              right::readHistory,
              [this](const Call &call) { points(call); },
              {{"after", "string", "`next` of the page before"},
               {"limit", "integer", "at most so many, 1 to 10000; 1000 if absent"},
               instanceParameter}});
  Route stored{
      "GET",
      "/api/v1/history/events",
      "stored events, each for those who may see it; a page may hold fewer than there were",
      Served::Rest,
      right::readHistory,
      [this](const Call &call) { events(call); },
      {{"kind", "string[]", "alarm, alarm_condition, trigger, command, system or a plugin's own; all if absent"},
       {"source", "string[]", "instances that raised them; all if absent"},
       fromParameter,
       toParameter,
       {"limit", "integer", "at most so many, 1 to 10000; 1000 if absent"},
       {"order", "string", "asc (default): the oldest first, desc: the newest"},
       {"after", "string", "`next` of the page before, with the other parameters as they were"},
       formatParameter,
       instanceParameter}};
  stored.contentTypes = jsonOrCsv;
  router.add(stored);
}

void HistoryRoutes::refuse(const Answer &answer, const Refusal &refusal) const {
  answer(errorResponse(refusal, m_state.context.clock().now()));
}

/// Null: it was refused.
HistoryRoutes::WishPointer HistoryRoutes::wishFrom(const Call &call, bool hasNames) const {
  const auto isCsv = wantsCsv(call);
  if (!isCsv) {
    refuse(call.answer, {400, isCsv.error(), {}});
    return nullptr;
  }
  auto wish = std::make_shared<Wish>(Wish{call.answer, call.caller, historyAt(call.target), *isCsv});
  if (!hasNames) return wish;
  const auto names = HistoryNames::fromCall(call, m_state.context.points());
  if (!names) {
    refuse(call.answer, names.error());
    return nullptr;
  }
  wish->names = *names;
  return wish;
}

/// Goes on with `ask` when the names are those that may be asked for.
void HistoryRoutes::withNames(const WishPointer &wish, const std::function<void()> &ask) const {
  hidePositions(*m_desk, wish->instance, wish->caller, wish->names,
                [this, wish, ask](const tl::expected<HistoryNames, Refusal> &names) {
                  if (!names) return refuse(wish->answer, names.error());
                  wish->names = *names;
                  ask();
                });
}

void HistoryRoutes::history(const Call &call) const {
  const auto bad = [&](const QString &error) { refuse(call.answer, {400, error, {}}); };
  const Time now = m_state.context.clock().now();
  const auto aggregates = aggregatesFrom(call.target);
  if (!aggregates) return bad(aggregates.error());
  const auto query = valuesQuery(call.target, now);
  if (!query) return bad(query.error());
  const WishPointer wish = wishFrom(call, true);
  if (!wish) return;
  const auto trend = trendQuery(call.target, now, wish->names.size());
  if (!trend) return bad(trend.error());
  if (*trend && !wish->names.tags.isEmpty()) return bad(QStringLiteral("a tag has no trend (allowed: points only)"));
  withNames(wish, [this, wish, query = *query, trend = *trend, aggregates = *aggregates] {
    trend ? askTrend(wish, *trend, aggregates) : askValues(wish, query);
  });
}

void HistoryRoutes::askValues(const WishPointer &wish, HistoryQuery query) const {
  const auto tell = [this, wish](const tl::expected<HistoryPage, Refusal> &got) {
    if (!got) return refuse(wish->answer, got.error());
    HistoryPage page = *got;
    hideFrom(page, wish->names, wish->caller->permissions);
    if (wish->isCsv) return wish->answer(historyCsvResponse(valuesCsvHead() + valuesCsv(page), page.next));
    wish->answer({200, "application/json", valuesJson(page)});
  };
  if (wish->names.isEmpty()) return tell(HistoryPage());
  query.points = wish->names.points;
  query.tags = wish->names.tags;
  m_desk->ask(wish->instance, &HistoryReader::values, tell, query);
}

void HistoryRoutes::askTrend(const WishPointer &wish, HistoryTrendQuery query,
                             const QList<Aggregate> &aggregates) const {
  const auto tell = [this, wish, aggregates](const tl::expected<HistoryPage, Refusal> &got) {
    if (!got) return refuse(wish->answer, got.error());
    HistoryPage page = *got;
    hideFrom(page, wish->names, wish->caller->permissions);
    if (wish->isCsv) return wish->answer(historyCsvResponse(trendCsvHead(aggregates) + trendCsv(page, aggregates), {}));
    wish->answer({200, "application/json", trendJson(page, aggregates)});
  };
  if (wish->names.isEmpty()) return tell(HistoryPage());
  query.points = wish->names.points;
  m_desk->ask(wish->instance, &HistoryReader::trend, tell, query);
}

void HistoryRoutes::last(const Call &call) const {
  Time at = m_state.context.clock().now();
  if (const auto text = call.target.value("at")) {
    const auto time = historyTime(*text, "at");
    if (!time) return refuse(call.answer, {400, time.error(), {}});
    at = *time;
  }
  const WishPointer wish = wishFrom(call, true);
  if (!wish) return;
  withNames(wish, [this, wish, at] {
    const auto tell = [this, wish](const tl::expected<HistoryPage, Refusal> &got) {
      if (!got) return refuse(wish->answer, got.error());
      HistoryPage page = *got;
      hideFrom(page, wish->names, wish->caller->permissions);
      wish->answer({200, "application/json", lastJson(page)});
    };
    if (wish->names.isEmpty()) return tell(HistoryPage());
    m_desk->ask(wish->instance, &HistoryReader::lastBefore, tell, wish->names.points, wish->names.tags, at);
  });
}

void HistoryRoutes::points(const Call &call) const {
  const auto limit = call.target.wholeNumber("limit", 1, mostPointsListed, usualPointsListed);
  if (!limit) return refuse(call.answer, {400, limit.error(), {}});
  const WishPointer wish = wishFrom(call, false);
  if (!wish) return;
  listOn(std::make_shared<Listing>(
      Listing{wish, static_cast<qsizetype>(*limit), call.target.value("after").value_or(QString())}));
}

/// Where a page ends tells nothing of the points between those that the caller may read.
void HistoryRoutes::listOn(const std::shared_ptr<Listing> &listing) const {
  const Permissions &permissions = listing->wish->caller->permissions;
  const qint64 most = mayReadAllHistory(permissions) ? listing->limit + 1 : mostPointsListed;
  const int asked = static_cast<int>(std::min(most, mostPointsListed));
  m_desk->ask(
      listing->wish->instance, &HistoryReader::storedPoints,
      [this, listing, asked](const tl::expected<QList<HistoryPoint>, Refusal> &points) {
        const Wish &wish = *listing->wish;
        if (!points) return refuse(wish.answer, points.error());
        for (const HistoryPoint &each : *points) {
          if (mayReadHistory(wish.caller->permissions, each)) listing->found << each;
        }
        const bool isFull = listing->found.size() > listing->limit;
        if (points->size() >= asked && !isFull) {
          listing->after = points->last().name;
          return listOn(listing);
        }
        if (isFull) listing->found.resize(listing->limit);
        wish.answer(
            {200, "application/json", pointsJson(listing->found, isFull ? listing->found.last().name : QString())});
      },
      listing->after, asked);
}

void HistoryRoutes::events(const Call &call) const {
  const auto query = eventsQuery(call.target, m_state.context.clock().now());
  if (!query) return refuse(call.answer, {400, query.error(), {}});
  for (const QString &kind : query->kinds) {
    if (EventAccess::allowSome(call.caller->permissions, kind)) continue;
    return refuse(call.answer, {403, QStringLiteral("not permitted: events of kind \"%1\"").arg(excerpt(kind)), {}});
  }
  const WishPointer wish = wishFrom(call, false);
  if (!wish) return;
  m_desk->ask(
      wish->instance, &HistoryReader::events,
      [this, wish](const tl::expected<HistoryEventPage, Refusal> &got) {
        if (!got) return refuse(wish->answer, got.error());
        HistoryEventPage page = *got;
        page.events.removeIf(
            [&](const HistoryEvent &each) { return !mayReadHistory(wish->caller->permissions, each); });
        if (wish->isCsv) return wish->answer(historyCsvResponse(eventsCsvHead() + eventsCsv(page), page.next));
        wish->answer({200, "application/json", eventsJson(page)});
      },
      *query);
}

}  // namespace tagwire::ws
