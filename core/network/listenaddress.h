// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QAbstractSocket>
#include <QHostAddress>

#include "result.h"

namespace tagwire {

/// Where a plugin listens. Plain value.
struct ListenAddress {
  static constexpr const char *form = "127.0.0.1:port, 0.0.0.0:port or [::]:port (port 0: any free one)";

  QHostAddress address;
  quint16 port = 0;

  /// Takes numeric addresses and "localhost".
  static Result<ListenAddress> fromText(const QString &text);
  bool isLoopback() const { return address.isLoopback(); }
};

/// "127.0.0.1:8080", "[::1]:8080"
QString addressText(const QHostAddress &address, quint16 port);

/// What to do when nobody may listen there, or no interface of this machine has that address; begins with a blank, or
/// is empty.
QString listenHint(bool isForbidden, bool isNoAddress);
inline QString listenHint(QAbstractSocket::SocketError error) {
  return listenHint(error == QAbstractSocket::SocketAccessError,
                    error == QAbstractSocket::SocketAddressNotAvailableError);
}

}  // namespace tagwire
