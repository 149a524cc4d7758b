// SPDX-License-Identifier: Apache-2.0
#include "brokerurl.h"

#include <QHostAddress>
#include <QUrl>

namespace tagwire::mqtt {

Result<BrokerUrl> BrokerUrl::fromText(const QString &text) {
  const auto no = [](const char *what) {
    return failure(QStringLiteral("%1 (allowed: %2)").arg(QString::fromUtf8(what), QString::fromUtf8(form)));
  };
  const QUrl url(text, QUrl::StrictMode);
  if (text.contains(u'@')) return no("the user and the password have keys of their own, `user` and `password`");
  if (!url.isValid() || (url.scheme() != u"mqtt" && url.scheme() != u"mqtts")) return no("not the URL of a broker");
  if (url.host().isEmpty()) return no("no host is named");
  if (url.port() == 0) return no("there is no port 0");
  if (url.hasQuery() || url.hasFragment() || url.path().size() > 1) return no("nothing may follow the port");
  BrokerUrl broker;
  broker.host = url.host();
  broker.isTls = url.scheme() == u"mqtts";
  broker.port = static_cast<quint16>(url.port(broker.isTls ? 8883 : 1883));
  return broker;
}

QString BrokerUrl::toText() const {
  const QString name = host.contains(u':') ? u'[' + host + u']' : host;
  return QStringLiteral("%1://%2:%3").arg(isTls ? QStringLiteral("mqtts") : QStringLiteral("mqtt"), name).arg(port);
}

bool BrokerUrl::isLoopback() const { return host == u"localhost" || QHostAddress(host).isLoopback(); }

}  // namespace tagwire::mqtt
