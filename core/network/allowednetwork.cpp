// SPDX-License-Identifier: Apache-2.0
#include "allowednetwork.h"

namespace tagwire {

namespace {

constexpr int mappedPrefix = 96;  ///< of ::ffff:0:0/96, where the IPv4 addresses are in IPv6

}  // namespace

QHostAddress plainAddress(const QHostAddress &address) {
  if (address.isEqual(QHostAddress(QHostAddress::AnyIPv6), QHostAddress::StrictConversion)) return address;
  bool isV4 = false;
  const quint32 v4 = address.toIPv4Address(&isV4);
  return isV4 ? QHostAddress(v4) : address;
}

Result<AllowedNetwork> AllowedNetwork::fromText(const QString &text) {
  const QStringList parts = text.split(u'/');
  AllowedNetwork allowed;
  // An address with fewer than four numbers would be guessed at: 10.1 is 10.0.0.1 to some.
  const bool isWhole = parts[0].contains(u':') || parts[0].count(u'.') == 3;
  allowed.m_network = isWhole ? QHostAddress(parts[0]) : QHostAddress();
  const int bits = allowed.m_network.protocol() == QAbstractSocket::IPv4Protocol ? 32 : 128;
  bool ok = true;
  allowed.m_prefix = parts.size() == 1 ? bits : parts[1].toInt(&ok);
  if (allowed.m_network.isNull() || parts.size() > 2 || !ok || allowed.m_prefix < 0 || allowed.m_prefix > bits) {
    return failure(
        QStringLiteral("\"%1\" is not an address or network (allowed: %2)").arg(text, QString::fromLatin1(form)));
  }
  const QHostAddress plain = plainAddress(allowed.m_network);
  if (plain.protocol() != allowed.m_network.protocol() && allowed.m_prefix >= mappedPrefix) {
    allowed.m_network = plain;
    allowed.m_prefix -= mappedPrefix;
  }
  return allowed;
}

bool AllowedNetwork::contains(const QHostAddress &peer) const {
  const QHostAddress address = plainAddress(peer);
  return address.protocol() == m_network.protocol() && address.isInSubnet(m_network, m_prefix);
}

}  // namespace tagwire
