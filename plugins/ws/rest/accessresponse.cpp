// SPDX-License-Identifier: Apache-2.0
#include "accessresponse.h"

namespace tagwire::ws {

namespace {

int statusOf(AccessError::Kind kind) {
  switch (kind) {
    case AccessError::Kind::Wrong:
      return 400;
    case AccessError::Kind::Unknown:
      return 404;
    case AccessError::Kind::Taken:
      return 409;
    case AccessError::Kind::Forbidden:
      return 403;
    case AccessError::Kind::Unavailable:
      break;
  }
  return 503;
}

}  // namespace

Response accessError(const AccessError &error, const char *what, const PluginContext &context) {
  const Time now = context.clock().now();
  if (error.kind != AccessError::Kind::Unavailable) return errorResponse(statusOf(error.kind), error.text, now);
  qCWarning(context.log()).noquote() << what << "can't be changed:" << error.text;  // it names files of this machine
  return errorResponse(503, QStringLiteral("%1 can't be changed now, the log says why").arg(QLatin1String(what)), now);
}

std::optional<Refusal> outlivesCaller(const Caller &caller, std::optional<Time> expires) {
  if (caller.kind == Caller::Kind::User || !caller.expires || (expires && *expires <= *caller.expires)) return {};
  return Refusal{403,
                 QStringLiteral("not permitted: your credential expires at %1, and what you make would last longer "
                                "(allowed: a token with `expires` by then)")
                     .arg(toIso(*caller.expires, 0)),
                 {}};
}

Response newTokenResponse(QJsonObject json, const QByteArray &token) {
  json.insert(QStringLiteral("token"), QString::fromLatin1(token));
  Response response = Response::json(201, QJsonDocument(json));
  response.fields.append(std::pair<QByteArray, QByteArray>("Cache-Control", "no-store"));
  return response;
}

Result<QJsonObject> readBody(const QByteArray &body, const QStringList &keys) {
  const QJsonDocument document = QJsonDocument::fromJson(body);
  const QString allowed = keys.join(QStringLiteral(", "));
  if (!document.isObject()) return failure(QStringLiteral("the body must be a JSON object (allowed: %1)").arg(allowed));
  const QJsonObject object = document.object();
  for (auto member = object.begin(); member != object.end(); ++member) {
    if (keys.contains(member.key())) continue;
    return failure(QStringLiteral("unknown key \"%1\"%2 (allowed: %3)")
                       .arg(member.key().left(50), didYouMean(member.key().left(50), keys), allowed));
  }
  return object;
}

Result<QString> readText(const QJsonObject &body, const char *key, qsizetype longest) {
  const QJsonValue value = body.value(QLatin1String(key));
  const QString text = value.toString();
  if (value.isString() && !text.isEmpty() && text.size() <= longest) return text;
  return failure(QStringLiteral("%1 is missing or wrong (allowed: text of 1 to %2 characters)")
                     .arg(QLatin1String(key))
                     .arg(longest));
}

}  // namespace tagwire::ws
