// SPDX-License-Identifier: Apache-2.0
#include "pointroutes.h"

#include "auth/pointaccess.h"
#include "rest/pointlist.h"

namespace tagwire::ws {

PointRoutes::PointRoutes(Router &router, GatewayState &state) : m_state(state) {
  router.add({"GET",
              "/api/v1/points",
              "points with their newest values",
              Served::Rest,
              right::readPoints,
              [this](const Call &call) { list(call); },
              {{"prefix", "string", "only full names that begin with it"},
               {"limit", "integer", "at most so many, 1 to 10000; 10000 if absent"},
               {"offset", "integer", "leaves out so many of the first"}},
              nullptr,
              false,
              {right::readPositions}});
  router.add({"GET",
              "/api/v1/points/{name*}",
              "one point by its full name",
              Served::Rest,
              right::readPoints,
              [this](const Call &call) { one(call); },
              {},
              nullptr,
              false,
              {right::readPositions}});
}

void PointRoutes::list(const Call &call) const {
  const auto filter = PointFilter::fromQuery(call.target);
  if (!filter) return call.answer(errorResponse(400, filter.error(), m_state.context.clock().now()));
  const PointList list = listPoints(m_state.context.points(), *filter, call.caller->permissions);
  call.answer({200, "application/json", list.json, {{"X-Total-Count", QByteArray::number(list.total)}}});
}

void PointRoutes::one(const Call &call) const {
  const QString name = call.variables.value(QStringLiteral("name"));
  const Time now = m_state.context.clock().now();
  const PointTable &points = m_state.context.points();
  const auto point = points.point(points.find(name));
  const Permissions &permissions = call.caller->permissions;
  if (point && mayRead(permissions, *point)) {
    return call.answer({200, "application/json", onePoint(points, point->id)});
  }
  // Whether it is there is nothing for who may not read it: from here on the answer does not depend on that.
  if (!call.may(right::readPoints, name)) return call.answer(errorResponse(notPermitted(right::readPoints), now));
  const QString orNot = mayReadAllPoints(permissions) ? QString() : QStringLiteral(", or not permitted");
  call.answer(errorResponse(404, QStringLiteral("there is no point \"%1\"%2").arg(name, orNot), now));
}

}  // namespace tagwire::ws
