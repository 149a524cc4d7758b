// SPDX-License-Identifier: Apache-2.0
#include "auth/jwskey.h"

#include <openssl/err.h>
#include <openssl/pem.h>
extern "C" {  // which libjose's headers do not say themselves
#include <jose/jws.h>
#include <jose/openssl.h>
}

#include "auth/secretbytes.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype shortestSecret = 32;
constexpr qsizetype longestSecret = 1024;  // libjose takes no more
constexpr int smallestRsaKey = 2048;
constexpr int largestRsaKey = 8192;

struct BioRelease {
  void operator()(BIO *bio) const { BIO_free(bio); }
};
struct KeyRelease {
  void operator()(EVP_PKEY *key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX *context) const { EVP_PKEY_CTX_free(context); }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, KeyRelease>;

/// OpenSSL keeps errors per thread until somebody asks; a TLS socket of this thread would take ours for its own.
class ErrorQueueGuard {
 public:
  ErrorQueueGuard() = default;
  ~ErrorQueueGuard() { ERR_clear_error(); }
  Q_DISABLE_COPY_MOVE(ErrorQueueGuard)
};

QByteArray algorithmName(JwtAlgorithm algorithm) { return enumWords(algorithm)[static_cast<size_t>(algorithm)].first; }

/// libjose writes to stderr by itself, and what it writes may come from a token.
void ignoreError(void *, const char *, int, uint64_t, const char *, va_list) {}

jose_cfg_t *quietJose() {
  jose_cfg_t *jose = jose_cfg();
  jose_cfg_set_err_func(jose, ignoreError, nullptr);
  return jose;
}

KeyPointer readPublicKey(const QByteArray &pem) {
  const std::unique_ptr<BIO, BioRelease> bio(BIO_new_mem_buf(pem.constData(), static_cast<int>(pem.size())));
  char noPassword[] = "";  // else OpenSSL asks the terminal
  return KeyPointer(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, noPassword));
}

bool isSound(EVP_PKEY *key) {
  const std::unique_ptr<EVP_PKEY_CTX, KeyRelease> context(EVP_PKEY_CTX_new(key, nullptr));
  return context && EVP_PKEY_public_check(context.get()) == 1;
}

QString rsaProblem(EVP_PKEY *key) {
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
    return QStringLiteral("is no RSA key (allowed for RS256: an RSA public key)");
  }
  const int bits = EVP_PKEY_get_bits(key);
  if (bits >= smallestRsaKey && bits <= largestRsaKey) return {};
  return QStringLiteral("is an RSA key of %1 bits (allowed: %2 to %3)")
      .arg(bits)
      .arg(smallestRsaKey)
      .arg(largestRsaKey);
}

QString curveProblem(EVP_PKEY *key) {
  char group[32] = {};
  const bool isCurve =
      EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_group_name(key, group, sizeof(group), nullptr) == 1;
  if (isCurve && QByteArrayView(group) == QByteArrayView("prime256v1")) return {};
  return QStringLiteral("is no key on the curve P-256 (allowed for ES256: a P-256 public key)");
}

QString pemProblem(JwtAlgorithm algorithm, const QByteArray &pem) {
  const QString allowed = QStringLiteral(" (allowed for %1: one public key, -----BEGIN PUBLIC KEY-----)")
                              .arg(QString::fromLatin1(algorithmName(algorithm)));
  const qsizetype blocks = pem.count("-----BEGIN ");
  if (blocks == 0) return QStringLiteral("is no PEM text") + allowed;
  if (pem.contains("PRIVATE KEY-----")) return QStringLiteral("is a private key") + allowed;
  if (blocks > 1) return QStringLiteral("holds more than one key") + allowed;
  const KeyPointer key = readPublicKey(pem);
  if (!key) return QStringLiteral("holds no public key that can be read") + allowed;
  const QString problem = algorithm == JwtAlgorithm::RS256 ? rsaProblem(key.get()) : curveProblem(key.get());
  if (!problem.isEmpty()) return problem;
  return isSound(key.get()) ? QString() : QStringLiteral("is a broken public key") + allowed;
}

bool isOneOf(const QByteArrayList &types, const json_t *type) {
  if (!type) return types.contains(QByteArray());
  if (!json_is_string(type)) return false;
  QByteArray name = QByteArray(json_string_value(type)).toLower();
  if (name.startsWith("application/")) name.remove(0, 12);  // RFC 7515, 4.1.9
  return !name.isEmpty() && types.contains(name);
}

}  // namespace

void JwsKey::JoseRelease::operator()(jose_cfg_t *jose) const { jose_cfg_decref(jose); }

JwsKey::JwsKey(JwtAlgorithm algorithm, JsonPointer jwk)
    : m_algorithm(algorithmName(algorithm)), m_jwk(std::move(jwk)), m_jose(quietJose()) {
  json_object_set_new(m_jwk.get(), "alg", json_string(m_algorithm.constData()));
}

