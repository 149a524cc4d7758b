// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/tokenstore.h"
#include "access/userstore.h"
#include "auth/browsersessions.h"
#include "auth/caller.h"
#include "auth/jwt.h"
#include "auth/rolebook.h"
#include "auth/sessioncookie.h"
#include "context.h"
#include "http/admission.h"
#include "wsconfig.h"

namespace tagwire::ws {

/// Tells who sends a request, by its Authorization header, its session cookie, or the lack of both (spec, "Where a
/// credential may stand"). Deny by default. Thread-bound; owned by the gateway.
class Authenticator {
 public:
  Authenticator(const WsConfig &config, PluginContext &context);
  ~Authenticator();
  Q_DISABLE_COPY_MOVE(Authenticator)

  /// Reads tokens, users and the key of browser sessions. Before the first request.
  Result<void> open();

  /// The caller; null when there is no credential and none of the anonymous permissions applies. Refusals: a credential
  /// that does not hold (403), more than one (400).
  tl::expected<CallerPointer, Refusal> identify(const Request &request, const Sender &sender) const;
  /// The caller of a first message's `access_token`. Errors never tell more than that it does not hold.
  Result<CallerPointer> identify(const QString &accessToken) const;
  /// The credential was neither revoked nor has it expired.
  bool holds(const Caller &caller) const;
  /// Why a browser's session may not write with this request (cross-site request forgery); nothing when it may.
  std::optional<Refusal> checkWrite(const Request &request, const Caller &caller) const;

  /// Looks whether tokens or users changed; once a second. True when open connections have to be looked at again.
  bool refresh();
  /// Why tokens or users are not those of their file; empty when all is well.
  QString trouble() const;

  /// For those who log people in and out and who administer tokens and users.
  BrowserSessions &sessions() const { return *m_sessions; }
  SessionCookie cookie(const Sender &sender) const {
    return SessionCookie(m_overTls || sender.overTls, m_sessions->site);
  }
  /// The caller of a user's session.
  Result<CallerPointer> callerOf(const SessionClaims &claims) const;
  /// What the browser's cookie says; nothing when it brings none that holds.
  std::optional<SessionClaims> sessionOf(const Request &request, const Sender &sender) const;
  const TokenStore &tokens() const { return m_tokens; }
  const UserStore &users() const { return m_users; }
  const Roles &roles() const { return m_roles->roles(); }

 private:
  CallerPointer byCookie(const Request &request, const Sender &sender) const;
  CallerPointer anonymous(const Request &request, const Sender &sender) const;
  Result<CallerPointer> byJwt(const QByteArray &text, Time now) const;
  void tellRefusedJwt(const QString &reason) const;

  PluginContext &m_context;
  Admission m_admission;
  CallerPointer m_anonymous;  ///< null: nobody gets in without a credential
  bool m_overTls;
  std::shared_ptr<RoleBook> m_roles;
  std::optional<JwtVerifier> m_jwt;
  TokenStore m_tokens;
  UserStore m_users;
  std::shared_ptr<BrowserSessions> m_sessions;
  mutable QString m_toldOfJwt;                                     ///< the reason that stands in the log last
  mutable QHash<QString, std::chrono::nanoseconds> m_toldOfJwtAt;  ///< by reason; there are a few dozen
};

}  // namespace tagwire::ws
