// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHostAddress>

#include <optional>

#include "http/request.h"
#include "http/response.h"

namespace tagwire::ws {

/// Where a request comes from, looked at through the proxies that the manifest trusts. Plain value.
struct Sender {
  QHostAddress address;  ///< the client's own
  QString text;          ///< "<ip>:<port>"; behind a proxy the port is that of the proxy's connection
  bool overTls = false;  ///< a trusted proxy says so
  bool isDirect = true;  ///< no proxy, or only proxies of ours, each naming whom it speaks for
};

/// Judges where a request comes from, without its credential: through which proxies, from which page. Keeps hostile web
/// pages out (Origin) and DNS rebinding away from what is open on loopback (Host). Plain class.
class Admission {
 public:
  /// `overTls`: we speak TLS ourselves.
  Admission(const QList<QString> &allowedOrigins, const QList<QString> &trustedProxies, bool overTls);

  Sender sender(const Request &request, const QHostAddress &peer, quint16 peerPort) const;
  /// Nothing: the page that sends it, if one does, is ours or an allowed one.
  std::optional<Refusal> checkOrigin(const Request &request, const Sender &sender) const;
  /// The client is a program of this machine or one of our own pages in its browser: what may go without a credential.
  bool isLocal(const Request &request, const Sender &sender) const;
  /// Exactly one Origin, and it is the server that the request goes to: https where the client speaks TLS, else http.
  bool isOwnPage(const Request &request, const Sender &sender) const;
  /// Whether a page of another origin may read our answers (CORS).
  bool isAllowedOrigin(const QByteArray &origin) const { return m_allowedOrigins.contains(origin); }
  /// One of the manifest's proxies.
  bool isTrusted(const QHostAddress &address) const;

 private:
  bool isSameOrigin(const Request &request, const Sender &sender) const;

  QByteArrayList m_allowedOrigins;
  QList<std::pair<QHostAddress, int>> m_trustedProxies;
  bool m_overTls;
};

/// "localhost", 127.0.0.0/8 or [::1], with or without a port.
bool isLoopbackHost(const QByteArray &host);

}  // namespace tagwire::ws
