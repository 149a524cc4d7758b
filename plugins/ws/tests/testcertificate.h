// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QFile>
#include <QTemporaryDir>

#include <memory>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "wsconfig.h"

namespace tagwire::ws {

/// A self-signed certificate and its key as PEM, made on the spot.
class TestCertificate {
 public:
  /// Good for an hour, beginning `validFrom` seconds from now; RSA or else P-256.
  explicit TestCertificate(const char *name, long validFrom = -60, bool isRsa = false)
      : m_key(isRsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), &EVP_PKEY_free) {
    const std::unique_ptr<X509, decltype(&X509_free)> own(X509_new(), &X509_free);
    X509_set_version(own.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(own.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(own.get()), validFrom);
    X509_gmtime_adj(X509_getm_notAfter(own.get()), validFrom + 3600);
    X509_set_pubkey(own.get(), m_key.get());
    X509_NAME *subject = X509_get_subject_name(own.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char *>(name), -1, -1, 0);
    X509_set_issuer_name(own.get(), subject);
    X509_sign(own.get(), m_key.get(), EVP_sha256());
    m_certificate = written([&](BIO *out) { PEM_write_bio_X509(out, own.get()); });
  }

  const QByteArray &certificate() const { return m_certificate; }
  /// Encrypted, if there is a passphrase.
  QByteArray key(const char *passphrase = nullptr) const {
    return written([&](BIO *out) {
      PEM_write_bio_PrivateKey(out, m_key.get(), passphrase ? EVP_aes_128_cbc() : nullptr, nullptr, 0, nullptr,
                               const_cast<char *>(passphrase));
    });
  }
  /// With the certificate written to a file of that folder.
  TlsConfig config(const QTemporaryDir &folder) const {
    QFile file(folder.filePath(QStringLiteral("certificate.pem")));
    if (file.open(QIODevice::WriteOnly | QIODevice::Truncate)) file.write(m_certificate);
    return {file.fileName(), Secret(QString::fromLatin1(key()))};
  }

 private:
  template <class Writer>
  static QByteArray written(const Writer &writer) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
    writer(out.get());
    char *text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, size};
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> m_key;
  QByteArray m_certificate;
};

}  // namespace tagwire::ws
