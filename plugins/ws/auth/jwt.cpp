// SPDX-License-Identifier: Apache-2.0
#include "auth/jwt.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype longestSubject = 128;

bool isText(const json_t *json, const QString &text) { return json_is_string(json) && toText(json) == text; }

/// The texts of `permissions` or `scope` as they stand there; null where an element is no text.
Result<QStringList> grantedTexts(const json_t *payload) {
  QStringList texts;
  if (const json_t *permissions = json_object_get(payload, "permissions")) {
    if (!json_is_array(permissions)) return failure(QStringLiteral("`permissions` is no array"));
    for (size_t i = 0; i < json_array_size(permissions); ++i) texts << toText(json_array_get(permissions, i));
    return texts;
  }
  const auto scope = textClaim(payload, "scope");
  if (!scope) return failure(scope.error());
  return scope->value_or(QString()).split(u' ', Qt::SkipEmptyParts);
}

Result<QString> subjectOf(const json_t *payload) {
  const auto subject = textClaim(payload, "sub");
  if (!subject) return failure(subject.error());
  if (*subject && !isName(**subject, longestSubject)) {
    return failure(QStringLiteral("`sub` is no name (allowed: 1 to 128 printable characters)"));
  }
  return subject->value_or(QString());
}

}  // namespace

JwtVerifier::JwtVerifier(JwsKey key, const JwtConfig &config)
    : m_key(std::move(key)), m_leeway(config.leeway), m_audience(config.audience), m_issuer(config.issuer) {}

Result<JwtVerifier> JwtVerifier::fromConfig(const JwtConfig &config) {
  auto key = JwsKey::fromText(config.algorithm, config.key.reveal());
  if (!key) return failure(key.error());
  return JwtVerifier(std::move(*key), config);
}

QString JwtVerifier::timeProblem(const json_t *payload, Time now) const {
  const auto expires = requiredTime(payload, "exp");
  if (!expires) return expires.error();
  if (now >= *expires + m_leeway) return QStringLiteral("the token has expired");
  for (const char *name : {"nbf", "iat"}) {
    const auto begins = timeClaim(payload, name);
    if (!begins) return begins.error();
    if (*begins && **begins > now + m_leeway) return QStringLiteral("the token is not valid yet");
  }
  return {};
}

QString JwtVerifier::audienceProblem(const json_t *audience) const {
  if (!m_audience) {
    // RFC 7519, 4.1.3: who does not know its own name must not take a token that is meant for somebody.
    return audience ? QStringLiteral("the token names an audience, auth.jwt.audience does not") : QString();
  }
  if (!audience) return QStringLiteral("`aud` is missing");
  if (isText(audience, *m_audience)) return {};
  for (size_t i = 0; i < json_array_size(audience); ++i) {
    if (isText(json_array_get(audience, i), *m_audience)) return {};
  }
  return QStringLiteral("the token is for another audience");
}

QString JwtVerifier::issuerProblem(const json_t *issuer) const {
  if (!m_issuer || isText(issuer, *m_issuer)) return {};
  return issuer ? QStringLiteral("the token is of another issuer") : QStringLiteral("`iss` is missing");
}

Result<JwtClaims> JwtVerifier::verify(const QByteArray &token, Time now) const {
  const auto payload = m_key.verify(token, {"", "jwt", "at+jwt"});
  if (!payload) return failure(payload.error());
  const json_t *claims = payload->get();
  for (const QString &problem : {timeProblem(claims, now), audienceProblem(json_object_get(claims, "aud")),
                                 issuerProblem(json_object_get(claims, "iss"))}) {
    if (!problem.isEmpty()) return failure(problem);
  }
  const auto subject = subjectOf(claims);
  if (!subject) return failure(subject.error());
  const auto texts = grantedTexts(claims);
  if (!texts) return failure(texts.error());

  JwtClaims result;
  result.subject = *subject;
  result.validUntil = *requiredTime(claims, "exp") + m_leeway;
  for (const QString &text : *texts) {
    if (const auto permission = Permissions::fromTexts({text})) {
      result.permissions += *permission;
    } else {
      ++result.unreadPermissions;
    }
  }
  return result;
}

}  // namespace tagwire::ws
