// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>

#include <memory>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace tagwire::cluster {

/// An NKey of a user, an account or an operator, made on the spot.
class NatsKey {
 public:
  enum class Kind { User = 20, Account = 0, Operator = 14 };  ///< their letters' places: U, A, O

  explicit NatsKey(Kind kind = Kind::User) {
    QByteArray bytes(32, '\0');
    RAND_bytes(reinterpret_cast<unsigned char *>(bytes.data()), 32);
    const PrivateKey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                                      reinterpret_cast<const unsigned char *>(bytes.constData()), 32),
                         &EVP_PKEY_free);
    QByteArray open(32, '\0');
    size_t size = 32;
    EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char *>(open.data()), &size);
    // The letter of the kind, five bits wide, stands before the key; 'S' and that letter before the seed.
    const int letter = static_cast<int>(kind) << 3;
    constexpr int seed = 18 << 3;
    m_public = encoded(QByteArray(1, static_cast<char>(letter)) + open);
    m_seed =
        encoded(QByteArray(1, static_cast<char>(seed | (letter >> 5))) + static_cast<char>((letter & 31) << 3) + bytes);
    m_private = bytes;
  }
  /// A JWT that this key has issued: what `nats` says of `subject`.
  QByteArray jwt(const QByteArray &subject, const QByteArray &nats) const {
    const auto part = [](const QByteArray &json) {
      return json.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
    };
    const QByteArray claims = "{\"jti\":\"" + subject + "\",\"iat\":1700000000,\"iss\":\"" + m_public +
                              "\",\"name\":\"test\",\"sub\":\"" + subject + "\",\"nats\":" + nats + '}';
    const QByteArray text = part("{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}") + '.' + part(claims);
    return text + '.' + part(signatureOf(text));
  }
  const QByteArray &publicKey() const { return m_public; }
  const QByteArray &seed() const { return m_seed; }

 private:
  using PrivateKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  QByteArray signatureOf(const QByteArray &text) const {
    const PrivateKey key(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                     reinterpret_cast<const unsigned char *>(m_private.constData()), 32),
        &EVP_PKEY_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get());
    QByteArray signature(64, '\0');
    size_t size = 64;
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char *>(signature.data()), &size,
                   reinterpret_cast<const unsigned char *>(text.constData()), static_cast<size_t>(text.size()));
    return signature;
  }
  static QByteArray encoded(QByteArray bytes) {
    quint16 sum = 0;  // CRC-16/XMODEM
    for (const char each : std::as_const(bytes)) {
      sum ^= static_cast<quint16>(static_cast<unsigned char>(each) << 8);
      for (int bit = 0; bit < 8; ++bit) sum = static_cast<quint16>((sum & 0x8000) ? (sum << 1) ^ 0x1021 : sum << 1);
    }
    bytes.append(static_cast<char>(sum & 0xff)).append(static_cast<char>(sum >> 8));
    QByteArray text;  // base 32 without padding
    quint32 kept = 0;
    int bits = 0;
    for (const char each : std::as_const(bytes)) {
      kept = (kept << 8) | static_cast<unsigned char>(each);
      for (bits += 8; bits >= 5; bits -= 5) text += letters[(kept >> (bits - 5)) & 31];
      kept &= (1U << bits) - 1;
    }
    if (bits > 0) text += letters[(kept << (5 - bits)) & 31];
    return text;
  }
  static constexpr const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  QByteArray m_public;
  QByteArray m_seed;
  QByteArray m_private;
};

/// A certificate of 127.0.0.1 that signs itself, as PEM: certificate, key.
inline std::pair<QByteArray, QByteArray> loopbackCertificate() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), &X509_free);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key.get());
  X509_NAME *name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char *>("nats"), -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  for (const auto &[what, value] :
       {std::pair{NID_subject_alt_name, "IP:127.0.0.1"}, std::pair{NID_basic_constraints, "critical,CA:TRUE"}}) {
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, what, value), &X509_EXTENSION_free);
    X509_add_ext(made.get(), extension.get(), -1);
  }
  X509_sign(made.get(), key.get(), EVP_sha256());
  const auto text = [](const auto &write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
    write(out.get());
    char *data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return QByteArray(data, size);
  };
  return {text([&](BIO *out) { PEM_write_bio_X509(out, made.get()); }),
          text([&](BIO *out) { PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); })};
}

}  // namespace tagwire::cluster
