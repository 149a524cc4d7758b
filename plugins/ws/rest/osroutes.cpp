// SPDX-License-Identifier: Apache-2.0
#include "osroutes.h"

#include <QJsonArray>
#include <QJsonObject>

#include "alarmdesks.h"
#include "auth/pointaccess.h"
#include "endpointid.h"
#include "protocols/panelframes.h"
#include "websocket/endpoints.h"

namespace tagwire::ws {

namespace {

constexpr qint64 mostPerPage = 10000;
constexpr qint64 usualPage = 1000;

/// ?limit=&offset=
struct Page {
  qint64 limit = usualPage;
  qint64 offset = 0;

  static Result<Page> fromQuery(const Target &target) {
    const auto limit = target.wholeNumber("limit", 1, mostPerPage, usualPage);
    if (!limit) return failure(limit.error());
    const auto offset = target.wholeNumber("offset", 0, 1'000'000'000, 0);
    if (!offset) return failure(offset.error());
    return Page{*limit, *offset};
  }
  bool holds(qint64 index) const { return index >= offset && index < offset + limit; }
};

Response pageResponse(const QByteArray &json, qint64 total) {
  return {200, "application/json", json, {{"X-Total-Count", QByteArray::number(total)}}};
}

QJsonObject toJson(const AlarmStatus &alarm) {
  const AlarmTransition &transition = alarm.transition;
  return {{QStringLiteral("alarmId"), transition.alarmId},
          {QStringLiteral("ruleId"), transition.ruleId},
          {QStringLiteral("ruleName"), transition.ruleName},
          {QStringLiteral("severity"), toText(transition.severity)},
          {QStringLiteral("message"), transition.message},
          {QStringLiteral("status"), QStringLiteral("active")},
          {QStringLiteral("state"), toText(transition.state)},
          {QStringLiteral("area"), transition.area},
          {QStringLiteral("endpointId"), transition.pointNumber},
          {QStringLiteral("value"), toJson(Value(transition.value))},
          {QStringLiteral("timestamp"), toIso(alarm.since)}};
}

QStringList alarmStatuses() {
  return {QStringLiteral("active"), QStringLiteral("cleared_unacked"), QStringLiteral("cleared_acked")};
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
  const QStringList numbers = call.target.values("endpointId") + call.target.values("endpointIds");
  if (!numbers.isEmpty()) return latestOf(call, numbers);
  if (call.target.value("endpointId") || call.target.value("endpointIds")) {
    const QString text = QStringLiteral("endpointId is empty (allowed: numbers of points, as in \"59,60\")");
    return call.answer(errorResponse(400, text, m_state.context.clock().now()));
  }
  const auto page = Page::fromQuery(call.target);
  if (!page) return call.answer(errorResponse(400, page.error(), m_state.context.clock().now()));
  const PointTable &points = m_state.context.points();
  const Permissions &permissions = call.caller->permissions;
  const bool readsAll = mayReadAllPoints(permissions);
  qint64 total = 0;
  QByteArrayList texts;
  for (quint32 id = 1; id <= points.count(); ++id) {
    const auto point = points.point(PointId{id});
    if (!point || (!readsAll && !mayRead(permissions, *point))) continue;
    if (page->holds(total++)) texts << telemetryText(points.last(point->id), points);
  }
  call.answer(pageResponse('[' + texts.join(',') + ']', total));
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
  call.answer(pageResponse('[' + texts.join(',') + ']', texts.size()));
}

void OsRoutes::alarms(const Call &call) const {
  const Time now = m_state.context.clock().now();
  const auto page = Page::fromQuery(call.target);
  if (!page) return call.answer(errorResponse(400, page.error(), now));
  const QString status = call.target.value("status").value_or(QString());
  if (!status.isEmpty() && !alarmStatuses().contains(status)) {
    const QString allowed = alarmStatuses().join(QStringLiteral(", "));
    return call.answer(errorResponse(400, QStringLiteral("status is wrong (allowed: %1)").arg(allowed), now));
  }
  askAlarms(m_state.context, [page = *page, status, answer = call.answer, caller = call.caller,
                              now](const Result<QList<AlarmStatus>> &active) {
    if (!active) return answer(errorResponse(404, active.error(), now));
    qint64 total = 0;
    QJsonArray list;
    for (const AlarmStatus &alarm : *active) {
      if (!caller->may(right::readAlarms, alarm.transition.area)) continue;
      // An alarm that is over is not kept: nobody can acknowledge one yet.
      if (!status.isEmpty() && status != u"active") continue;
      if (page.holds(total++)) list.append(toJson(alarm));
    }
    answer(pageResponse(QJsonDocument(list).toJson(QJsonDocument::Compact), total));
  });
}

}  // namespace tagwire::ws
