// SPDX-License-Identifier: Apache-2.0
#include "rest/alarmhistoryroutes.h"

#include <algorithm>

#include "protocols/wirejson.h"
#include "rest/alarmquery.h"
#include "rest/alarmtable.h"

namespace tagwire::ws {

namespace {

constexpr int countedPage = 10000;
constexpr std::chrono::hours usualAlarmSpan{24};
constexpr std::chrono::hours longestSpan{31 * 24};

/// ?format=, or what the client would rather have.
Result<bool> wantsAlarmCsv(const Call &call) {
  const auto format = call.target.value("format");
  if (!format) return call.request.hasToken("accept", "text/csv");
  if (*format == u"csv" || *format == u"json") return *format == u"csv";
  return failure(QStringLiteral("format \"%1\" is wrong (allowed: json, csv)").arg(excerpt(*format)));
}

Response alarmPageResponse(const AlarmHistoryPage &page) {
  JsonText json;
  json.beginObject();
  json.key("events");
  json.beginList();
  for (const Event &event : page.events) {
    json.beginObject();
    json.put("seq", event.sequence);
    putAlarmEvent(json, event);
    if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) json.put("previous", toText(alarm->previous));
    json.endObject();
  }
  json.endList();
  json.key("next");
  if (page.isLast) {
    json.null();
  } else {
    json.text(page.next.text());
  }
  json.endObject();
  return {200, "application/json", json.bytes()};
}

Response alarmCsvResponse(const AlarmHistoryPage &page) {
  Response response{200, "text/csv; charset=utf-8", alarmCsv(page.events)};
  response.fields = {{"Content-Disposition", "attachment; filename=\"alarms.csv\""}};
  if (!page.isLast) response.fields.append({"X-Next", page.next.text().toUtf8()});
  return response;
}

}  // namespace

AlarmHistoryRoutes::AlarmHistoryRoutes(Router &router, GatewayState &state) : m_state(state) {
  router.add({"GET",
              "/api/v1/alarms/history",
              "what was with the alarms, and what operators did (R3-24)",
              Served::Rest,
              right::readAlarms,
              [this](const Call &call) { history(call); },
              {{"from", "string", "ISO 8601; from the beginning if absent"},
               {"to", "string", "before this; up to now if absent"},
               {"rule", "string", "of these rules only, 77,78"},
               {"state", "string", "changes to these only: OK, WARNING, ALARM"},
               {"order", "string", "asc (default): the oldest first, desc: the newest"},
               {"limit", "integer", "at most so many, 1 to 10000; 1000 if absent"},
               {"after", "string", "`next` of the page before"},
               {"format", "string", "json or csv; without it what Accept says"}}});
  router.add({"GET",
              "/api/v1/alarms/statistics",
              "how many alarms there were and are (EEMUA 191)",
              Served::Rest,
              right::readAlarms,
              [this](const Call &call) { statistics(call); },
              {{"from", "string", "ISO 8601; a day before `to` if absent"},
               {"to", "string", "now if absent; 31 days after `from` at most"}}});
}

void AlarmHistoryRoutes::refuse(const Answer &answer, const Refusal &refusal) const {
  answer(errorResponse(refusal, m_state.context.clock().now()));
}

void AlarmHistoryRoutes::history(const Call &call) const {
  const auto query = historyQuery(call.target);
  if (!query) return refuse(call.answer, {400, query.error(), {}});
  const auto cursor = AlarmCursor::fromText(call.target.value("after").value_or(QStringLiteral("0")));
  if (!cursor) return refuse(call.answer, {400, cursor.error(), {}});
  const auto isCsv = wantsAlarmCsv(call);
  if (!isCsv) return refuse(call.answer, {400, isCsv.error(), {}});
  askHistory(m_state.context, *query, *cursor,
             [this, isCsv = *isCsv, answer = call.answer,
              caller = call.caller](const tl::expected<AlarmHistoryPage, Refusal> &got) {
               if (!got) return refuse(answer, got.error());
               AlarmHistoryPage page = *got;
               page.events.removeIf([&](const Event &event) {
                 const auto area = areaOf(event);
                 return !area || !caller->may(right::readAlarms, *area);
               });
               answer(isCsv ? alarmCsvResponse(page) : alarmPageResponse(page));
             });
}

