// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/claims.h"
#include "wsconfig.h"

struct jose_cfg;

namespace tagwire::ws {

/// The key that tokens in JWS compact form (RFC 7515) are checked with and, if it is a secret, signed with. It fixes
/// the algorithm: what a token says of itself is compared, never followed. Reentrant; owned by who verifies or issues.
class JwsKey {
 public:
  static constexpr qsizetype longestToken = 8 * 1024;

  /// HS256. Errors: under 32 bytes (RFC 7518, 3.2) or over 1024.
  static Result<JwsKey> fromSecret(const QByteArray &secret);
  /// As the manifest gives it: the secret itself for HS256, else a PEM public key. Errors say what is allowed and hold
  /// nothing of the key.
  static Result<JwsKey> fromText(JwtAlgorithm algorithm, const QString &text);

  /// A token that this key has signed: its payload. `types` are the values of `typ` that are taken, in lower case; an
  /// empty one among them: `typ` may be absent. Errors are short and hold nothing of the token.
  Result<JsonPointer> verify(const QByteArray &token, const QByteArrayList &types) const;
  /// A token of this type. Errors: the key is a public one, or memory ran out.
  Result<QByteArray> sign(const char *type, const QByteArray &payload) const;

 private:
  struct JoseRelease {
    void operator()(struct jose_cfg *jose) const;
  };
  using JosePointer = std::unique_ptr<struct jose_cfg, JoseRelease>;

  JwsKey(JwtAlgorithm algorithm, JsonPointer jwk);
  static Result<JwsKey> fromPem(JwtAlgorithm algorithm, const QByteArray &pem);
  QString headerProblem(const json_t *header, const QByteArrayList &types) const;
  bool isSignatureRight(const QByteArrayList &parts) const;

  QByteArray m_algorithm;
  JsonPointer m_jwk;
  JosePointer m_jose;
};

}  // namespace tagwire::ws
