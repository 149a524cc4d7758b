// SPDX-License-Identifier: Apache-2.0
#include "addressgroup.h"

#include <QHostAddress>

#include <utility>

namespace tagwire::ws {

QByteArray addressGroup(const QHostAddress &address) {
  bool isV4 = false;  // also for an IPv4 address in IPv6 form
  const quint32 v4 = address.toIPv4Address(&isV4);
  if (isV4) return QByteArray::number(v4);
  const Q_IPV6ADDR v6 = address.toIPv6Address();
  return 'n' + QByteArray(reinterpret_cast<const char *>(v6.c), 8);
}

std::optional<int> AddressLog::admit(const QByteArray &group, std::chrono::nanoseconds now) {
  if (!m_since || now - *m_since >= std::chrono::minutes(1)) {
    m_since = now;
    m_told.clear();
  }
  if (m_told.size() >= most || m_told.contains(group)) {
    ++m_leftOut;
    return std::nullopt;
  }
  m_told.insert(group);
  return std::exchange(m_leftOut, 0);
}

QString likeItBefore(int count) {
  return count > 0 ? QStringLiteral(" (and %1 like it before)").arg(count) : QString();
}

}  // namespace tagwire::ws