void AlarmHistoryRoutes::statistics(const Call &call) const {
  const auto range = TimeRange::fromTarget(call.target);
  if (!range) return refuse(call.answer, {400, range.error(), {}});
  const Time to = range->to.value_or(std::max(m_state.context.clock().now(), range->from.value_or(Time())));
  const Time from = range->from.value_or(to - usualAlarmSpan);
  if (from >= to) return refuse(call.answer, {400, QStringLiteral("from must be before to"), {}});
  if (to - from > longestSpan) return refuse(call.answer, {400, QStringLiteral("at most 31 days at once"), {}});
  const auto counting =
      std::make_shared<Counting>(Counting{call.answer, call.caller, {}, {}, AlarmFigures(from, to), 0});
  counting->query.from = from;
  counting->query.to = to;
  counting->query.states = {AlarmState::Warning, AlarmState::Alarm};
  counting->query.limit = countedPage;
  askDesks(
      m_state.context, &AlarmDesk::statistics,
      [this, counting](const DeskAnswers<AlarmStatistics> &answers) {
        if (const auto refusal = answers.refusal()) return refuse(counting->answer, *refusal);
        QList<AlarmStatistics> whole;
        for (const auto &desk : answers.entries) whole << desk.answer;
        if (!counting->caller->permissions.allowAll(right::readAlarms)) return beginCounting(counting, whole);
        counting->answer(figuresResponse(mergeFigures(whole)));
      },
      from, to);
}

void AlarmHistoryRoutes::beginCounting(const std::shared_ptr<Counting> &counting,
                                       const QList<AlarmStatistics> &whole) const {
  QList<AlarmStatistics::Count> chattering;
  for (const AlarmStatistics &each : whole) chattering += each.chattering;
  chattering.removeIf([&](const auto &each) { return !counting->caller->may(right::readAlarms, each.area); });
  counting->figures.setChattering(chattering);
  askDesks(m_state.context, &AlarmDesk::standingAlarms,
           [this, counting](const DeskAnswers<QList<AlarmStatus>> &answers) {
             if (const auto refusal = answers.refusal()) return refuse(counting->answer, *refusal);
             const Time now = m_state.context.clock().now();
             for (const auto &desk : answers.entries) {
               for (const AlarmStatus &alarm : desk.answer) {
                 const bool mayRead = counting->caller->may(right::readAlarms, alarm.transition.area);
                 if (mayRead) counting->figures.count(alarm, now);
               }
             }
             countOn(counting);
           });
}

void AlarmHistoryRoutes::countOn(const std::shared_ptr<Counting> &counting) const {
  askHistory(m_state.context, counting->query, counting->cursor,
             [this, counting](const tl::expected<AlarmHistoryPage, Refusal> &page) {
               if (!page) return refuse(counting->answer, page.error());
               for (const Event &event : page->events) {
                 if (counting->caller->may(right::readAlarms, areaOf(event).value_or(QString()))) {
                   counting->figures.count(event);
                 }
               }
               counting->records += static_cast<int>(page->events.size());
               if (page->isLast) return counting->answer(figuresResponse(counting->figures.figures()));
               if (counting->records >= mostCounted) {
                 const QString text = QStringLiteral(
                     "too many alarms to count for a part of the plant (allowed: a "
                     "range with up to %1 of them)");
                 return refuse(counting->answer, {400, text.arg(mostCounted), {}});
               }
               counting->cursor = page->next;
               countOn(counting);
             });
}

}  // namespace tagwire::ws
