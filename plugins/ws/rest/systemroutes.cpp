// SPDX-License-Identifier: Apache-2.0
#include "systemroutes.h"

#include <QJsonArray>
#include <QJsonObject>

namespace tagwire::ws {

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

namespace {

/// Who may not sees that it is not ready, and nothing of what there is.
bool maySeeReasons(const Call &call) { return call.caller && call.caller->permissions.allowAll(right::readStatistics); }

void addReasons(QJsonObject &json, const Call &call, const QList<InstanceStatus> &instances) {
  if (maySeeReasons(call)) json.insert(QStringLiteral("instances"), instancesJson(instances));
}

QJsonArray whyNotReady(const QList<InstanceStatus> &instances) {
  QJsonArray reasons;
  for (const InstanceStatus &each : instances) {
    if (isUp(each.state)) continue;
    const QString why = each.text.isEmpty() ? QStringLiteral("it is %1").arg(toText(each.state)) : each.text;
    reasons.append(QJsonObject{{QStringLiteral("instance"), each.id},
                               {QStringLiteral("state"), toText(each.state)},
                               {QStringLiteral("why"), why}});
  }
  return reasons;
}

}  // namespace

SystemRoutes::SystemRoutes(Router &router, GatewayState &state) : m_state(state) {
  router.add({"GET", "/healthz", "whether all is well", std::nullopt, std::nullopt,
              [this](const Call &call) { health(call); }});
  router.add({"GET", "/readyz", "whether every plugin has started", std::nullopt, std::nullopt,
              [this](const Call &call) { readiness(call); }});
  router.addWhole(
      {"GET", "/metrics", "Prometheus text", Served::Metrics, right::readStatistics, [this](const Call &call) {
         call.answer({200, "text/plain; version=0.0.4; charset=utf-8",
                      QByteArray::fromStdString(m_state.context.metrics().text())});
       }});
  router.addWhole({"GET", "/api/v1/plugins", "every plugin instance and its state", Served::Rest, right::readStatistics,
                   [this](const Call &call) { plugins(call); }});
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
  const QJsonArray reasons = whyNotReady(instances);
  const bool isReady = reasons.isEmpty();
  QJsonObject json{{QStringLiteral("ready"), isReady}};
  if (maySeeReasons(call)) json.insert(QStringLiteral("reasons"), reasons);
  addReasons(json, call, instances);
  call.answer(Response::json(isReady ? 200 : 503, QJsonDocument(json)));
}

void SystemRoutes::plugins(const Call &call) const {
  call.answer(Response::json(200, QJsonDocument(instancesJson(m_state.context.instances()))));
}

}  // namespace tagwire::ws
