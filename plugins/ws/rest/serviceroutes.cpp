// SPDX-License-Identifier: Apache-2.0
#include "serviceroutes.h"

#include <QJsonArray>
#include <QJsonObject>

#include "alarmdesks.h"

namespace tagwire::ws {

ServiceRoutes::ServiceRoutes(Router &router, GatewayState &state) : m_state(state) {
  router.add({"GET", "/api/v1/alarms", "active alarms", Served::Rest, right::readAlarms,
              [this](const Call &call) { alarms(call); }});
}

void ServiceRoutes::alarms(const Call &call) const {
  askAlarms(m_state.context, [&context = m_state.context, answer = call.answer,
                              caller = call.caller](const Result<QList<AlarmStatus>> &active) {
    if (!active) return answer(errorResponse(404, active.error(), context.clock().now()));
    QJsonArray list;
    for (const AlarmStatus &alarm : *active) {
      if (!caller->may(right::readAlarms, alarm.transition.area)) continue;
      QJsonObject json = toJson(Event{0, alarm.since, {}, alarm.transition}, context.points());
      for (const char *key : {"seq", "type", "t", "source"}) json.remove(QLatin1String(key));
      json.insert(QStringLiteral("since"), toIso(alarm.since));
      list.append(json);
    }
    answer(Response::json(200, QJsonDocument(list)));
  });
}

}  // namespace tagwire::ws
