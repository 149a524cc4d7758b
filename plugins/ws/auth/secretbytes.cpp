// SPDX-License-Identifier: Apache-2.0
#include "auth/secretbytes.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace tagwire::ws {

namespace {
constexpr QByteArray::Base64Options base64Url = QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals;
}  // namespace

Result<QByteArray> randomBytes(qsizetype count) {
  QByteArray bytes(count, '\0');
  if (RAND_priv_bytes(reinterpret_cast<unsigned char *>(bytes.data()), static_cast<int>(count)) == 1) return bytes;
  return failure(QStringLiteral("the system's random generator has failed"));
}

bool isSameSecret(QByteArrayView one, QByteArrayView other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), static_cast<size_t>(one.size())) == 0;
}

QByteArray toBase64Url(QByteArrayView bytes) { return bytes.toByteArray().toBase64(base64Url); }

QByteArray fromBase64Url(const QByteArray &text) {
  const QByteArray bytes = QByteArray::fromBase64(text, base64Url);
  // Qt skips what is no Base64; one text in one spelling is left.
  if (bytes.isEmpty() || toBase64Url(bytes) != text) return {};
  return bytes;
}

}  // namespace tagwire::ws
