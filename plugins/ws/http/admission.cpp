// SPDX-License-Identifier: Apache-2.0
#include "admission.h"

#include <algorithm>
#include <array>

#include "network/listenaddress.h"

namespace tagwire::ws {

namespace {

bool isPort(const QByteArray &text) {
  bool ok = false;
  text.toUShort(&ok);
  return ok && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

QByteArray withoutDefaultPort(const QByteArray &host, const QByteArray &port) {
  return host.endsWith(port) ? host.chopped(port.size()) : host;
}

/// Somebody stands between the client and us, or may.
bool isForwarded(const Request &request) {
  constexpr std::array names{"forwarded", "via", "x-real-ip", "cf-connecting-ip"};
  return std::any_of(request.fields.begin(), request.fields.end(), [&](const auto &field) {
    return field.first.startsWith("x-forwarded-") || std::find(names.begin(), names.end(), field.first) != names.end();
  });
}

/// The browser says that another site, or a page of another port, has caused the request (Fetch Metadata).
bool isOfAnotherPage(const Request &request) {
  return std::any_of(request.fields.begin(), request.fields.end(), [](const auto &field) {
    return field.first == "sec-fetch-site" && field.second != "same-origin" && field.second != "none";
  });
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

Admission::Admission(const QList<QString> &allowedOrigins, const QList<QString> &trustedProxies, bool overTls)
    : m_overTls(overTls) {
  for (const QString &origin : allowedOrigins) m_allowedOrigins << origin.toLatin1();
  for (const QString &proxy : trustedProxies) m_trustedProxies << QHostAddress::parseSubnet(proxy);
}

bool Admission::isTrusted(const QHostAddress &address) const {
  return std::any_of(m_trustedProxies.begin(), m_trustedProxies.end(),
                     [&](const auto &subnet) { return address.isInSubnet(subnet); });
}

Sender Admission::sender(const Request &request, const QHostAddress &peer, quint16 peerPort) const {
  Sender sender{peer, addressText(peer, peerPort), false, true};
  if (!isForwarded(request)) return sender;
  sender.isDirect = false;
  if (!isTrusted(peer)) return sender;
  sender.overTls = request.field("x-forwarded-proto").compare("https", Qt::CaseInsensitive) == 0;
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
    sender.text = addressText(address, peerPort);
    if (!isTrusted(address)) break;
  }
  sender.isDirect = !hops.isEmpty() && request.count("forwarded") == 0;
  return sender;
}

std::optional<Refusal> Admission::checkOrigin(const Request &request, const Sender &sender) const {
  if (request.count("origin") == 0) return std::nullopt;
  if (request.count("origin") > 1) return Refusal{403, QStringLiteral("more than one Origin"), {}};
  if (isSameOrigin(request, sender) || isAllowedOrigin(request.field("origin"))) return std::nullopt;
  return Refusal{403, QStringLiteral("pages of this origin are not admitted (see allowed_origins)"), {}};
}

bool Admission::isLocal(const Request &request, const Sender &sender) const {
  if (!sender.isDirect || !sender.address.isLoopback()) return false;
  const QByteArray host = request.field("host");
  if (!isLoopbackHost(host)) return false;
  if (isOfAnotherPage(request)) return false;
  return request.count("origin") == 0 || isOwnPage(request, sender);
}

bool Admission::isOwnPage(const Request &request, const Sender &sender) const {
  return request.count("origin") == 1 && isSameOrigin(request, sender);
}

/// A page at "null" or of another scheme is never ours.
bool Admission::isSameOrigin(const Request &request, const Sender &sender) const {
  const bool isTls = m_overTls || sender.overTls;
  const QByteArray scheme = isTls ? "https://" : "http://";
  const QByteArray port = isTls ? ":443" : ":80";
  const QByteArray origin = request.field("origin").toLower();
  if (!origin.startsWith(scheme)) return false;
  return withoutDefaultPort(origin.mid(scheme.size()), port) ==
         withoutDefaultPort(request.field("host").toLower(), port);
}

}  // namespace tagwire::ws
