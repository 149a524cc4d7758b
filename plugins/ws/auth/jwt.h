// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/permissions.h"
#include "auth/jwskey.h"

namespace tagwire::ws {

/// What a JSON Web Token says of its bearer. Plain value.
struct JwtClaims {
  QString subject;                  ///< `sub`, fit to be shown; empty when absent. No user of ours, whatever it says
  Permissions permissions;          ///< the well-formed ones of `permissions`, or without that of `scope`
  qsizetype unreadPermissions = 0;  ///< those that are none of ours, "openid" say: dropped
  Time validUntil;                  ///< `exp` and the leeway: from here on nothing is allowed any more
};

/// Checks the JSON Web Tokens that somebody else has issued (RFC 7519, R3-6). Reentrant; owned by the gateway.
class JwtVerifier {
 public:
  /// Errors: what is wrong with the key, and what is allowed.
  static Result<JwtVerifier> fromConfig(const JwtConfig &config);

  /// Errors are short texts for a log or an answer; they hold nothing of the token.
  Result<JwtClaims> verify(const QByteArray &token, Time now) const;

 private:
  JwtVerifier(JwsKey key, const JwtConfig &config);
  QString timeProblem(const json_t *payload, Time now) const;
  QString audienceProblem(const json_t *audience) const;
  QString issuerProblem(const json_t *issuer) const;

  JwsKey m_key;
  std::chrono::seconds m_leeway;
  std::optional<QString> m_audience;
  std::optional<QString> m_issuer;
};

}  // namespace tagwire::ws
