// SPDX-License-Identifier: Apache-2.0
#include "admission.h"

#include <algorithm>

namespace tagwire::ws {

namespace {

bool isPort(const QByteArray &text) {
  bool ok = false;
  text.toUShort(&ok);
  return ok && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

QByteArray withoutDefaultPort(const QByteArray &host, const char *port) {
  return host.endsWith(port) ? host.chopped(static_cast<qsizetype>(qstrlen(port))) : host;
}

/// The part of "http://host:port" behind the scheme; a page at "null" or of another scheme is never ours.
bool isSameOrigin(const QByteArray &origin, const QByteArray &host) {
  const QByteArray given = origin.toLower();
  if (given.startsWith("http://")) {
    return withoutDefaultPort(given.mid(7), ":80") == withoutDefaultPort(host.toLower(), ":80");
  }
  if (given.startsWith("https://")) {
    return withoutDefaultPort(given.mid(8), ":443") == withoutDefaultPort(host.toLower(), ":443");
  }
  return false;
}

}  // namespace

bool isLoopbackHost(const QByteArray &host) {
  QByteArray name = host;
  const qsizetype colon = name.lastIndexOf(':');
  if (colon >= 0 && !name.endsWith(']')) {
    if (!isPort(name.mid(colon + 1))) return false;
    name.truncate(colon);
  }
  if (name.compare("localhost", Qt::CaseInsensitive) == 0) return true;
  if (name.startsWith('[') && name.endsWith(']')) {
    return QHostAddress(QString::fromLatin1(name.mid(1, name.size() - 2))) == QHostAddress(QHostAddress::LocalHostIPv6);
  }
  // Four numbers and nothing else: QHostAddress takes "127.1" and blanks too.
  const bool isPlain = std::all_of(name.begin(), name.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  if (!isPlain || name.count('.') != 3) return false;
  const QHostAddress address(QString::fromLatin1(name));
  return address.protocol() == QHostAddress::IPv4Protocol && address.isLoopback();
}

Admission::Admission(const QList<QString> &allowedOrigins, const QList<QString> &trustedProxies) {
  for (const QString &origin : allowedOrigins) m_allowedOrigins << origin.toLatin1();
  for (const QString &proxy : trustedProxies) m_trustedProxies << QHostAddress::parseSubnet(proxy);
}

bool Admission::isTrusted(const QHostAddress &address) const {
  return std::any_of(m_trustedProxies.begin(), m_trustedProxies.end(),
                     [&](const auto &subnet) { return address.isInSubnet(subnet); });
}

Sender Admission::sender(const Request &request, const QHostAddress &peer, const QString &peerText) const {
  Sender sender{peer, peerText, false, true};
  const bool isForwarded = request.count("forwarded") > 0 ||
                           std::any_of(request.fields.begin(), request.fields.end(),
                                       [](const auto &field) { return field.first.startsWith("x-forwarded-"); });
  if (!isForwarded) return sender;
  sender.isDirect = false;
  if (!isTrusted(peer)) return sender;
  // Each proxy adds the address it saw at the end, so the client is the last one that is not a proxy of ours.
  QByteArrayList hops;
  for (const auto &[name, value] : request.fields) {
    if (name == "x-forwarded-for") hops += value.split(',');
  }
  std::reverse(hops.begin(), hops.end());
  for (const QByteArray &hop : hops) {
    const QHostAddress address(QString::fromLatin1(hop.trimmed()));
    if (address.isNull()) return sender;
    sender.address = address;
    sender.text = address.toString();
    if (!isTrusted(address)) break;
  }
  sender.overTls = request.field("x-forwarded-proto").compare("https", Qt::CaseInsensitive) == 0;
  sender.isDirect = !hops.isEmpty() && request.count("forwarded") == 0;
  return sender;
}

std::optional<Refusal> Admission::checkOrigin(const Request &request) const {
  if (request.count("origin") == 0) return std::nullopt;
  if (request.count("origin") > 1) return Refusal{403, QStringLiteral("more than one Origin"), {}};
  const QByteArray origin = request.field("origin");
  if (isSameOrigin(origin, request.field("host")) || isAllowedOrigin(origin)) return std::nullopt;
  return Refusal{403, QStringLiteral("pages of this origin are not admitted (see allowed_origins)"), {}};
}

bool Admission::isLocal(const Request &request, const Sender &sender) const {
  if (!sender.isDirect || !sender.address.isLoopback()) return false;
  const QByteArray host = request.field("host");
  if (!isLoopbackHost(host)) return false;
  return request.count("origin") == 0 || isOwnPage(request);
}

bool Admission::isOwnPage(const Request &request) {
  return request.count("origin") == 1 && isSameOrigin(request.field("origin"), request.field("host"));
}

}  // namespace tagwire::ws