Result<JwsKey> JwsKey::fromSecret(const QByteArray &secret) {
  if (secret.size() < shortestSecret || secret.size() > longestSecret) {
    return failure(QStringLiteral("has %1 bytes (allowed for HS256: %2 to %3 bytes, RFC 7518, 3.2)")
                       .arg(secret.size())
                       .arg(shortestSecret)
                       .arg(longestSecret));
  }
  JsonPointer jwk(json_pack("{s:s, s:s}", "kty", "oct", "k", toBase64Url(secret).constData()));
  return JwsKey(JwtAlgorithm::HS256, std::move(jwk));
}

Result<JwsKey> JwsKey::fromText(JwtAlgorithm algorithm, const QString &text) {
  const ErrorQueueGuard guard;
  const QByteArray bytes = text.toUtf8();
  if (algorithm != JwtAlgorithm::HS256) return fromPem(algorithm, bytes);
  if (bytes.contains("-----BEGIN ")) {
    // Everybody who knows a public key could sign with it.
    return failure(QStringLiteral("is a PEM text (allowed for HS256: a secret; for a public key set RS256 or ES256)"));
  }
  return fromSecret(bytes);
}

Result<JwsKey> JwsKey::fromPem(JwtAlgorithm algorithm, const QByteArray &pem) {
  const QString problem = pemProblem(algorithm, pem);
  if (!problem.isEmpty()) return failure(problem);
  const JosePointer jose(quietJose());
  JsonPointer jwk(jose_openssl_jwk_from_EVP_PKEY(jose.get(), readPublicKey(pem).get()));
  if (!jwk) return failure(QStringLiteral("is a public key of an unusual kind"));
  return JwsKey(algorithm, std::move(jwk));
}

QString JwsKey::headerProblem(const json_t *header, const QByteArrayList &types) const {
  const json_t *algorithm = json_object_get(header, "alg");
  if (!json_is_string(algorithm) || m_algorithm != json_string_value(algorithm)) {
    return QStringLiteral("the token is not signed with %1").arg(QString::fromLatin1(m_algorithm));
  }
  for (const char *name : {"crit", "b64"}) {
    if (json_object_get(header, name)) {
      return QStringLiteral("the token's header asks for `%1`").arg(QString::fromLatin1(name));
    }
  }
  if (!isOneOf(types, json_object_get(header, "typ"))) return QStringLiteral("the token is of another type");
  return {};
}

bool JwsKey::isSignatureRight(const QByteArrayList &parts) const {
  const ErrorQueueGuard guard;
  const JsonPointer jws(json_pack("{s:s, s:s, s:s}", "protected", parts[0].constData(), "payload", parts[1].constData(),
                                  "signature", parts[2].constData()));
  return jws && jose_jws_ver(m_jose.get(), jws.get(), nullptr, m_jwk.get(), false);
}

Result<JsonPointer> JwsKey::verify(const QByteArray &token, const QByteArrayList &types) const {
  if (token.size() > longestToken) return failure(QStringLiteral("the token is longer than 8 KiB"));
  const QByteArrayList parts = token.split('.');
  if (parts.size() != 3) return failure(QStringLiteral("the token has not three parts"));
  for (const QByteArray &part : parts) {
    if (fromBase64Url(part).isEmpty()) return failure(QStringLiteral("the token is no base64url"));
  }
  const JsonPointer header = parseObject(fromBase64Url(parts[0]));
  if (!header) return failure(QStringLiteral("the token's header is no JSON object"));
  const QString problem = headerProblem(header.get(), types);
  if (!problem.isEmpty()) return failure(problem);
  if (!isSignatureRight(parts)) return failure(QStringLiteral("the token's signature is wrong"));
  JsonPointer payload = parseObject(fromBase64Url(parts[1]));
  if (!payload) return failure(QStringLiteral("the token's payload is no JSON object"));
  return payload;
}

Result<QByteArray> JwsKey::sign(const char *type, const QByteArray &payload) const {
  const ErrorQueueGuard guard;
  const JsonPointer jws(json_pack("{s:s}", "payload", toBase64Url(payload).constData()));
  json_t *signature = json_pack("{s:{s:s, s:s}}", "protected", "alg", m_algorithm.constData(), "typ", type);
  const JsonPointer keptSignature(signature);
  if (!jws || !jose_jws_sig(m_jose.get(), jws.get(), signature, m_jwk.get())) {
    return failure(QStringLiteral("the token could not be signed"));
  }
  QByteArrayList parts;
  for (const char *name : {"protected", "payload", "signature"}) {
    parts << json_string_value(json_object_get(jws.get(), name));
  }
  return parts.join('.');
}

}  // namespace tagwire::ws
