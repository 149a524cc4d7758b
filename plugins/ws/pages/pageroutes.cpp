// SPDX-License-Identifier: Apache-2.0
#include "pageroutes.h"

namespace tagwire::ws {

namespace {

constexpr const char *withoutPages =
    "this program was built without the web pages (GET /api/v1/openapi.json tells what is served)";

}  // namespace

PageRoutes::PageRoutes(Router &router, GatewayState &state) : m_state(state) {
  add(router, "/", QStringLiteral("index.html"));
  for (const QString &path : m_files.paths()) {
    if (path.contains(u'/') || path == u"index.html") continue;
    m_routes.push_back('/' + path.toUtf8());
    add(router, m_routes.back().constData(), path);
  }
  router.add({"GET", "/assets/{name*}", "what the pages load", Served::Pages, std::nullopt, [this](const Call &call) {
                const QString name = call.variables.value(QStringLiteral("name"));
                const PageFile *file = m_files.find(QStringLiteral("assets/") + name);
                call.answer(file ? file->answer(call.request)
                                 : errorResponse(404, QStringLiteral("the pages have no such file"),
                                                 m_state.context.clock().now()));
              }});
}

void PageRoutes::add(Router &router, const char *route, const QString &path) {
  const PageFile *file = m_files.find(path);
  router.add({"GET", route, "the pages", Served::Pages, std::nullopt, [this, file](const Call &call) {
                call.answer(file ? file->answer(call.request)
                                 : errorResponse(404, QLatin1String(withoutPages), m_state.context.clock().now()));
              }});
}

}  // namespace tagwire::ws
