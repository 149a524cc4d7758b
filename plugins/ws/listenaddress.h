// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHostAddress>

#include "result.h"

namespace tagwire::ws {

/// Where the gateway listens. Plain value.
struct ListenAddress {
  static constexpr const char *form = "127.0.0.1:port or [::1]:port (0: any free port)";

  QHostAddress address;
  quint16 port = 0;

  /// Refuses everything but loopback addresses, as long as nobody has to prove who they are.
  static Result<ListenAddress> fromText(const QString &text);
};

/// "127.0.0.1:8080", "[::1]:8080"
QString addressText(const QHostAddress &address, quint16 port);

}  // namespace tagwire::ws
