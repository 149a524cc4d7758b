// SPDX-License-Identifier: Apache-2.0
#include "rest.h"

#include <QJsonArray>
#include <QJsonObject>

#include <algorithm>

#include "rest/pointlist.h"
#include "services/alarmdesk.h"
#include "services/zonecatalog.h"

namespace tagwire::ws {

Rest::Rest(const WsConfig &config, PluginContext &context, CommandDesk &commands)
    : m_config(config), m_context(context), m_commands(commands) {
  m_routes.push_back({"GET", "/healthz", &Rest::health});
  add(Served::Pages, {"GET", "/", &Rest::index});
  add(Served::Metrics, {"GET", "/metrics", &Rest::metrics});
  add(Served::Rest, {"GET", "/api/v1/points", &Rest::points});
  add(Served::Rest, {"GET", "/api/v1/points/*", &Rest::point});
  add(Served::Rest, {"GET", "/api/v1/alarms", &Rest::alarms});
  add(Served::Rest, {"GET", "/api/v1/rtls/managers", &Rest::managers});
  add(Served::Rest, {"POST", "/api/os/command", &Rest::command});
  add(Served::Rest, {"GET", "/api/os/command/*", &Rest::commandHistory});
}

void Rest::add(Served part, const Route &route) {
  if (m_config.serves(part)) m_routes.push_back(route);
}

bool Rest::matches(const Route &route, const Target &target, QString &rest) {
  const QString path = QString::fromLatin1(route.path);
  if (!path.endsWith(u'*')) return target.path() == path;
  rest = target.path().mid(path.size() - 1);
  return target.path().startsWith(path.chopped(1)) && !rest.isEmpty();
}

bool Rest::has(const Target &target) const {
  QString rest;
  return std::any_of(m_routes.begin(), m_routes.end(),
                     [&](const Route &route) { return matches(route, target, rest); });
}

void Rest::handle(const Request &request, const Target &target, const QString &peer, const Answer &answer) const {
  const Time now = m_context.clock().now();
  const QByteArray method = request.method == "HEAD" ? QByteArray("GET") : request.method;
  QByteArray allowed;
  for (const Route &route : m_routes) {
    QString rest;
    if (!matches(route, target, rest)) continue;
    if (method == route.method) return (this->*route.handler)({request, target, rest, peer, answer});
    allowed += (allowed.isEmpty() ? "" : ", ") + QByteArray(route.method);
    if (qstrcmp(route.method, "GET") == 0) allowed += ", HEAD";
  }
  if (allowed.isEmpty()) return answer(errorResponse(404, QStringLiteral("nothing is served at this path"), now));
  allowed += ", OPTIONS";
  if (method == "OPTIONS") return answer({204, {}, {}, {{"Allow", allowed}}});
  answer(errorResponse({405, QStringLiteral("allowed: %1").arg(QLatin1String(allowed)), {{"Allow", allowed}}}, now));
}

/// A plain list of what is here, until the pages come.
void Rest::index(const Call &call) const {
  QString html = QStringLiteral(
                     "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Tagwire</title>\n"
                     "<h1>Tagwire %1</h1>\n<ul>\n")
                     .arg(m_context.site().name.toHtmlEscaped());
  for (const Route &route : m_routes) {
    html += QStringLiteral("<li>%1 %2</li>\n").arg(QLatin1String(route.method), QLatin1String(route.path));
  }
  for (const EndpointConfig &endpoint : *m_config.endpoints) {
    if (!m_config.serves(Served::Ws)) break;
    html += QStringLiteral("<li>WebSocket %1 (%2)</li>\n")
                .arg(endpoint.path.text().toHtmlEscaped(), QLatin1String(wordOf(endpoint.protocol)));
  }
  html += QStringLiteral("</ul>\n</html>\n");
  call.answer({200, "text/html; charset=utf-8", html.toUtf8(), {{"Content-Security-Policy", "default-src 'none'"}}});
}

void Rest::health(const Call &call) const {
  QJsonArray instances;
  auto worst = PluginState::Running;
  for (const InstanceStatus &each : m_context.instances()) {
    instances.append(QJsonObject{{QStringLiteral("id"), each.id},
                                 {QStringLiteral("type"), each.type},
                                 {QStringLiteral("state"), toText(each.state)},
                                 {QStringLiteral("text"), each.text}});
    if (each.state == PluginState::Failed) {
      worst = PluginState::Failed;
    } else if (each.state != PluginState::Running && worst == PluginState::Running) {
      worst = PluginState::Degraded;
    }
  }
  const QString status = worst == PluginState::Running ? QStringLiteral("ok") : QString(toText(worst));
  const QJsonObject json{{QStringLiteral("status"), status}, {QStringLiteral("instances"), instances}};
  call.answer(Response::json(worst == PluginState::Failed ? 503 : 200, QJsonDocument(json)));
}

void Rest::metrics(const Call &call) const {
  call.answer({200, "text/plain; version=0.0.4; charset=utf-8", QByteArray::fromStdString(m_context.metrics().text())});
}

void Rest::points(const Call &call) const {
  auto filter = PointFilter::fromQuery(call.target);
  if (!filter) return call.answer(errorResponse(400, filter.error(), m_context.clock().now()));
  const PointList list = listPoints(m_context.points(), *filter);
  call.answer({200, "application/json", list.json, {{"X-Total-Count", QByteArray::number(list.total)}}});
}

void Rest::point(const Call &call) const {
  const PointId id = m_context.points().find(call.rest);
  if (id != PointId::None) return call.answer({200, "application/json", onePoint(m_context.points(), id)});
  call.answer(errorResponse(404, QStringLiteral("there is no point \"%1\"").arg(call.rest), m_context.clock().now()));
}

void Rest::alarms(const Call &call) const {
  m_context.request(&AlarmDesk::activeAlarms,
                    [&context = m_context, answer = call.answer](Result<QList<ActiveAlarm>> active) {
                      if (!active) return answer(errorResponse(404, active.error(), context.clock().now()));
                      QJsonArray list;
                      for (const ActiveAlarm &alarm : *active) {
                        QJsonObject json = toJson(Event{0, alarm.since, {}, alarm.transition}, context.points());
                        for (const char *key : {"seq", "type", "t", "source"}) json.remove(QLatin1String(key));
                        json.insert(QStringLiteral("since"), toIso(alarm.since));
                        list.append(json);
                      }
                      answer(Response::json(200, QJsonDocument(list)));
                    });
}

void Rest::managers(const Call &call) const {
  m_context.request(&ZoneCatalog::directory,
                    [&context = m_context, answer = call.answer](Result<ZoneDirectory> directory) {
                      if (!directory) return answer(errorResponse(404, directory.error(), context.clock().now()));
                      QJsonArray list;
                      for (const RtlsManager &manager : directory->managers) {
                        list.append(QJsonObject{{QStringLiteral("x_nm_res"), manager.name},
                                                {QStringLiteral("x_ip"), manager.host},
                                                {QStringLiteral("i_prt"), manager.port}});
                      }
                      answer(Response::json(200, QJsonDocument(list)));
                    });
}

void Rest::command(const Call &call) const { m_commands.submit(call.request.body, call.peer, call.answer); }

void Rest::commandHistory(const Call &call) const { call.answer(m_commands.history(call.rest)); }

}  // namespace tagwire::ws
