// SPDX-License-Identifier: Apache-2.0
#include "pointroutes.h"

#include "auth/pointaccess.h"

namespace tagwire::ws {

PointRoutes::PointRoutes(Router &router, GatewayState &state) : m_state(state), m_index(PointIndex::of(state.context)) {
  router.add({"GET",
              "/api/v1/points",
              "points with their newest values",
              Served::Rest,
              right::readPoints,
              [this](const Call &call) { list(call); },
              {{"prefix", "string", "only full names that begin with it"},
               {"search", "string", "only where each of these words stands in name, description or unit"},
               {"limit", "integer", "at most so many, 1 to 10000; 10000 if absent"},
               {"offset", "integer", "leaves out so many of the first"}},
              nullptr,
              false,
              {right::readPositions}});
  router.add({"GET",
              "/api/v1/points/tree",
              "one level of the tree that the points' names make",
              Served::Rest,
              right::readPoints,
              [this](const Call &call) { tree(call); },
              {{"under", "string", "plc1/boiler; the top if absent"},
               {"limit", "integer", "at most so many points, 1 to 10000; 1000 if absent"},
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

void PointRoutes::start() { m_index->refresh(); }

/// So that no request has to do it.
void PointRoutes::tick() { m_index->refresh(); }

void PointRoutes::list(const Call &call) {
  const auto filter = PointFilter::fromQuery(call.target);
  if (!filter) return call.answer(errorResponse(400, filter.error(), m_state.context.clock().now()));
  if (const auto text = call.target.value("search")) return search(call, *filter, *text);
  const PointList list = listPoints(m_state.context.points(), *filter, call.caller->permissions);
  call.answer({200, "application/json", list.json, {{"X-Total-Count", QByteArray::number(list.total)}}});
}

void PointRoutes::search(const Call &call, const PointFilter &filter, const QString &text) {
  const Time now = m_state.context.clock().now();
  const auto wanted = PointSearch::fromText(text);
  if (!wanted) return call.answer(errorResponse(400, wanted.error(), now));
  if (m_worker.isFull()) {
    const Refusal busy{503, QStringLiteral("too many searches are under way"), {{"Retry-After", "1"}}};
    return call.answer(errorResponse(busy, now));
  }
  m_index->refresh();
  const PointTable &points = m_state.context.points();
  m_worker.run([search = *wanted, &points, order = m_index->order(), prefix = filter.prefix,
                caller = call.caller] { return search.find(points, *order, prefix, caller->permissions); },
               [&points, filter, answer = call.answer](const PointOrder &found) {
                 const PointList list = listPoints(points, found, filter.limit, filter.offset);
                 answer({200, "application/json", list.json, {{"X-Total-Count", QByteArray::number(list.total)}}});
               });
}

void PointRoutes::tree(const Call &call) {
  const auto level = PointLevel::fromQuery(call.target);
  if (!level) return call.answer(errorResponse(400, level.error(), m_state.context.clock().now()));
  m_index->refresh();
  call.answer({200, "application/json",
               pointTree(m_state.context.points(), *m_index->order(), *level, call.caller->permissions)});
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
