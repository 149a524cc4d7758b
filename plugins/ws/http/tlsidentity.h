// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSslConfiguration>

#include "result.h"
#include "timestamp.h"
#include "wsconfig.h"

namespace tagwire::ws {

/// How the server proves who it is. Plain value.
struct TlsIdentity {
  QSslConfiguration configuration;
  QString warning;  ///< a certificate that clients will refuse today; empty: none

  /// Reads the certificate chain; the error names what is wrong with it or with the key. Reads a file: at check and
  /// start, not while clients are served.
  static Result<TlsIdentity> read(const TlsConfig &tls, Time now);
};

}  // namespace tagwire::ws
