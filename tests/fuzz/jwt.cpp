// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: credentials of the gateway. The first byte chooses: a token as it arrives, a header or a payload
// that is signed before it is read (so that what lies behind the signature is reached), a session's claims, or a Cookie
// field. What is accepted must be fit for use.
#include <cstddef>
#include <cstdlib>

#include "auth/jwt.h"
#include "auth/secretbytes.h"
#include "auth/sessioncookie.h"
#include "auth/sessiontokens.h"
#include "auth/tests/tokenmaker.h"

namespace {

using namespace tagwire;
using namespace tagwire::ws;

const QByteArray secret(32, 'k');
const Time now = fromMilliseconds(1'700'000'000'000);

const JwtVerifier &verifier() {
  static const JwtVerifier made = [] {
    JwtConfig config;
    config.key = Secret(QString::fromLatin1(secret));
    return std::move(*JwtVerifier::fromConfig(config));
  }();
  return made;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void useToken(const QByteArray &token) {
  const auto claims = verifier().verify(token, now);
  if (!claims) {
    require(!claims.error().isEmpty() && claims.error().size() < 100);
    return;
  }
  require(claims->validUntil > now);
  require(claims->subject.isEmpty() || isName(claims->subject, 128));
  for (const QString &permission : claims->permissions.texts()) require(permissionProblem(permission).isEmpty());
}

void useSession(const QByteArray &payload) {
  static const SessionTokens tokens = std::move(*SessionTokens::withKey(secret, {}));
  const QByteArray header = "{\"alg\":\"HS256\",\"typ\":\"tagwire-session+jwt\"}";
  const auto claims = tokens.verify(hs256Token(secret, payload, header), now);
  if (!claims) return;
  require(claims->expires > now);
  const auto renewed = tokens.renew(*claims, now);
  require(renewed.has_value());
  const auto again = tokens.verify(renewed->token, now);
  require(!again || again->user == claims->user);
}

void useCookie(const QByteArray &value) {
  Request request;
  request.fields.emplaceBack("cookie", value);
  for (const bool overTls : {false, true}) {
    const auto token = SessionCookie(overTls).tokenOf(request);
    require(!token || !token->contains(';'));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size) {
  if (size == 0) return 0;
  const QByteArray bytes(reinterpret_cast<const char *>(data) + 1, static_cast<qsizetype>(size - 1));
  switch (data[0] % 5) {
    case 0:
      useToken(bytes);
      break;
    case 1:
      useToken(hs256Token(secret, "{\"exp\":1700000060}", bytes));
      break;
    case 2:
      useToken(hs256Token(secret, bytes));
      break;
    case 3:
      useSession(bytes);
      break;
    default:
      useCookie(bytes);
  }
  return 0;
}
