// SPDX-License-Identifier: Apache-2.0
#include "router.h"

#include <algorithm>

namespace tagwire::ws {

namespace {

/// The variables of `path` when `segments` fit it.
std::optional<QHash<QString, QString>> matchPath(const char *path, const QStringList &segments) {
  const QStringList words = QString::fromLatin1(path).mid(1).split(u'/');
  QHash<QString, QString> variables;
  for (qsizetype i = 0; i < words.size(); ++i) {
    const QString &word = words[i];
    if (word.endsWith(QLatin1String("*}"))) {
      const QString rest = QStringList(segments.mid(i)).join(u'/');
      if (rest.isEmpty()) return std::nullopt;
      variables.insert(word.mid(1, word.size() - 3), rest);
      return variables;
    }
    if (i >= segments.size()) return words == QStringList{QString()} ? std::optional(variables) : std::nullopt;
    if (word.startsWith(u'{')) {
      if (segments[i].isEmpty()) return std::nullopt;
      variables.insert(word.mid(1, word.size() - 2), segments[i]);
    } else if (word != segments[i]) {
      return std::nullopt;
    }
  }
  return segments.size() > words.size() ? std::nullopt : std::optional(variables);
}

}  // namespace

Refusal missingCredential() {
  return {401,
          QStringLiteral("a credential is due (allowed: \"Authorization: Bearer <token>\")"),
          {{"WWW-Authenticate", "Bearer"}}};
}

Refusal notPermitted(Right right, const QList<Right> &orRights) {
  QString due = QStringLiteral("%1:%2").arg(QLatin1String(right.what), QLatin1String(right.verb));
  for (const Right &other : orRights) {
    due += QStringLiteral(" or %1:%2").arg(QLatin1String(other.what), QLatin1String(other.verb));
  }
  return {403, QStringLiteral("not permitted: %1 is due").arg(due), {}};
}

Refusal notPermittedAtLarge(Right right) {
  Refusal refusal = notPermitted(right);
  refusal.text += QStringLiteral(", without a pattern");
  return refusal;
}

bool Route::admits(const Caller &caller) const {
  const auto holds = [&](Right due) { return isWhole ? caller.permissions.allowAll(due) : caller.may(due); };
  return !right || holds(*right) || std::any_of(orRights.begin(), orRights.end(), holds);
}

void Router::add(const Route &route) {
  if (!route.part || m_config.serves(*route.part)) m_routes.push_back(route);
}

/// Words win over variables, as routes with words stand first in each group: and for every method, or else PUT to
/// /zones/summary would be one to a zone of that name.
Router::Match Router::find(const Target &target, const QByteArray &method) const {
  Match match;
  const char *path = nullptr;
  for (const Route &route : m_routes) {
    auto variables = matchPath(route.path, target.segments());
    if (!variables || qstrcmp(path ? path : route.path, route.path) != 0) continue;
    path = route.path;
    if (method == route.method) return {&route, std::move(*variables), {}};
    if (!match.allowed.isEmpty()) match.allowed += ", ";
    match.allowed += route.method;
    if (qstrcmp(route.method, "GET") == 0) match.allowed += ", HEAD";
  }
  return match;
}

bool Router::has(const Target &target) const {
  const Match match = find(target, {});
  return !match.allowed.isEmpty();
}

bool Router::isProbe(const Target &target, const QByteArray &method) const {
  const Match match = find(target, method == "HEAD" ? QByteArray("GET") : method);
  return match.route && !match.route->part && !match.route->right;
}

void Router::handle(const Call &call) const {
  const Time now = m_clock.now();
  const QByteArray method = call.request.method == "HEAD" ? QByteArray("GET") : call.request.method;
  Match match = find(call.target, method);
  if (!match.route && match.allowed.isEmpty()) {
    return call.answer(errorResponse(404, QStringLiteral("nothing is served at this path"), now));
  }
  if (!match.route) {
    const QByteArray allowed = match.allowed + ", OPTIONS";
    if (method == "OPTIONS") return call.answer({204, {}, {}, {{"Allow", allowed}}});
    return call.answer(
        errorResponse({405, QStringLiteral("allowed: %1").arg(QLatin1String(allowed)), {{"Allow", allowed}}}, now));
  }
  const std::optional<Right> right = match.route->right;
  if (right && !call.caller) return call.answer(errorResponse(missingCredential(), now));
  if (right && !match.route->admits(*call.caller)) {
    const bool isTooNarrow = match.route->isWhole && call.caller->may(*right);
    return call.answer(
        errorResponse(isTooNarrow ? notPermittedAtLarge(*right) : notPermitted(*right, match.route->orRights), now));
  }
  match.route->handler(
      {call.request, call.target, std::move(match.variables), call.sender, call.caller, call.answer, call.connection});
}

}  // namespace tagwire::ws
