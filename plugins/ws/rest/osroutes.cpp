// SPDX-License-Identifier: Apache-2.0
#include "osroutes.h"

#include <QJsonArray>
#include <QJsonObject>

#include "alarmhistory.h"
#include "auth/pointaccess.h"
#include "endpointid.h"
#include "protocols/panelframes.h"
#include "websocket/endpoints.h"

namespace tagwire::ws {

namespace {

constexpr qint64 mostOnPage = 10000;
constexpr qint64 usualOnPage = 1000;

/// ?limit=&offset=
struct PageRange {
  qint64 limit = usualOnPage;
  qint64 offset = 0;

  static Result<PageRange> fromQuery(const Target &target) {
    const auto limit = target.wholeNumber("limit", 1, mostOnPage, usualOnPage);
    if (!limit) return failure(limit.error());
    const auto offset = target.wholeNumber("offset", 0, 1'000'000'000, 0);
    if (!offset) return failure(offset.error());
    return PageRange{*limit, *offset};
  }
  bool holds(qint64 index) const { return index >= offset && index < offset + limit; }
};

Response countedResponse(const QByteArray &json, qint64 total) {
  return {200, "application/json", json, {{"X-Total-Count", QByteArray::number(total)}}};
}

}  // namespace

OsRoutes::OsRoutes(Router &router, GatewayState &state, std::function<Endpoints *()> endpoints)
    : m_state(state), m_endpoints(std::move(endpoints)) {
  router.add({"GET",
              "/api/os/telemetry/latest",
              "newest values of points (R5-13)",
              Served::Rest,
              right::readPoints,
              [this](const Call &call) { latest(call); },
              {{"endpointId", "string", "numbers of points, \"59,60\" or several times; absent: all"},
               {"endpointIds", "string", "the same"},
               {"limit", "integer", "at most so many, 1 to 10000; 1000 if absent"},
               {"offset", "integer", "leaves out so many of the first"}},
              nullptr,
              false,
              {right::readPositions}});
  router.add({"GET",
              "/api/os/alarms",
              "alarms (R5-13)",
              Served::Rest,
              right::readAlarms,
              [this](const Call &call) { alarms(call); },
              {{"status", "string", "active, cleared_unacked or cleared_acked; absent: all"},
               {"limit", "integer", "at most so many, 1 to 10000; 1000 if absent"},
               {"offset", "integer", "leaves out so many of the first"}}});
  // Which of the rights is due depends on the channels: the stream's own check asks.
  Route stream{"GET",
               "/api/os/events",
               "Server-Sent Events (R5-13)",
               Served::Rest,
               right::readPoints,
               [this](const Call &call) { events(call); },
               {{"channels", "string", "of telemetry, alarms, commands; absent: all that the caller may have"},
                {"endpointIds", "string", "numbers of points, \"59,60\", for channel telemetry"}}};
  stream.isStream = true;
  stream.orRights = {right::readPositions, right::readAlarms, right::readCommands};
  stream.headers = {{"Last-Event-ID", "string", "`id` of the newest event that came: goes on behind it"}};
  router.add(stream);
}

void OsRoutes::events(const Call &call) const {
  const auto refusal = m_endpoints()->openEvents(call);
  if (refusal) call.answer(errorResponse(*refusal, m_state.context.clock().now()));
}

void OsRoutes::latest(const Call &call) const {
  const QStringList numbers = call.target.words("endpointId") + call.target.words("endpointIds");
  if (!numbers.isEmpty()) return latestOf(call, numbers);
  if (call.target.value("endpointId") || call.target.value("endpointIds")) {
    const QString text = QStringLiteral("endpointId is empty (allowed: numbers of points, as in \"59,60\")");
    return call.answer(errorResponse(400, text, m_state.context.clock().now()));
  }
  const auto page = PageRange::fromQuery(call.target);
  if (!page) return call.answer(errorResponse(400, page.error(), m_state.context.clock().now()));
  const PointTable &points = m_state.context.points();
  const Permissions &permissions = call.caller->permissions;
  const bool readsAll = mayReadAllPoints(permissions);
  qint64 total = 0;
  QByteArrayList texts;
  for (quint32 id = 1; id <= points.count(); ++id) {
    const auto point = points.point(PointId{id});
    if (!point || point->isRemoved || (!readsAll && !mayRead(permissions, *point))) continue;
    if (page->holds(total++)) texts << telemetryText(points.last(point->id), points);
  }
  call.answer(countedResponse('[' + texts.join(',') + ']', total));
}

void OsRoutes::latestOf(const Call &call, const QStringList &numbers) const {
  const PointTable &points = m_state.context.points();
  const Time now = m_state.context.clock().now();
  const auto wanted = numbersFromTexts(numbers);
  if (!wanted) return call.answer(errorResponse(400, wanted.error(), now));
  const auto endpoints = EndpointIds::find(points, *call.caller, *wanted);
  if (!endpoints.unknown.isEmpty()) {
    const int status = mayReadAllPoints(call.caller->permissions) ? 404 : 403;
    return call.answer(errorResponse(status, endpoints.complaint(*call.caller), now));
  }
  QByteArrayList texts;
  for (const PointId point : endpoints.points) texts << telemetryText(points.last(point), points);
  call.answer(countedResponse('[' + texts.join(',') + ']', texts.size()));
}

void OsRoutes::alarms(const Call &call) const {
  const Time now = m_state.context.clock().now();
  const auto page = PageRange::fromQuery(call.target);
  if (!page) return call.answer(errorResponse(400, page.error(), now));
  const QString status = call.target.value("status").value_or(QString());
  if (!status.isEmpty() && !OsAlarm::statuses().contains(status)) {
    const QString allowed = OsAlarm::statuses().join(QStringLiteral(", "));
    return call.answer(errorResponse(400, QStringLiteral("status is wrong (allowed: %1)").arg(allowed), now));
  }
  const auto took = [this, page = *page, status, answer = call.answer,
                     caller = call.caller](const DeskAnswers<QList<AlarmStatus>> &answers) {
    if (const auto refusal = answers.refusal()) {
      return answer(errorResponse(*refusal, m_state.context.clock().now()));
    }
    QList<OsAlarm> alarms;
    for (const auto &desk : answers.entries) alarms += OsAlarm::standing(desk.answer, *caller);
    const auto tell = [page, status, answer](const QList<OsAlarm> &all) {
      qint64 total = 0;
      QJsonArray list;
      for (const OsAlarm &alarm : all) {
        if (!status.isEmpty() && status != alarm.status) continue;
        if (page.holds(total++)) list.append(alarm.json());
      }
      answer(countedResponse(QJsonDocument(list).toJson(QJsonDocument::Compact), total));
    };
    if (!status.isEmpty() && status != u"cleared_acked") return tell(alarms);
    clearedAlarms(answer, caller, [alarms, tell](const QList<OsAlarm> &cleared) { tell(alarms + cleared); });
  };
  askStanding(m_state.context, took);
}

void OsRoutes::clearedAlarms(const Answer &answer, const CallerPointer &caller,
                             const std::function<void(const QList<OsAlarm> &)> &taker) const {
  AlarmHistoryQuery query;
  query.from = m_state.context.clock().now() - std::chrono::hours(24);
  query.limit = mostOnPage;
  query.newestFirst = true;
  askHistory(m_state.context, query, {},
             [this, answer, caller, taker](const tl::expected<AlarmHistoryPage, Refusal> &page) {
               if (!page) return answer(errorResponse(page.error(), m_state.context.clock().now()));
               taker(OsAlarm::cleared(page->events, *caller));
             });
}

}  // namespace tagwire::ws
