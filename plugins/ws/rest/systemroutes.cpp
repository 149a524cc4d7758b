// SPDX-License-Identifier: Apache-2.0
#include "systemroutes.h"

#include <QJsonArray>
#include <QJsonObject>

namespace tagwire::ws {

namespace {

/// What all instances together are worth: the worst of them, as health tells it.
QString healthOf(const QList<InstanceStatus> &instances) {
  bool isDegraded = false;
  for (const InstanceStatus &each : instances) {
    if (each.state == PluginState::Failed) return QStringLiteral("failed");
    isDegraded = isDegraded || each.state != PluginState::Running;
  }
  return isDegraded ? QStringLiteral("degraded") : QStringLiteral("ok");
}

QJsonArray instancesJson(const QList<InstanceStatus> &instances) {
  QJsonArray list;
  for (const InstanceStatus &each : instances) {
    list.append(QJsonObject{{QStringLiteral("id"), each.id},
                            {QStringLiteral("type"), each.type},
                            {QStringLiteral("state"), toText(each.state)},
                            {QStringLiteral("text"), each.text}});
  }
  return list;
}

/// Reasons are for those who may read.
void addReasons(QJsonObject &json, const Call &call, const QList<InstanceStatus> &instances) {
  if (call.caller && call.caller->permissions.allowAll(right::readStatistics))
    json.insert(QStringLiteral("instances"), instancesJson(instances));
}

}  // namespace

SystemRoutes::SystemRoutes(Router &router, GatewayState &state) : m_router(router), m_state(state) {
  router.add({"GET", "/healthz", "whether all is well", std::nullopt, std::nullopt,
              [this](const Call &call) { health(call); }});
  router.add({"GET", "/readyz", "whether every plugin has started", std::nullopt, std::nullopt,
              [this](const Call &call) { readiness(call); }});
  router.add({"GET", "/", "the pages", Served::Pages, std::nullopt, [this](const Call &call) { index(call); }});
  router.addWhole(
      {"GET", "/metrics", "Prometheus text", Served::Metrics, right::readStatistics, [this](const Call &call) {
         call.answer({200, "text/plain; version=0.0.4; charset=utf-8",
                      QByteArray::fromStdString(m_state.context.metrics().text())});
       }});
  router.addWhole({"GET", "/api/v1/plugins", "every plugin instance and its state", Served::Rest, right::readStatistics,
                   [this](const Call &call) { plugins(call); }});
}

/// A plain list of what is here, until the pages come.
void SystemRoutes::index(const Call &call) const {
  QString html = QStringLiteral(
                     "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Tagwire</title>\n"
                     "<h1>Tagwire %1</h1>\n<ul>\n")
                     .arg(m_state.context.site().name.toHtmlEscaped());
  for (const Route &route : m_router.routes()) {
    html += QStringLiteral("<li>%1 %2</li>\n").arg(QLatin1String(route.method), QLatin1String(route.path));
  }
  for (const EndpointConfig &endpoint : m_state.config.servedEndpoints()) {
    if (!m_state.config.serves(Served::Ws)) break;
    html += QStringLiteral("<li>WebSocket %1 (%2)</li>\n")
                .arg(endpoint.path.text().toHtmlEscaped(), QLatin1String(wordOf(endpoint.protocol)));
  }
  html += QStringLiteral("</ul>\n</html>\n");
  // From the console of this page people try the WebSockets.
  call.answer({200,
               "text/html; charset=utf-8",
               html.toUtf8(),
               {{"Content-Security-Policy", "default-src 'none'; connect-src 'self' ws: wss:"}}});
}

void SystemRoutes::health(const Call &call) const {
  const QList<InstanceStatus> instances = m_state.context.instances();
  const QString status = healthOf(instances);
  QJsonObject json{{QStringLiteral("status"), status}};
  addReasons(json, call, instances);
  call.answer(Response::json(status == u"failed" ? 503 : 200, QJsonDocument(json)));
}

void SystemRoutes::readiness(const Call &call) const {
  const QList<InstanceStatus> instances = m_state.context.instances();
  const bool isReady = std::all_of(instances.begin(), instances.end(), [](const InstanceStatus &each) {
    return each.state == PluginState::Running || each.state == PluginState::Degraded;
  });
  QJsonObject json{{QStringLiteral("ready"), isReady}};
  addReasons(json, call, instances);
  call.answer(Response::json(isReady ? 200 : 503, QJsonDocument(json)));
}

void SystemRoutes::plugins(const Call &call) const {
  call.answer(Response::json(200, QJsonDocument(instancesJson(m_state.context.instances()))));
}

}  // namespace tagwire::ws
