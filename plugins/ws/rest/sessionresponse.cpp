// SPDX-License-Identifier: Apache-2.0
#include "sessionresponse.h"

#include <QJsonArray>

#include "auditing.h"

namespace tagwire::ws {

QJsonObject describeCaller(const Caller &caller) {
  static constexpr std::array kinds{"anonymous", "token", "jwt", "user"};
  QJsonObject json{{QStringLiteral("authenticated"), caller.kind != Caller::Kind::Anonymous},
                   {QStringLiteral("kind"), QLatin1String(kinds[static_cast<size_t>(caller.kind)])},
                   {QStringLiteral("name"), caller.name},
                   {QStringLiteral("permissions"), QJsonArray::fromStringList(caller.permissions.texts())}};
  if (caller.expires) json.insert(QStringLiteral("expires"), toIso(*caller.expires));
  if (!caller.csrf.isEmpty()) json.insert(QStringLiteral("csrf"), QString::fromLatin1(caller.csrf));
  return json;
}

Response beginSession(GatewayState &state, const QString &name, const QString &generation, const Sender &sender,
                      int status) {
  const Time now = state.context.clock().now();
  BrowserSessions &sessions = state.authenticator.sessions();
  const auto session = sessions.tokens->issue(name, generation, now);
  if (!session) return errorResponse(503, session.error(), now);
  sessions.saw(session->claims, now);
  const auto caller = state.authenticator.callerOf(session->claims);
  if (!caller) return errorResponse(401, QStringLiteral("user or password is wrong"), now);
  state.context.audit().append(auditEntry("login", QStringLiteral("succeeded"), {*caller, addressOf(sender.text)}));
  Response response = Response::json(status, QJsonDocument(describeCaller(**caller)));
  const auto life = std::chrono::duration_cast<std::chrono::seconds>(session->claims.expires - now);
  response.fields.append({"Set-Cookie", state.authenticator.cookie(sender).setting(session->token, life)});
  return response;
}

}  // namespace tagwire::ws
