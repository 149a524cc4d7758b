// SPDX-License-Identifier: Apache-2.0
#include "auth/sessiontokens.h"

#include <QJsonDocument>
#include <QJsonObject>

#include "auth/secretbytes.h"

namespace tagwire::ws {

namespace {

constexpr char tokenType[] = "tagwire-session+jwt";
constexpr qsizetype csrfBytes = 24;
constexpr qsizetype mostEnded = 10'000;
constexpr std::chrono::seconds clockStep{10};  // the machine's clock may be set back a little

Time wholeSecond(Time time) { return std::chrono::floor<std::chrono::seconds>(time); }

qint64 secondsOf(Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

QByteArray payloadOf(const SessionClaims &claims) {
  const QJsonObject payload{{QStringLiteral("sub"), claims.user},
                            {QStringLiteral("gen"), claims.generation},
                            {QStringLiteral("csrf"), QString::fromLatin1(claims.csrf)},
                            {QStringLiteral("iat"), secondsOf(claims.issued)},
                            {QStringLiteral("exp"), secondsOf(claims.expires)},
                            {QStringLiteral("start"), secondsOf(claims.started)}};
  return QJsonDocument(payload).toJson(QJsonDocument::Compact);
}

Result<SessionClaims> claimsOf(const json_t *payload) {
  SessionClaims claims;
  QString csrf;
  for (const auto &[name, text] : {std::pair{"sub", &claims.user}, {"gen", &claims.generation}, {"csrf", &csrf}}) {
    const auto found = requiredText(payload, name);
    if (!found) return failure(found.error());
    *text = *found;
  }
  claims.csrf = csrf.toUtf8();
  for (const auto &[name, time] :
       {std::pair{"iat", &claims.issued}, {"exp", &claims.expires}, {"start", &claims.started}}) {
    const auto found = requiredTime(payload, name);
    if (!found) return failure(found.error());
    *time = *found;
  }
  return claims;
}

}  // namespace

Result<SessionTokens> SessionTokens::withKey(const QByteArray &key, SessionLifetimes lifetimes) {
  auto jwsKey = JwsKey::fromSecret(key);
  if (!jwsKey) return failure(QStringLiteral("the signing key ") + jwsKey.error());
  return SessionTokens(std::move(*jwsKey), lifetimes);
}

Time SessionTokens::expiryOf(Time issued, Time started) const {
  return std::min(issued + m_lifetimes.idle, started + m_lifetimes.whole);
}

Result<SessionToken> SessionTokens::sign(SessionClaims claims) const {
  const auto token = m_key.sign(tokenType, payloadOf(claims));
  if (!token) return failure(token.error());
  return SessionToken{*token, std::move(claims)};
}

Result<SessionToken> SessionTokens::issue(const QString &user, const QString &generation, Time now) const {
  if (!isName(user, longestName) || !isName(generation, longestName)) {
    return failure(QStringLiteral("no session for this name (allowed: 1 to 128 printable characters)"));
  }
  const auto random = randomBytes(csrfBytes);
  if (!random) return failure(random.error());
  const Time start = wholeSecond(now);
  return sign({user, generation, toBase64Url(*random), start, expiryOf(start, start), start});
}

Result<SessionClaims> SessionTokens::verify(const QByteArray &token, Time now) const {
  const auto payload = m_key.verify(token, {tokenType});
  if (!payload) return failure(payload.error());
  const auto claims = claimsOf(payload->get());
  if (!claims) return claims;
  if (claims->issued > now + clockStep || claims->started > claims->issued) {
    return failure(QStringLiteral("the session is from the future"));
  }
  // Also by today's lifetimes, should they have been longer when it was issued.
  const bool isOver = now >= std::min(claims->expires, expiryOf(claims->issued, claims->started));
  if (isOver || claims->started < m_earliest || m_ended.contains(claims->csrf)) {
    return failure(QStringLiteral("the session has ended"));
  }
  return claims;
}

bool SessionTokens::isRenewalDue(const SessionClaims &claims, Time now) const {
  return now > claims.issued + (claims.expires - claims.issued) / 2 &&
         expiryOf(wholeSecond(now), claims.started) > claims.expires;
}

Result<SessionToken> SessionTokens::renew(const SessionClaims &claims, Time now) const {
  SessionClaims renewed = claims;
  renewed.issued = wholeSecond(now);
  renewed.expires = expiryOf(renewed.issued, claims.started);
  return sign(std::move(renewed));
}

void SessionTokens::endAllBefore(Time time) { m_earliest = wholeSecond(time); }

void SessionTokens::end(const QByteArray &session, Time until, Time now) {
  m_ended.insert(session, until);
  if (m_ended.size() <= mostEnded) return;
  m_ended.removeIf([now](const auto &each) { return each.value() <= now; });
  if (m_ended.size() > mostEnded) m_ended.erase(std::min_element(m_ended.begin(), m_ended.end()));
}

}  // namespace tagwire::ws
