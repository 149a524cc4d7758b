// SPDX-License-Identifier: Apache-2.0
#include "endpoint.h"

#include <QUrl>
#include <QUrlQuery>

namespace tagwire::modbus {
namespace {

tl::unexpected<QString> wrong(const QString &what, const char *allowed) {
  return failure(QStringLiteral("%1 (allowed: %2)").arg(what, QString::fromUtf8(allowed)));
}

constexpr const char *tcpForms = "tcp://host:port, rtu+tcp://host:port";
constexpr const char *serialForm = "rtu:///dev/ttyUSB0?baud=19200&parity=even&stop=1";
constexpr const char *allForms =
    "tcp://host:port, rtu+tcp://host:port, rtu:///dev/ttyUSB0?baud=19200&parity=even&stop=1";

Result<Endpoint> overTcp(const QUrl &url, Transport transport) {
  if (!url.isValid() || url.host().isEmpty()) return wrong(QStringLiteral("not a valid host and port"), tcpForms);
  if (!url.path().isEmpty() || url.hasQuery() || url.hasFragment()) {
    return wrong(QStringLiteral("nothing may follow the port"), tcpForms);
  }
  Endpoint endpoint;
  endpoint.transport = transport;
  endpoint.host = url.host();
  endpoint.port = static_cast<quint16>(url.port(502));
  return endpoint;
}

Result<int> numberWithin(const QString &text, int lowest, int highest, const char *what) {
  bool ok = false;
  const int number = text.toInt(&ok);
  if (ok && number >= lowest && number <= highest) return number;
  return failure(QStringLiteral("`%1` is a number from %2 to %3").arg(QLatin1String(what)).arg(lowest).arg(highest));
}

Result<Endpoint> set(Endpoint endpoint, const QString &key, const QString &value) {
  if (key == u"baud") {
    const auto baud = numberWithin(value, 300, 4'000'000, "baud");
    if (!baud) return failure(baud.error());
    endpoint.baud = *baud;
    return endpoint;
  }
  if (key == u"stop") {
    const auto stop = numberWithin(value, 1, 2, "stop");
    if (!stop) return failure(stop.error());
    endpoint.stopBits = *stop;
    return endpoint;
  }
  if (key != u"parity")
    return wrong(QStringLiteral("\"%1\" is no setting of a serial line").arg(key), "baud, parity, stop");
  for (const auto &[word, parity] : enumWords(Parity())) {
    if (value != QLatin1String(word)) continue;
    endpoint.parity = parity;
    return endpoint;
  }
  return wrong(QStringLiteral("`parity` has an unknown word"), "none, even, odd");
}

Result<Endpoint> serial(const QUrl &url) {
  if (!url.isValid() || !url.host().isEmpty() || !url.path().startsWith(u"/dev/") || url.hasFragment()) {
    return wrong(QStringLiteral("not a serial port"), serialForm);
  }
  Endpoint endpoint;
  endpoint.transport = Transport::Serial;
  endpoint.device = url.path();
  for (const auto &[key, value] : QUrlQuery(url).queryItems()) {
    auto changed = set(endpoint, key, value);
    if (!changed) return changed;
    endpoint = *changed;
  }
  return endpoint;
}

}  // namespace

Result<Endpoint> Endpoint::fromText(const QString &text) {
  auto endpoint = toListenOn(text);
  if (endpoint && endpoint->port == 0) return wrong(QStringLiteral("port 0 can't be dialled"), tcpForms);
  return endpoint;
}

Result<Endpoint> Endpoint::toListenOn(const QString &text) {
  const QUrl url(text, QUrl::StrictMode);
  const QString scheme = text.section(u':', 0, 0).toLower();
  if (!text.contains(u"://")) {
    const QString meant = QStringLiteral("tcp://") + text;
    const bool isHost = !text.isEmpty() && toListenOn(meant).has_value();
    return wrong(
        QStringLiteral("not an endpoint") + (isHost ? QStringLiteral(", did you mean \"%1\"?").arg(meant) : QString()),
        allForms);
  }
  if (!text.mid(scheme.size()).startsWith(u"://")) return wrong(QStringLiteral("not an endpoint"), allForms);
  // Looked for in the text itself: a URL that is broken otherwise must not print its password either.
  if (text.contains(u'@')) {
    return wrong(QStringLiteral("a user name or password has no place in an endpoint: Modbus knows none"), allForms);
  }
  if (scheme == u"tcp") return overTcp(url, Transport::Tcp);
  if (scheme == u"rtu+tcp") return overTcp(url, Transport::RtuOverTcp);
  if (scheme == u"rtu") return serial(url);
  return wrong(QStringLiteral("not an endpoint"), allForms);
}

QString Endpoint::toText() const {
  if (transport == Transport::Serial) return QStringLiteral("rtu://") + device;
  const QString scheme = transport == Transport::Tcp ? QStringLiteral("tcp") : QStringLiteral("rtu+tcp");
  const bool isIpv6 = host.contains(u':');
  return QStringLiteral("%1://%2:%3").arg(scheme, isIpv6 ? QStringLiteral("[%1]").arg(host) : host).arg(port);
}

}  // namespace tagwire::modbus
