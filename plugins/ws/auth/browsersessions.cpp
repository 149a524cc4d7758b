// SPDX-License-Identifier: Apache-2.0
#include "browsersessions.h"

#include <QMessageAuthenticationCode>

#include <algorithm>

#include "auth/signingkey.h"

namespace tagwire::ws {

Result<QString> BrowserSessions::open(const QString &dataDir, Time now) {
  if (tokens) return QString();
  const auto key = signingKey(dataDir);
  if (!key) return failure(key.error());
  auto made = SessionTokens::withKey(*key, SessionLifetimes());
  if (!made) return failure(made.error());
  tokens = std::move(*made);
  site = QMessageAuthenticationCode::hash("name of the cookie", *key, QCryptographicHash::Sha256).toHex().left(8);
  const auto ended = readEndedSessions(dataDir);
  if (!ended) {
    tokens->endAllBefore(now);
    return ended.error() + QStringLiteral(" - which sessions ended is not known, so everybody has to log in again");
  }
  for (const EndedSession &each : *ended) tokens->end(each.session.toUtf8(), each.until, now);
  return QString();
}

void BrowserSessions::saw(const SessionClaims &claims, Time now) {
  Time &expiry = m_expiries[claims.csrf];
  expiry = std::max(expiry, claims.expires);
  if (m_expiries.size() <= mostRemembered) return;
  m_expiries.removeIf([now](const auto &each) { return each.value() <= now; });
  if (m_expiries.size() > mostRemembered) m_expiries.erase(std::min_element(m_expiries.begin(), m_expiries.end()));
}

bool BrowserSessions::holds(const Caller &caller, Time now) const {
  if (!tokens || tokens->hasEnded(caller.csrf)) return false;
  const Time shown = caller.expires.value_or(Time());
  return now < std::max(shown, m_expiries.value(caller.csrf));
}

EndedSession BrowserSessions::end(const SessionClaims &claims, Time now) {
  m_expiries.remove(claims.csrf);
  const Time until = tokens->endOf(claims);
  tokens->end(claims.csrf, until, now);
  return {QString::fromUtf8(claims.csrf), until};
}

}  // namespace tagwire::ws
