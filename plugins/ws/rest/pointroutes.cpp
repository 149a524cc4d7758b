// SPDX-License-Identifier: Apache-2.0
#include "pointroutes.h"

#include "auth/pointaccess.h"

namespace tagwire::ws {

PointRoutes::PointRoutes(Router &router, GatewayState &state)
    : m_state(state),
      m_index(PointIndex::of(state.context)),
      m_readable(std::make_shared<ReadablePoints>(state.context.points())) {
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

bool PointRoutes::hasRoom(const Call &call) {
  if (!m_worker.isFull()) return true;
  const Refusal busy{503, QStringLiteral("too many lists of points are under way"), {{"Retry-After", "1"}}};
  call.answer(errorResponse(busy, m_state.context.clock().now()));
  return false;
}

void PointRoutes::list(const Call &call) {
  const Time now = m_state.context.clock().now();
  const auto filter = PointFilter::fromQuery(call.target);
  if (!filter) return call.answer(errorResponse(400, filter.error(), now));
  const auto text = call.target.value("search");
  const auto wanted = PointSearch::fromText(text.value_or(QString()));
  if (!wanted) return call.answer(errorResponse(400, wanted.error(), now));
  if (!hasRoom(call)) return;
  m_index->refresh();
  m_worker.run(
      [search = text ? std::optional(*wanted) : std::nullopt, &points = m_state.context.points(),
       order = m_index->order(), filter = *filter, caller = call.caller, readable = m_readable] {
        const PointSet set = readable->of(caller->permissions);
        if (!search) return listPoints(points, *order, filter, set);
        return pageOf(search->find(points, *order, filter.prefix, set), filter.limit, filter.offset);
      },
      [this, answer = call.answer](const PointPage &page) { answerWith(answer, page); });
}

void PointRoutes::answerWith(const Answer &answer, const PointPage &page) {
  const PointTable &points = m_state.context.points();
  m_worker.run([&points, samples = newestOf(points, page.points)] { return pointsJson(points, samples); },
               [answer, total = page.total](const QByteArray &json) {
                 answer({200, "application/json", json, {{"X-Total-Count", QByteArray::number(total)}}});
               });
}

void PointRoutes::tree(const Call &call) {
  const auto level = PointLevel::fromQuery(call.target);
  if (!level) return call.answer(errorResponse(400, level.error(), m_state.context.clock().now()));
  if (!hasRoom(call)) return;
  m_index->refresh();
  const PointTable &points = m_state.context.points();
  m_worker.run(
      [&points, order = m_index->order(), level = *level, caller = call.caller, readable = m_readable] {
        return PointTree::find(points, order, level, readable->of(caller->permissions));
      },
      [this, &points, answer = call.answer](PointTree tree) {
        tree.takeValues(points);
        m_worker.run([&points, tree = std::move(tree)] { return tree.json(points); },
                     [answer](const QByteArray &json) {
                       answer({200, "application/json", json});
                     });
      });
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
