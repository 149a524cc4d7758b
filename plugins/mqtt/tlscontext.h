// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <memory>

#include "config.h"

struct ssl_ctx_st;

namespace tagwire::mqtt {

/// The key `tls`.
struct TlsConfig {
  QString ca;           ///< PEM file, absolute once read; empty: the system's
  QString certificate;  ///< PEM file with our own chain; empty: none
  Secret key;           ///< PEM

  static void describe(Shape<TlsConfig> &shape);
};

/// What a connection by TLS needs. libmosquitto is given the address that the broker's name stands for, so it can
/// neither name the broker to the server (SNI) nor compare the name with the certificate: this context does both, with
/// `host` (a name or an address). TLS 1.2 at least. Reads the files: small ones. Errors name the file, never the key.
Result<std::shared_ptr<ssl_ctx_st>> makeTlsContext(const TlsConfig &config, const QString &host);

/// Why a connection of this context failed, for people; empty: not by TLS, or nobody said why.
QString tlsTrouble(const ssl_ctx_st &context);

}  // namespace tagwire::mqtt
