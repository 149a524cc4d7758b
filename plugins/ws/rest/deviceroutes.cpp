// SPDX-License-Identifier: Apache-2.0
#include "deviceroutes.h"

#include <QJsonArray>

#include "device/devicebook.h"
#include "device/madedevices.h"
#include "rest/accessresponse.h"
#include "rest/recorded.h"

namespace tagwire::ws {

DeviceRoutes::DeviceRoutes(Router &router, GatewayState &state) : m_state(state) {
  router.add({"GET", "/api/v1/devices", "devices that the caller may watch", Served::Rest, right::watchDevice,
              [this](const Call &call) { list(call); }});
  router.add({"POST",
              "/api/v1/devices",
              "makes a device of a model and shows its token this once",
              Served::Rest,
              right::administerTokens,
              [this](const Call &call) { make(call); },
              {},
              R"({"type":"object","required":["id","model"],"additionalProperties":false,"properties":{)"
              R"("id":{"type":"string","maxLength":64},"model":{"type":"string","maxLength":100}}})"});
  router.add({"DELETE", "/api/v1/devices/{id}", "removes a device that was made here, and its token", Served::Rest,
              right::administerTokens, [this](const Call &call) { remove(call); }});
  QObject::connect(&state, &GatewayState::commandArrived, &m_worker, [this](const Command &command) {
    const auto point = m_state.context.points().point(command.point);
    const auto device = point ? m_state.devices->find(point->fullName.section(u'/', 0, 0)) : nullptr;
    m_state.devices->commands().execute(m_state, device.get(), command);
  });
}

DeviceRoutes::~DeviceRoutes() { m_state.devices->leave(m_state.context.id()); }

void DeviceRoutes::tick() {
  m_state.devices->loadMade(m_state.config, m_state.context);
  m_state.devices->commands().tick(m_state.context.clock().elapsed());
}

void DeviceRoutes::list(const Call &call) const {
  QJsonArray list;
  for (const auto &[id, device] : m_state.devices->devices()) {
    if (!call.may(right::watchDevice, id)) continue;
    const bool isMade = m_state.devices->isMade(id);
    list.append(QJsonObject{{QStringLiteral("id"), id},
                            {QStringLiteral("model"), device->model().name()},
                            {QStringLiteral("connected"), device->publisher() != nullptr},
                            {QStringLiteral("watchers"), device->watcherCount()},
                            {QStringLiteral("made_by"), isMade ? QStringLiteral("rest") : QStringLiteral("manifest")}});
  }
  call.answer(Response::json(200, QJsonDocument(list)));
}

/// A device comes and goes with a token that publishes for it: who makes it gives that right away.
std::optional<Refusal> DeviceRoutes::refusal(const Call &call, const QString &id) const {
  if (!call.may(right::administerTokens, id)) return notPermitted(right::administerTokens);
  if (!call.may(right::publishDevice, id)) return notPermitted(right::publishDevice);
  if (m_worker.isFull()) return Refusal{503, QStringLiteral("too many changes are under way"), {}};
  return std::nullopt;
}

void DeviceRoutes::make(const Call &call) {
  PluginContext &context = m_state.context;
  const Time now = context.clock().now();
  const auto wrong = [&](int status, const QString &text) { call.answer(errorResponse(status, text, now)); };
  const auto json = readBody(call.request.body, {QStringLiteral("id"), QStringLiteral("model")});
  if (!json) return wrong(400, json.error());
  const auto id = readText(*json, "id", 64);
  if (!id) return wrong(400, id.error());
  const auto model = readText(*json, "model", 100);
  if (!model) return wrong(400, model.error());
  if (const auto refused = refusal(call, *id)) return call.answer(errorResponse(*refused, now));
  // Its token has no end.
  if (const auto refused = outlivesCaller(*call.caller, {})) return call.answer(errorResponse(*refused, now));
  if (m_state.devices->find(*id)) return wrong(409, QStringLiteral("there is a device \"%1\" already").arg(*id));
  // Now, so that a second request finds it and the points are known to be possible before anything is written.
  const auto made = m_state.devices->make(*id, *model, context, deviceZone(m_state.config, context));
  if (!made) return wrong(400, made.error());

  const MadeDevice entry{*id, *model, QString(), now, call.caller->name};
  const auto work = [folder = context.dataDir(), entry, now] { return enterDevice(folder, entry, now); };
  AuditEntry note = auditEntry("device", QStringLiteral("create"), doerOf(call));
  note.subject = *id;
  note.details = {{QStringLiteral("model"), *model}};
  m_worker.run(work, [this, answer = call.answer, entry, note](const AccessResult<QByteArray> &token) {
    if (!token) {
      removed(entry.id);
      return answer(accessError(token.error(), "devices", m_state.context));
    }
    (void)m_state.authenticator.refresh();
    qCInfo(m_state.context.log()).noquote() << "device" << entry.id << "was made by" << entry.createdBy;
    m_state.context.audit().append(note);
    answer(newTokenResponse({{QStringLiteral("id"), entry.id}, {QStringLiteral("model"), entry.model}}, *token));
  });
}

void DeviceRoutes::remove(const Call &call) {
  const Time now = m_state.context.clock().now();
  const QString id = call.variables.value(QStringLiteral("id"));
  if (!call.may(right::administerTokens, id)) {
    return call.answer(errorResponse(notPermitted(right::administerTokens), now));
  }
  if (!m_state.devices->find(id)) {
    return call.answer(errorResponse(404, QStringLiteral("there is no device \"%1\"").arg(id.left(64)), now));
  }
  if (const auto refused = refusal(call, id)) return call.answer(errorResponse(*refused, now));
  if (!m_state.devices->isMade(id)) {
    return call.answer(
        errorResponse(409, QStringLiteral("device \"%1\" stands in the manifest: take it out there").arg(id), now));
  }
  const auto work = [folder = m_state.context.dataDir(), id] { return strikeDevice(folder, id); };
  AuditEntry note = auditEntry("device", QStringLiteral("remove"), doerOf(call));
  note.subject = id;
  const auto then = [this, answer = call.answer, id, by = call.caller->name, note](const AccessResult<void> &struck) {
    if (!struck) return answer(accessError(struck.error(), "devices", m_state.context));
    removed(id);
    (void)m_state.authenticator.refresh();
    qCInfo(m_state.context.log()).noquote() << "device" << id << "was removed by" << by;
    m_state.context.audit().append(note);
    answer({204, {}, {}});
  };
  m_worker.run(work, then);
}

void DeviceRoutes::removed(const QString &id) {
  const Samples samples = m_state.devices->remove(id, m_state.context);
  if (!samples.isEmpty()) Q_EMIT m_state.samplesReady(samples);
}

}  // namespace tagwire::ws
