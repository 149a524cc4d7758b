// SPDX-License-Identifier: Apache-2.0
// Makes keys and signed tokens for tests with OpenSSL alone, so that nothing checks what it has made itself.
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <QByteArray>
#include <QString>

#include <memory>

#include "auth/secretbytes.h"

namespace tagwire::ws {

struct EvpRelease {
  void operator()(EVP_PKEY *key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX *context) const { EVP_MD_CTX_free(context); }
  void operator()(BIO *bio) const { BIO_free(bio); }
  void operator()(ECDSA_SIG *signature) const { ECDSA_SIG_free(signature); }
};
using EvpKey = std::unique_ptr<EVP_PKEY, EvpRelease>;

inline EvpKey makeRsaKey(int bits) {
  return EvpKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(bits)));
}
inline EvpKey makeCurveKey(const char *curve) { return EvpKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve)); }

inline QString textOf(BIO *bio) {
  char *start = nullptr;
  const long size = BIO_get_mem_data(bio, &start);
  return QString::fromLatin1(start, size);
}

inline QString publicPem(const EvpKey &key) {
  const std::unique_ptr<BIO, EvpRelease> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(bio.get(), key.get());
  return textOf(bio.get());
}

inline QString privatePem(const EvpKey &key) {
  const std::unique_ptr<BIO, EvpRelease> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return textOf(bio.get());
}

/// RFC 7515: the two parts that are signed.
inline QByteArray unsignedToken(const QByteArray &header, const QByteArray &payload) {
  return toBase64Url(header) + '.' + toBase64Url(payload);
}

inline QByteArray hmacSignature(const QByteArray &secret, const QByteArray &text) {
  unsigned char bytes[32];
  unsigned length = 0;
  HMAC(EVP_sha256(), secret.constData(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char *>(text.constData()), static_cast<size_t>(text.size()), bytes, &length);
  return QByteArray(reinterpret_cast<const char *>(bytes), length);
}

/// RSA: PKCS #1 v1.5; on a curve: DER.
inline QByteArray evpSignature(const EvpKey &key, const QByteArray &text) {
  const std::unique_ptr<EVP_MD_CTX, EvpRelease> context(EVP_MD_CTX_new());
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
  const auto *data = reinterpret_cast<const unsigned char *>(text.constData());
  size_t size = 0;
  EVP_DigestSign(context.get(), nullptr, &size, data, static_cast<size_t>(text.size()));
  QByteArray signature(static_cast<qsizetype>(size), '\0');
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char *>(signature.data()), &size, data,
                 static_cast<size_t>(text.size()));
  signature.truncate(static_cast<qsizetype>(size));
  return signature;
}

/// R and S behind each other, 32 bytes each (RFC 7518, 3.4).
inline QByteArray curveSignature(const EvpKey &key, const QByteArray &text) {
  const QByteArray der = evpSignature(key, text);
  const auto *start = reinterpret_cast<const unsigned char *>(der.constData());
  const std::unique_ptr<ECDSA_SIG, EvpRelease> signature(d2i_ECDSA_SIG(nullptr, &start, der.size()));
  QByteArray bytes(64, '\0');
  auto *out = reinterpret_cast<unsigned char *>(bytes.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + 32, 32);
  return bytes;
}

inline QByteArray hs256Token(const QByteArray &secret, const QByteArray &payload,
                             const QByteArray &header = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}") {
  const QByteArray text = unsignedToken(header, payload);
  return text + '.' + toBase64Url(hmacSignature(secret, text));
}

inline QByteArray rs256Token(const EvpKey &key, const QByteArray &payload) {
  const QByteArray text = unsignedToken("{\"alg\":\"RS256\"}", payload);
  return text + '.' + toBase64Url(evpSignature(key, text));
}

inline QByteArray es256Token(const EvpKey &key, const QByteArray &payload) {
  const QByteArray text = unsignedToken("{\"alg\":\"ES256\"}", payload);
  return text + '.' + toBase64Url(curveSignature(key, text));
}

}  // namespace tagwire::ws
