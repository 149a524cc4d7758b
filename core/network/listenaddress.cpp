// SPDX-License-Identifier: Apache-2.0
#include "listenaddress.h"

namespace tagwire {

Result<ListenAddress> ListenAddress::fromText(const QString &text) {
  const auto refuse = [&](const QString &why) {
    return failure(QStringLiteral("\"%1\" %2 (allowed: %3)").arg(text, why, QString::fromLatin1(form)));
  };
  const qsizetype colon = text.lastIndexOf(u':');
  if (colon <= 0) return refuse(QStringLiteral("is no address with a port"));

  QString host = text.left(colon);
  const bool bracketed = host.startsWith(u'[') && host.endsWith(u']');
  if (bracketed) host = host.mid(1, host.size() - 2);
  // The one name that needs no look-up.
  if (host == QLatin1String("localhost")) host = QStringLiteral("127.0.0.1");
  ListenAddress listen;
  if (!listen.address.setAddress(host) || bracketed != (listen.address.protocol() == QHostAddress::IPv6Protocol)) {
    return refuse(QStringLiteral("has no numeric address before the port"));
  }
  bool ok = false;
  const QString digits = text.mid(colon + 1);
  listen.port = digits.toUShort(&ok);
  if (!ok || !digits.at(0).isDigit()) return refuse(QStringLiteral("has no port from 0 to 65535"));
  return listen;
}

QString addressText(const QHostAddress &address, quint16 port) {
  const bool isV6 = address.protocol() == QHostAddress::IPv6Protocol;
  return (isV6 ? QStringLiteral("[%1]:%2") : QStringLiteral("%1:%2")).arg(address.toString()).arg(port);
}

QString listenHint(bool isForbidden, bool isNoAddress) {
  if (isForbidden) {
    return QStringLiteral(
        " (for a port under 1024 the program needs the capability CAP_NET_BIND_SERVICE: "
        "AmbientCapabilities= in its unit, or take a port from 1024 on)");
  }
  if (isNoAddress) {
    return QStringLiteral(
        " (no interface of this machine has that address; allowed: one that `ip address` shows, or 0.0.0.0 for all)");
  }
  return {};
}

}  // namespace tagwire
