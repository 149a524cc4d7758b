// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>

#include <memory>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace tagwire {

/// A certificate authority of the test's own and a server's certificate that it signed, good for an hour.
class TestAuthority {
 public:
  /// `server`: as in subjectAltName, "IP:127.0.0.1".
  explicit TestAuthority(const char *server) : m_key(EVP_EC_gen("P-256")), m_serverKey(EVP_EC_gen("P-256")) {
    const Certificate own = make("authority", m_key.get(), NID_basic_constraints, "critical,CA:TRUE");
    authority = pem([&](BIO *out) { PEM_write_bio_X509(out, own.get()); });
    const Certificate leaf = make("server", m_serverKey.get(), NID_subject_alt_name, server);
    certificate = pem([&](BIO *out) { PEM_write_bio_X509(out, leaf.get()); });
    key =
        pem([&](BIO *out) { PEM_write_bio_PrivateKey(out, m_serverKey.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }

  QByteArray authority;
  QByteArray certificate;
  QByteArray key;

 private:
  struct Free {
    void operator()(X509 *x) const { X509_free(x); }
    void operator()(EVP_PKEY *x) const { EVP_PKEY_free(x); }
    void operator()(BIO *x) const { BIO_free(x); }
    void operator()(X509_EXTENSION *x) const { X509_EXTENSION_free(x); }
  };
  using Certificate = std::unique_ptr<X509, Free>;

  Certificate make(const char *name, EVP_PKEY *of, int extension, const char *value) const {
    Certificate made(X509_new());
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), of == m_key.get() ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), of);
    setName(X509_get_subject_name(made.get()), name);
    setName(X509_get_issuer_name(made.get()), "authority");
    const std::unique_ptr<X509_EXTENSION, Free> more(X509V3_EXT_conf_nid(nullptr, nullptr, extension, value));
    X509_add_ext(made.get(), more.get(), -1);
    X509_sign(made.get(), m_key.get(), EVP_sha256());
    return made;
  }
  static void setName(X509_NAME *name, const char *text) {
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char *>(text), -1, -1, 0);
  }
  template <class Writer>
  static QByteArray pem(const Writer &writer) {
    const std::unique_ptr<BIO, Free> out(BIO_new(BIO_s_mem()));
    writer(out.get());
    char *text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, size};
  }

  std::unique_ptr<EVP_PKEY, Free> m_key;
  std::unique_ptr<EVP_PKEY, Free> m_serverKey;
};

/// For a server that has its certificate.
inline QSslConfiguration tlsOf(const TestAuthority &authority) {
  QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
  tls.setLocalCertificate(QSslCertificate(authority.certificate));
  tls.setPrivateKey(QSslKey(authority.key, QSsl::Ec));
  tls.setPeerVerifyMode(QSslSocket::VerifyNone);
  return tls;
}

}  // namespace tagwire
