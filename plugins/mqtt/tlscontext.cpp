// SPDX-License-Identifier: Apache-2.0
#include "tlscontext.h"

#include <QFile>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace tagwire::mqtt {

namespace {

/// OpenSSL has no words for a file that is not there.
Result<void> checkReadable(const QString &name) {
  QFile file(name);
  if (file.open(QIODevice::ReadOnly)) return {};
  return failure(QStringLiteral("%1 can't be read: %2").arg(name, file.errorString()));
}

QString opensslError() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  const char *reason = code ? ERR_reason_error_string(code) : nullptr;
  return reason ? QString::fromLatin1(reason) : QStringLiteral("not understood");
}

bool isAddress(const QByteArray &host) {
  ASN1_OCTET_STRING *address = a2i_IPADDRESS(host.constData());
  ASN1_OCTET_STRING_free(address);
  ERR_clear_error();
  return address != nullptr;
}

/// What a context has beside OpenSSL's.
struct Peer {
  QByteArray host;
  QString trouble;
};

int peerIndex() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void *, void *peer, CRYPTO_EX_DATA *, int, long, void *) { delete static_cast<Peer *>(peer); });
  return index;
}

Peer *peerOf(const SSL_CTX *context) { return static_cast<Peer *>(SSL_CTX_get_ex_data(context, peerIndex())); }

/// What we, or the broker, said when giving up.
QString alertText(const SSL *ssl, int where, int alert) {
  const long verified = SSL_get_verify_result(ssl);
  if ((where & SSL_CB_WRITE) != 0 && verified != X509_V_OK) {
    return QStringLiteral("the broker's certificate is not good: %1")
        .arg(QLatin1String(X509_verify_cert_error_string(verified)));
  }
  // OpenSSL has no words for this one.
  const char *said =
      (alert & 0xff) == TLS13_AD_CERTIFICATE_REQUIRED ? "certificate required" : SSL_alert_desc_string_long(alert);
  const bool isOurs = (where & SSL_CB_WRITE) != 0;
  return (isOurs ? QStringLiteral("TLS does not work out: %1 (is TLS 1.2 or newer spoken at this port?)")
                 : QStringLiteral("the broker ended TLS: %1"))
      .arg(QLatin1String(said));
}

void watchHandshake(const SSL *ssl, int where, int value) {
  Peer *peer = peerOf(SSL_get_SSL_CTX(ssl));
  if ((where & SSL_CB_HANDSHAKE_START) != 0) {
    // Before the first message goes out: libmosquitto has put the address in the place of the name.
    auto *name = isAddress(peer->host) ? nullptr : peer->host.data();
    SSL_set_tlsext_host_name(const_cast<SSL *>(ssl), name);
  }
  // By the kind of the alert: TLS 1.3 (RFC 8446, 6) has an end of each, whatever level it was sent with, but of these.
  const int alert = value & 0xff;
  const bool isEnd = alert != SSL_AD_CLOSE_NOTIFY && alert != SSL_AD_USER_CANCELLED && alert != SSL_AD_NO_RENEGOTIATION;
  if ((where & SSL_CB_ALERT) != 0 && isEnd && peer->trouble.isEmpty()) peer->trouble = alertText(ssl, where, value);
}

Result<void> useKey(SSL_CTX *context, const TlsConfig &config) {
  if (const auto readable = checkReadable(config.certificate); !readable) return readable;
  const QByteArray file = QFile::encodeName(config.certificate);
  if (SSL_CTX_use_certificate_chain_file(context, file.constData()) != 1) {
    return failure(QStringLiteral("the certificate %1 can't be used: %2").arg(config.certificate, opensslError()));
  }
  const auto secret = config.key.again();
  const QByteArray pem = (secret ? *secret : config.key).reveal().toUtf8();
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.constData(), static_cast<int>(pem.size())),
                                                      &BIO_free);
  // No question at the terminal for a key with a password.
  const auto noPassword = [](char *, int, int, void *) { return -1; };
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, noPassword, nullptr), &EVP_PKEY_free);
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return failure(QStringLiteral("the key does not belong to the certificate %1, or has a password: %2")
                       .arg(config.certificate, opensslError()));
  }
  return {};
}

}  // namespace

void TlsConfig::describe(Shape<TlsConfig> &shape) {
  shape
      .optional("ca", &TlsConfig::ca,
                "PEM file with the authorities that may have signed the broker's certificate; "
                "those of the system if absent")
      .example("ca.pem");
  shape.optional("certificate", &TlsConfig::certificate, "PEM file with the client's own certificate chain")
      .example("client.pem");
  shape.optional("key", &TlsConfig::key, "its key, PEM");
}

Result<std::shared_ptr<ssl_ctx_st>> makeTlsContext(const TlsConfig &config, const QString &host) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (!context) return failure(opensslError());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const auto readable = config.ca.isEmpty() ? Result<void>() : checkReadable(config.ca);
  if (!readable) return failure(readable.error());
  const QByteArray ca = QFile::encodeName(config.ca);
  const int trusted = ca.isEmpty() ? SSL_CTX_set_default_verify_paths(context.get())
                                   : SSL_CTX_load_verify_locations(context.get(), ca.constData(), nullptr);
  if (trusted != 1)
    return failure(QStringLiteral("the authorities in %1 can't be used: %2").arg(config.ca, opensslError()));

  const QByteArray name = host.toUtf8();
  SSL_CTX_set_ex_data(context.get(), peerIndex(), new Peer{name, {}});
  SSL_CTX_set_info_callback(context.get(), &watchHandshake);
  X509_VERIFY_PARAM *verify = SSL_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int named = isAddress(name) ? X509_VERIFY_PARAM_set1_ip_asc(verify, name.constData())
                                    : X509_VERIFY_PARAM_set1_host(verify, name.constData(), 0);
  if (named != 1) return failure(opensslError());
  if (!config.certificate.isEmpty()) {
    if (const auto used = useKey(context.get(), config); !used) return failure(used.error());
  }
  return context;
}

QString tlsTrouble(const ssl_ctx_st &context) { return peerOf(&context)->trouble; }

}  // namespace tagwire::mqtt
