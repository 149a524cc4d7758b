// SPDX-License-Identifier: Apache-2.0
#include "eventroutes.h"

#include <QJsonArray>
#include <QJsonObject>

#include "protocols/triggerfilter.h"

namespace tagwire::ws {

namespace {

constexpr int usualEvents = 100;

/// What the query of /api/v1/events asks for.
struct Wanted {
  std::optional<QString> kind;
  std::optional<Time> since;
  int limit = usualEvents;

  bool admits(const Event &event) const {
    return (!kind || *kind == kindOf(event)) && (!since || event.time >= *since);
  }
};

Result<Wanted> wantedFrom(const Target &target, const QTimeZone &zone, int most) {
  Wanted wanted{target.value("type"), {}, usualEvents};
  if (const auto text = target.value("since")) {
    const auto since = sinceFromText(*text, zone);
    if (!since) return failure(since.error());
    wanted.since = *since;
  }
  if (const auto text = target.value("limit")) {
    bool isNumber = false;
    wanted.limit = text->toInt(&isNumber);
    if (!isNumber || wanted.limit < 1 || wanted.limit > most) {
      return failure(QStringLiteral("limit is wrong (allowed: 1 to %1)").arg(most));
    }
  }
  return wanted;
}

}  // namespace

EventRoutes::EventRoutes(Router &router, GatewayState &state) : m_state(state), m_access(state.context.points()) {
  router.add({"GET",
              "/api/v1/events",
              "the newest events of this run, newest last",
              Served::Rest,
              right::readEvents,
              [this](const Call &call) { call.answer(list(call)); },
              {{"type", "string",
                "alarm, alarm_condition, trigger, command, system or a plugin's own kind; every kind if absent"},
               {"since", "string", "only those at this ISO 8601 time or later"},
               {"limit", "integer", "at most so many of the newest, 1 to 1000; 100 if absent"}},
              nullptr,
              false,
              {right::readAlarms, right::readPositions, right::readCommands}});
}

Response EventRoutes::list(const Call &call) const {
  const Time now = m_state.context.clock().now();
  const auto wanted = wantedFrom(call.target, m_state.context.site().timeZone, static_cast<int>(remembered));
  if (!wanted) return errorResponse(400, wanted.error(), now);
  const Permissions &permissions = call.caller->permissions;
  if (wanted->kind && !EventAccess::allowSome(permissions, *wanted->kind)) {
    return errorResponse(403, QStringLiteral("not permitted: events of type \"%1\"").arg(wanted->kind->left(100)), now);
  }
  QList<const Event *> found;
  for (auto event = m_events.events().rbegin(); event != m_events.events().rend(); ++event) {
    if (found.size() == wanted->limit) break;
    if (wanted->admits(*event) && m_access.allow(permissions, *event)) found.prepend(&*event);
  }
  QJsonArray json;
  for (const Event *event : std::as_const(found)) json.append(toJson(*event, m_state.context.points()));
  return Response::json(200, QJsonDocument(json));
}

}  // namespace tagwire::ws
