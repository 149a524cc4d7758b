// SPDX-License-Identifier: Apache-2.0
#include "endpoint.h"

#include <QUrl>

namespace tagwire::modbus {

Result<Endpoint> Endpoint::fromText(const QString &text) {
  const auto wrong = [](const char *what) {
    return failure(QStringLiteral("%1 (allowed: tcp://host:port)").arg(QString::fromLatin1(what)));
  };
  const QUrl url(text, QUrl::StrictMode);
  const QString scheme = text.section(u':', 0, 0).toLower();
  if (scheme == u"rtu" || scheme == u"rtu+tcp") {
    return failure(scheme + QStringLiteral(":// is not supported yet (allowed: tcp://host:port)"));
  }
  if (scheme != u"tcp" || !text.mid(scheme.size()).startsWith(u"://")) return wrong("not an endpoint");
  // Looked for in the text itself: a URL that is broken otherwise must not print its password either.
  if (text.contains(u'@')) return wrong("a user name or password has no place in an endpoint: Modbus TCP knows none");
  if (!url.isValid() || url.host().isEmpty()) return wrong("not a valid host and port");
  if (!url.path().isEmpty() || url.hasQuery() || url.hasFragment()) return wrong("nothing may follow the port");
  if (url.port(502) < 1) return wrong("port 0 can't be dialled");
  return Endpoint{url.host(), static_cast<quint16>(url.port(502))};
}

QString Endpoint::toText() const {
  const bool isIpv6 = host.contains(u':');
  return QStringLiteral("tcp://%1:%2").arg(isIpv6 ? QStringLiteral("[%1]").arg(host) : host).arg(port);
}

}  // namespace tagwire::modbus
