// SPDX-License-Identifier: Apache-2.0
#include "sceneroutes.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include "commands/commandcontrol.h"
#include "rest/accessresponse.h"
#include "rest/commandjson.h"
#include "rest/commandroutes.h"
#include "sceneactions.h"

namespace tagwire::ws {

namespace {

constexpr const char *runSchema =
    R"({"type":"object","properties":{"correlation_id":{"type":"string","maxLength":200},)"
    R"("comment":{"type":"string","maxLength":1000},"wait_ms":{"type":"integer","minimum":0,"maximum":30000}}})";

QString stateOf(const SceneStatus &scene) {
  if (scene.commandId.isEmpty()) return QStringLiteral("idle");
  return scene.isStopping ? QStringLiteral("stopping") : QStringLiteral("running");
}

QJsonObject outcomeObject(const SceneOutcome &outcome) {
  return {{QStringLiteral("command_id"), outcome.commandId},   {QStringLiteral("requested_by"), outcome.requestedBy},
          {QStringLiteral("status"), toText(outcome.state)},   {QStringLiteral("message"), outcome.text},
          {QStringLiteral("started"), toIso(outcome.started)}, {QStringLiteral("ended"), toIso(outcome.ended)}};
}

QJsonObject sceneObject(const SceneStatus &scene, const PointTable &points) {
  QJsonArray names;
  for (const PointId id : scene.points) {
    if (const auto point = points.point(id)) names.append(point->fullName);
  }
  QJsonObject json{{QStringLiteral("id"), scene.id},
                   {QStringLiteral("name"), scene.name},
                   {QStringLiteral("on_failure"), scene.goesOn ? QStringLiteral("continue") : QStringLiteral("stop")},
                   {QStringLiteral("steps"), QJsonArray::fromStringList(scene.steps)},
                   {QStringLiteral("on_stop"), QJsonArray::fromStringList(scene.onStop)},
                   {QStringLiteral("points"), names},
                   {QStringLiteral("state"), stateOf(scene)},
                   {QStringLiteral("last_run"), scene.last ? QJsonValue(outcomeObject(*scene.last)) : QJsonValue()}};
  if (scene.commandId.isEmpty()) return json;
  json.insert(QStringLiteral("command_id"), scene.commandId);
  json.insert(QStringLiteral("step"), scene.step);
  return json;
}

Result<int> sceneId(const Call &call) {
  const QString text = call.variables.value(QStringLiteral("id"));
  bool isNumber = false;
  const int id = text.toInt(&isNumber);
  if (isNumber && id > 0 && QString::number(id) == text) return id;
  return failure(QStringLiteral("a scene's id must be a whole number of 1 to 2147483647"));
}

}  // namespace

SceneRoutes::SceneRoutes(Router &router, GatewayState &state, CommandDesk &desk) : m_state(state), m_desk(desk) {
  router.add({"GET", "/api/v1/scenes", "scenes, and how they stand", Served::Rest, right::readCommands,
              [this](const Call &call) { list(call); }});
  router.add({"GET", "/api/v1/scenes/{id}", "one of them", Served::Rest, right::readCommands,
              [this](const Call &call) { one(call); }});
  router.add({"POST",
              "/api/v1/scenes/{id}/run",
              "runs a scene as one command",
              Served::Rest,
              right::writeCommands,
              [this](const Call &call) { run(call); },
              {},
              runSchema});
}

void SceneRoutes::refuse(const Call &call, const Refusal &refusal) const {
  call.answer(errorResponse(refusal, m_state.context.clock().now()));
}

QList<SceneStatus> SceneRoutes::readable(const Call &call) const {
  QList<SceneStatus> scenes = m_state.context.commands().scenes();
  scenes.removeIf([&](const SceneStatus &each) { return !mayReadScene(each, *call.caller, m_state.context.points()); });
  return scenes;
}

void SceneRoutes::list(const Call &call) const {
  QJsonArray all;
  for (const SceneStatus &each : readable(call)) all.append(sceneObject(each, m_state.context.points()));
  call.answer(Response::json(200, QJsonDocument(all)));
}

void SceneRoutes::one(const Call &call) const {
  const auto id = sceneId(call);
  if (!id) return refuse(call, {400, id.error(), {}});
  for (const SceneStatus &each : readable(call)) {
    if (each.id != *id) continue;
    return call.answer(Response::json(200, QJsonDocument(sceneObject(each, m_state.context.points()))));
  }
  refuse(call, noSuchScene(*id));
}

void SceneRoutes::run(const Call &call) const {
  const auto id = sceneId(call);
  if (!id) return refuse(call, {400, id.error(), {}});
  const bool isEmpty = call.request.body.trimmed().isEmpty();
  const auto body = readBody(isEmpty ? QByteArray("{}") : call.request.body,
                             {QStringLiteral("correlation_id"), QStringLiteral("comment"), QStringLiteral("wait_ms")});
  if (!body) return refuse(call, {400, body.error(), {}});
  const auto wait = readWait(body->value(QLatin1String("wait_ms")));
  if (!wait) return refuse(call, {400, wait.error(), {}});
  const auto command = sceneCommand(m_state, *id, *body, *call.caller, call.sender.text);
  if (!command) return refuse(call, command.error());
  m_desk.submit(*command, call, *wait, &commandOutcome);
}

}  // namespace tagwire::ws
