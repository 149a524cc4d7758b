// SPDX-License-Identifier: Apache-2.0
#include "tokenroutes.h"

#include <QJsonArray>

#include "access/tokenstore.h"
#include "rest/accessresponse.h"
#include "rest/recorded.h"

namespace tagwire::ws {

namespace {

struct NewToken {
  QString name;
  Permissions permissions;
  std::optional<Time> expires;
};

Result<Permissions> readPermissions(const QJsonValue &value) {
  const QJsonArray list = value.toArray();
  QStringList texts;
  for (const QJsonValue &each : list) {
    if (each.isString()) texts << each.toString();
  }
  if (!value.isArray() || list.isEmpty() || texts.size() != list.size()) {
    return failure(
        QStringLiteral("permissions is missing or wrong (allowed: a list of texts such as \"points:read\")"));
  }
  return Permissions::fromTexts(texts);
}

Result<NewToken> readNewToken(const QByteArray &body) {
  const auto json = readBody(body, {QStringLiteral("name"), QStringLiteral("permissions"), QStringLiteral("expires")});
  if (!json) return failure(json.error());
  const auto name = readText(*json, "name", 64);
  if (!name) return failure(name.error());
  const auto permissions = readPermissions(json->value(QLatin1String("permissions")));
  if (!permissions) return failure(permissions.error());
  const QJsonValue expires = json->value(QLatin1String("expires"));
  if (expires.isUndefined() || expires.isNull()) return NewToken{*name, *permissions, std::nullopt};
  const auto time = fromIso(expires.toString());
  if (!time) return failure(QStringLiteral("expires: ") + time.error());
  return NewToken{*name, *permissions, *time};
}

QJsonObject grantOf(const Permissions &permissions, std::optional<Time> expires) {
  return {{QStringLiteral("permissions"), QJsonArray::fromStringList(permissions.texts())},
          {QStringLiteral("expires"), expires ? QJsonValue(toIso(*expires)) : QJsonValue()}};
}

QJsonObject tokenJson(const QString &name, const Permissions &permissions, Time created, std::optional<Time> expires,
                      const QString &createdBy) {
  QJsonObject json = grantOf(permissions, expires);
  json.insert(QStringLiteral("name"), name);
  json.insert(QStringLiteral("created"), toIso(created));
  json.insert(QStringLiteral("created_by"), createdBy);
  return json;
}

}  // namespace

TokenRoutes::TokenRoutes(Router &router, GatewayState &state) : m_state(state) {
  router.add({"GET", "/api/v1/tokens", "tokens of devices and services, without their text", Served::Rest,
              right::administerTokens, [this](const Call &call) { list(call); }});
  router.add({"POST",
              "/api/v1/tokens",
              "makes a token and shows it this once",
              Served::Rest,
              right::administerTokens,
              [this](const Call &call) { create(call); },
              {},
              R"({"type":"object","required":["name","permissions"],"additionalProperties":false,"properties":{)"
              R"("name":{"type":"string","maxLength":64},"permissions":{"type":"array","minItems":1,)"
              R"("items":{"type":"string"}},"expires":{"type":"string","format":"date-time"}}})"});
  router.add({"DELETE", "/api/v1/tokens/{name}", "revokes a token: what it opened ends", Served::Rest,
              right::administerTokens, [this](const Call &call) { revoke(call); }});
}

void TokenRoutes::list(const Call &call) const {
  QJsonArray list;
  for (const AccessToken &each : m_state.authenticator.tokens().list()) {
    if (!call.may(right::administerTokens, each.name)) continue;
    list.append(tokenJson(each.name, each.permissions, each.created, each.expires, each.createdBy));
  }
  call.answer(Response::json(200, QJsonDocument(list)));
}

bool TokenRoutes::refuseFull(const Call &call) const {
  if (!m_worker.isFull()) return false;
  call.answer(errorResponse(503, QStringLiteral("too many changes are under way"), m_state.context.clock().now()));
  return true;
}

void TokenRoutes::create(const Call &call) {
  const Time now = m_state.context.clock().now();
  const auto wanted = readNewToken(call.request.body);
  if (!wanted) return call.answer(errorResponse(400, wanted.error(), now));
  if (!call.may(right::administerTokens, wanted->name)) {
    return call.answer(errorResponse(notPermitted(right::administerTokens), now));
  }
  if (!call.caller->permissions.cover(wanted->permissions)) {
    return call.answer(
        errorResponse(403, QStringLiteral("not permitted: nobody can give a permission that he has not himself"), now));
  }
  if (const auto refusal = outlivesCaller(*call.caller, wanted->expires)) {
    return call.answer(errorResponse(*refusal, now));
  }
  if (refuseFull(call)) return;
  const QString by = call.caller->name.left(100);
  const auto work = [folder = m_state.context.dataDir(), token = *wanted, now, by] {
    return TokenStore(folder).create(token.name, token.permissions, token.expires, now, by);
  };
  AuditEntry entry = auditEntry("token", QStringLiteral("create"), doerOf(call));
  entry.subject = wanted->name;
  entry.details = grantOf(wanted->permissions, wanted->expires);
  m_worker.run(work,
               [this, answer = call.answer, token = *wanted, now, by, entry](const AccessResult<QByteArray> &text) {
                 if (!text) return answer(accessError(text.error(), "tokens", m_state.context));
                 (void)m_state.authenticator.refresh();
                 qCInfo(m_state.context.log()).noquote() << "token" << token.name << "was made by" << by;
                 m_state.context.audit().append(entry);
                 answer(newTokenResponse(tokenJson(token.name, token.permissions, now, token.expires, by), *text));
               });
}

void TokenRoutes::revoke(const Call &call) {
  const Time now = m_state.context.clock().now();
  const QString name = call.variables.value(QStringLiteral("name"));
  if (!call.may(right::administerTokens, name)) {
    return call.answer(errorResponse(notPermitted(right::administerTokens), now));
  }
  if (refuseFull(call)) return;
  const auto work = [folder = m_state.context.dataDir(), name, caller = call.caller] {
    return TokenStore(folder).revoke(name, [&](const AccessToken &token) -> AccessResult<void> {
      if (caller->permissions.cover(token.permissions)) return {};
      return refused(AccessError::Kind::Forbidden,
                     QStringLiteral("not permitted: token %1 may do more than you").arg(token.name));
    });
  };
  AuditEntry entry = auditEntry("token", QStringLiteral("revoke"), doerOf(call));
  entry.subject = name;
  const auto then = [this, answer = call.answer, name, by = call.caller->name,
                     entry](const AccessResult<void> &revoked) {
    if (!revoked) return answer(accessError(revoked.error(), "tokens", m_state.context));
    (void)m_state.authenticator.refresh();
    qCInfo(m_state.context.log()).noquote() << "token" << name << "was revoked by" << by;
    m_state.context.audit().append(entry);
    answer({204, {}, {}});
  };
  m_worker.run(work, then);
}

}  // namespace tagwire::ws
