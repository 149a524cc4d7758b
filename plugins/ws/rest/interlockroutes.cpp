// SPDX-License-Identifier: Apache-2.0
#include "interlockroutes.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

#include "auth/pointaccess.h"
#include "commandactions.h"
#include "rest/commandroutes.h"

namespace tagwire::ws {

namespace {

/// Its text names the point and its value. An alarm's area is not known here, so its state is for who may see all.
bool maySee(const ConditionStatus &condition, const Caller &caller, const PointTable &points) {
  if (condition.point == PointId::None) return caller.permissions.allowAll(right::readAlarms);
  const auto point = points.point(condition.point);
  return point && mayRead(caller.permissions, *point);
}

QJsonObject conditionObject(const ConditionStatus &condition) {
  return {{QStringLiteral("text"), condition.text},
          {QStringLiteral("is_met"), condition.isMet},
          {QStringLiteral("found"), condition.found}};
}

QJsonObject interlockObject(const InterlockStatus &interlock, const Caller &caller, const PointTable &points) {
  QJsonArray guarded;
  for (const PointId id : interlock.points) {
    const auto point = points.point(id);
    const bool isKnown =
        point && (mayRead(caller.permissions, *point) || caller.may(right::writeCommands, point->fullName));
    if (isKnown) guarded.append(point->fullName);
  }
  QJsonArray conditions;
  bool isWhole = true;
  for (const ConditionStatus &condition : interlock.conditions) {
    const bool isSeen = maySee(condition, caller, points);
    isWhole = isWhole && isSeen;
    conditions.append(isSeen ? conditionObject(condition) : QJsonObject{{QStringLiteral("hidden"), true}});
  }
  QJsonObject json{{QStringLiteral("id"), interlock.id},
                   {QStringLiteral("name"), interlock.name},
                   {QStringLiteral("mode"), toText(interlock.mode)},
                   {QStringLiteral("severity"), toText(interlock.severity)},
                   {QStringLiteral("points"), guarded},
                   {QStringLiteral("is_violated"), interlock.isViolated},
                   {QStringLiteral("is_tripped"), interlock.isTripped},
                   {QStringLiteral("conditions"), conditions}};
  if (!interlock.isTripped) return json;
  json.insert(QStringLiteral("is_forced"), interlock.isForced);
  if (interlock.trippedAt) json.insert(QStringLiteral("tripped"), toIso(*interlock.trippedAt));
  // It names points as the conditions do, and which of them is not known.
  if (isWhole) json.insert(QStringLiteral("cause"), interlock.cause);
  return json;
}

Result<int> interlockId(const Call &call) {
  const QString text = call.variables.value(QStringLiteral("id"));
  bool isNumber = false;
  const int id = text.toInt(&isNumber);
  if (isNumber && id > 0 && QString::number(id) == text) return id;
  return failure(QStringLiteral("an interlock's id must be a whole number of 1 to 2147483647"));
}

bool mayOn(const Call &call, Right right, int id) { return call.may(right, QString::number(id)); }

Refusal noSuchInterlock(int id) { return {404, QStringLiteral("there is no interlock %1").arg(id), {}}; }

std::optional<InterlockStatus> find(PluginContext &context, int id) {
  const QList<InterlockStatus> all = context.commands().interlocks();
  const auto found = std::find_if(all.begin(), all.end(), [id](const InterlockStatus &each) { return each.id == id; });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

InterlockRoutes::InterlockRoutes(Router &router, GatewayState &state) : m_state(state) {
  router.add({"GET", "/api/v1/interlocks", "interlocks and how they stand", Served::Rest, right::readInterlocks,
              [this](const Call &call) { list(call); }});
  router.add({"GET", "/api/v1/interlocks/{id}", "one of them: what stands in the way", Served::Rest,
              right::readInterlocks, [this](const Call &call) { one(call); }});
  router.add({"POST",
              "/api/v1/interlocks/{id}/reset",
              "ends a trip whose conditions are met again",
              Served::Rest,
              right::resetInterlocks,
              [this](const Call &call) { reset(call); },
              {},
              commentSchema});
}

void InterlockRoutes::refuse(const Call &call, const Refusal &refusal) const {
  call.answer(errorResponse(refusal, m_state.context.clock().now()));
}

void InterlockRoutes::list(const Call &call) const {
  QJsonArray all;
  for (const InterlockStatus &each : m_state.context.commands().interlocks()) {
    if (mayOn(call, right::readInterlocks, each.id)) {
      all.append(interlockObject(each, *call.caller, m_state.context.points()));
    }
  }
  call.answer(Response::json(200, QJsonDocument(all)));
}

void InterlockRoutes::one(const Call &call) const {
  const auto id = interlockId(call);
  if (!id) return refuse(call, {400, id.error(), {}});
  const auto interlock = find(m_state.context, *id);
  if (!interlock || !mayOn(call, right::readInterlocks, *id)) return refuse(call, noSuchInterlock(*id));
  call.answer(Response::json(200, QJsonDocument(interlockObject(*interlock, *call.caller, m_state.context.points()))));
}

void InterlockRoutes::reset(const Call &call) const {
  const auto id = interlockId(call);
  if (!id) return refuse(call, {400, id.error(), {}});
  const auto comment = commentOf(call);
  if (!comment) return refuse(call, {400, comment.error(), {}});
  const bool isReader = mayOn(call, right::readInterlocks, *id);
  const bool mayReset = mayOn(call, right::resetInterlocks, *id);
  if (!find(m_state.context, *id) || !(isReader || mayReset)) return refuse(call, noSuchInterlock(*id));
  if (!mayReset) {
    return refuse(call, {403, QStringLiteral("not permitted: interlocks:reset for interlock %1 is due").arg(*id), {}});
  }
  const auto done =
      m_state.context.commands().resetInterlock(*id, operatorOf(*call.caller, call.sender.text, *comment));
  if (!done) return refuse(call, {409, done.error(), {}});
  const auto now = find(m_state.context, *id);
  if (!now) return refuse(call, noSuchInterlock(*id));
  call.answer(Response::json(200, QJsonDocument(interlockObject(*now, *call.caller, m_state.context.points()))));
}

}  // namespace tagwire::ws
