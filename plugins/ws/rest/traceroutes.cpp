// SPDX-License-Identifier: Apache-2.0
#include "traceroutes.h"

#include <QJsonArray>
#include <QJsonObject>

#include "auth/pointaccess.h"
#include "rest/accessresponse.h"

namespace tagwire::ws {

namespace {

constexpr const char *tracePath = "/api/v1/trace";
constexpr const char *traceSchema =
    R"({"type":"object","required":["point"],"additionalProperties":false,"properties":{)"
    R"("point":{"type":"string","maxLength":500},"seconds":{"type":"integer","minimum":1,"maximum":60}}})";
constexpr int usualSeconds = 10;
constexpr int traceDigits = 6;

Result<std::chrono::seconds> secondsIn(const QJsonObject &body) {
  const QJsonValue value = body.value(QLatin1String("seconds"));
  if (value.isUndefined()) return std::chrono::seconds(usualSeconds);
  const int seconds = value.toInt();
  if (value.isDouble() && seconds >= 1 && seconds <= PointTrace::longest.count()) return std::chrono::seconds(seconds);
  return failure(
      QStringLiteral("seconds is wrong (allowed: a whole number of 1 to %1)").arg(PointTrace::longest.count()));
}

QJsonObject hopJson(const PointTrace::Hop &hop, Time sourceTime) {
  const auto after = std::chrono::duration_cast<std::chrono::microseconds>(hop.time - sourceTime);
  QJsonObject json{{QStringLiteral("hop"), QLatin1String(hop.hop)},
                   {QStringLiteral("time"), toIso(hop.time, traceDigits)},
                   {QStringLiteral("after_us"), static_cast<double>(after.count())}};
  if (!hop.instance.isEmpty()) json.insert(QStringLiteral("instance"), hop.instance);
  if (!hop.detail.isEmpty()) json.insert(QStringLiteral("detail"), hop.detail);
  return json;
}

QJsonObject rowJson(const PointTrace::Row &row) {
  QJsonArray hops;
  for (const PointTrace::Hop &hop : row.hops) hops.append(hopJson(hop, row.sample.time));
  return {{QStringLiteral("source_time"), toIso(row.sample.time, traceDigits)},
          {QStringLiteral("value"), toJson(row.sample.value)},
          {QStringLiteral("quality"), toText(row.sample.quality)},
          {QStringLiteral("hops"), hops},
          {QStringLiteral("omitted"), row.omitted}};
}

}  // namespace

TraceRoutes::TraceRoutes(Router &router, GatewayState &state) : m_state(state) {
  router.addWhole({"POST",
                   tracePath,
                   "follows the next values of one point for a while",
                   Served::Rest,
                   right::readStatistics,
                   [this](const Call &call) { begin(call); },
                   {},
                   traceSchema});
  router.addWhole({"GET", tracePath, "where the followed values were, and when", Served::Rest, right::readStatistics,
                   [this](const Call &call) { report(call); }});
  router.addWhole({"DELETE", tracePath, "follows no more values", Served::Rest, right::readStatistics,
                   [this](const Call &call) { end(call); }});
}

void TraceRoutes::begin(const Call &call) const {
  const Time now = m_state.context.clock().now();
  const auto body = readBody(call.request.body, {QStringLiteral("point"), QStringLiteral("seconds")});
  if (!body) return call.answer(errorResponse(400, body.error(), now));
  const auto name = readText(*body, "point", 500);
  if (!name) return call.answer(errorResponse(400, name.error(), now));
  const auto seconds = secondsIn(*body);
  if (!seconds) return call.answer(errorResponse(400, seconds.error(), now));
  const PointTable &points = m_state.context.points();
  const auto point = points.point(points.find(*name));
  const Permissions &permissions = call.caller->permissions;
  if (!point || !mayRead(permissions, *point)) {
    const QString orNot = mayReadAllPoints(permissions) ? QString() : QStringLiteral(", or not permitted");
    return call.answer(errorResponse(404, QStringLiteral("there is no point \"%1\"%2").arg(*name, orNot), now));
  }
  PointTrace &trace = m_state.context.trace();
  if (!trace.begin(point->id, *seconds)) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(trace.report().until - now).count();
    const Refusal busy{409, QStringLiteral("another point is being traced, for %1 s more").arg(left), {}};
    return call.answer(errorResponse(busy, now));
  }
  call.answer(Response::json(202, QJsonDocument(QJsonObject{{QStringLiteral("point"), point->fullName},
                                                            {QStringLiteral("until"), toIso(trace.report().until)}})));
}

void TraceRoutes::report(const Call &call) const {
  const PointTrace::Report report = m_state.context.trace().report();
  const auto point = m_state.context.points().point(report.point);
  QJsonObject json{{QStringLiteral("is_on"), report.isOn}};
  if (point && mayRead(call.caller->permissions, *point)) {
    QJsonArray rows;
    for (const PointTrace::Row &row : report.rows) rows.append(rowJson(row));
    json.insert(QStringLiteral("point"), point->fullName);
    json.insert(QStringLiteral("unit"), point->unit);
    json.insert(QStringLiteral("until"), toIso(report.until));
    json.insert(QStringLiteral("rows"), rows);
  }
  call.answer(Response::json(200, QJsonDocument(json)));
}

void TraceRoutes::end(const Call &call) const {
  m_state.context.trace().end();
  call.answer({204, {}, {}, {}});
}

}  // namespace tagwire::ws
