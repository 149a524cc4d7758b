// SPDX-License-Identifier: Apache-2.0
#include "tlsidentity.h"

#include <QFile>
#include <QSslCertificate>
#include <QSslKey>

#include <memory>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace tagwire::ws {

namespace {

constexpr qint64 mostFileBytes = 1024 * 1024;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using PrivateKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio bioOf(const QByteArray &pem) { return {BIO_new_mem_buf(pem.constData(), static_cast<int>(pem.size())), &BIO_free}; }

/// Nobody is there to type a passphrase.
int noPassphrase(char *, int, int, void *) { return -1; }

/// Qt can't compare a private key with a certificate, and does not say why it takes neither.
Result<void> checkPair(const QByteArray &certificate, const QByteArray &key) {
  const auto asTold = [](const char *what) { return failure(QString::fromLatin1(what)); };
  const Bio certificateBio = bioOf(certificate);
  const Bio keyBio = bioOf(key);
  const Certificate own(PEM_read_bio_X509(certificateBio.get(), nullptr, &noPassphrase, nullptr), &X509_free);
  const PrivateKey secret(PEM_read_bio_PrivateKey(keyBio.get(), nullptr, &noPassphrase, nullptr), &EVP_PKEY_free);
  const bool fits = own && secret && X509_check_private_key(own.get(), secret.get()) == 1;
  ERR_clear_error();
  if (!own) return asTold("certificate: the first certificate in the file can't be read");
  if (!secret) return asTold("key: no private key can be read from it (allowed: PEM without a passphrase)");
  if (!fits) return asTold("key: does not belong to the certificate, which must stand first in its file");
  const int type = EVP_PKEY_base_id(secret.get());
  if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC) return asTold("key: of an unknown kind (allowed: RSA, EC)");
  return {};
}

QString warningAbout(const QSslCertificate &certificate, const QString &file, Time now) {
  const QDateTime today = QDateTime::fromMSecsSinceEpoch(toMilliseconds(now), Qt::UTC);
  const auto day = [](const QDateTime &when) { return when.toUTC().toString(Qt::ISODate); };
  if (certificate.expiryDate() < today) {
    return QStringLiteral("the certificate in %1 has expired at %2").arg(file, day(certificate.expiryDate()));
  }
  if (certificate.effectiveDate() > today) {
    return QStringLiteral("the certificate in %1 is valid only from %2").arg(file, day(certificate.effectiveDate()));
  }
  return {};
}

QSslKey keyFrom(const QByteArray &pem) {
  const QSslKey rsa(pem, QSsl::Rsa);
  return rsa.isNull() ? QSslKey(pem, QSsl::Ec) : rsa;
}

}  // namespace

Result<TlsIdentity> TlsIdentity::read(const TlsConfig &tls, Time now) {
  QFile file(tls.certificate);
  if (!file.open(QIODevice::ReadOnly)) {
    return failure(QStringLiteral("certificate: can't read %1: %2").arg(tls.certificate, file.errorString()));
  }
  const QByteArray pem = file.read(mostFileBytes);
  const QList<QSslCertificate> chain = QSslCertificate::fromData(pem, QSsl::Pem);
  if (chain.isEmpty()) {
    return failure(QStringLiteral("certificate: no certificate in %1 (allowed: PEM)").arg(tls.certificate));
  }
  const QByteArray keyPem = tls.key.reveal().toUtf8();
  if (const auto checked = checkPair(pem, keyPem); !checked) return tl::unexpected(checked.error());
  const QSslKey key = keyFrom(keyPem);
  if (key.isNull()) return failure(QStringLiteral("key: can't be used (allowed: RSA, EC)"));

  TlsIdentity identity;
  identity.configuration.setProtocol(QSsl::TlsV1_2OrLater);
  identity.configuration.setPeerVerifyMode(QSslSocket::VerifyNone);
  identity.configuration.setCaCertificates({});  // nobody is verified: don't load the system's for each client
  identity.configuration.setLocalCertificateChain(chain);
  identity.configuration.setPrivateKey(key);
  identity.warning = warningAbout(chain.first(), tls.certificate, now);
  return identity;
}

}  // namespace tagwire::ws
