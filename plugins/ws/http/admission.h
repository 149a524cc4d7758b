// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHostAddress>

#include <optional>

#include "http/request.h"
#include "http/response.h"

namespace tagwire::ws {

/// Who may speak to us as long as nobody proves who they are: programs of this machine and its own pages. Keeps out
/// hostile web pages (Origin), DNS rebinding (Host) and what a proxy forwards from elsewhere. Plain class.
class Admission {
 public:
  Admission(const QList<QString> &allowedOrigins, const QList<QString> &trustedProxies);

  /// Nothing: the request may pass.
  std::optional<Refusal> check(const Request &request, const QHostAddress &peer) const;
  /// Whether a page of another origin may read our answers (CORS).
  bool isAllowedOrigin(const QByteArray &origin) const { return m_allowedOrigins.contains(origin); }

 private:
  bool isTrusted(const QHostAddress &address) const;
  bool comesFromHere(const Request &request, const QHostAddress &peer) const;

  QByteArrayList m_allowedOrigins;
  QList<std::pair<QHostAddress, int>> m_trustedProxies;
};

/// "localhost", 127.0.0.0/8 or [::1], with or without a port.
bool isLoopbackHost(const QByteArray &host);

}  // namespace tagwire::ws
