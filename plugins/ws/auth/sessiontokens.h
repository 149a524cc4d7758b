// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "auth/jwskey.h"

namespace tagwire::ws {

/// How long a browser session lives. Plain value.
struct SessionLifetimes {
  std::chrono::seconds idle{30 * 60};        ///< of one token; renewed while in use
  std::chrono::seconds whole{12 * 60 * 60};  ///< from login, however much it is used
};

/// What the token of a session says. What its user may do is not in it: look that up at every use. Plain value.
struct SessionClaims {
  QString user;
  QString generation;  ///< of the user at login: when it is another one now, the session has ended
  QByteArray csrf;     ///< what a write must bring back in a header; the same over renewals, and the session's name
  Time issued;
  Time expires;
  Time started;  ///< the login
};

struct SessionToken {
  QByteArray token;
  SessionClaims claims;
};

/// Issues and checks the tokens of our own browser sessions: JSON Web Tokens of a type that nothing else has, signed
/// with a key that never leaves this machine. Reentrant; owned by the gateway.
class SessionTokens {
 public:
  static constexpr qsizetype longestName = 128;  ///< of a user and of a generation

  /// `key` as of signingKey(). Errors: it is too short.
  static Result<SessionTokens> withKey(const QByteArray &key, SessionLifetimes lifetimes);

  /// After a login. Errors: a name that is empty, too long or not printable, no random bytes.
  Result<SessionToken> issue(const QString &user, const QString &generation, Time now) const;
  /// Compare `generation` of what comes out with the user's. Errors are short and hold nothing of the token.
  Result<SessionClaims> verify(const QByteArray &token, Time now) const;
  /// More than half of the token's life is over, and a new one would live longer.
  bool isRenewalDue(const SessionClaims &claims, Time now) const;
  /// The same session with a new token, which never lives longer than the session. `claims` as of verify().
  Result<SessionToken> renew(const SessionClaims &claims, Time now) const;
  /// Logout: tokens of this session (its csrf) are refused from now on; `until` as of endOf(). Remembers 10,000
  /// sessions, those that would end last.
  void end(const QByteArray &session, Time until, Time now);
  void end(const SessionClaims &claims, Time now) { end(claims.csrf, endOf(claims), now); }
  /// When the session ends, however often it is renewed.
  Time endOf(const SessionClaims &claims) const { return claims.started + m_lifetimes.whole; }
  /// Every session that began before this.
  void endAllBefore(Time time);
  bool hasEnded(const QByteArray &csrf) const { return m_ended.contains(csrf); }

 private:
  SessionTokens(JwsKey key, SessionLifetimes lifetimes) : m_key(std::move(key)), m_lifetimes(lifetimes) {}
  Time expiryOf(Time issued, Time started) const;
  Result<SessionToken> sign(SessionClaims claims) const;

  JwsKey m_key;
  SessionLifetimes m_lifetimes;
  Time m_earliest;                  ///< sessions that began before have ended
  QHash<QByteArray, Time> m_ended;  ///< by csrf: when it would have ended by itself
};

}  // namespace tagwire::ws
