// SPDX-License-Identifier: Apache-2.0
#include "listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <QNetworkInterface>
#include <QPointer>

#include <cerrno>
#include <cstring>

#include "http/plainstream.h"
#include "http/tlsidentity.h"
#include "http/tlsstream.h"

namespace tagwire::ws {

namespace {

/// An address and its port as the system writes them.
struct SystemAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;

  sockaddr *pointer() { return reinterpret_cast<sockaddr *>(&storage); }
  QHostAddress address() const { return QHostAddress(reinterpret_cast<const sockaddr *>(&storage)); }
  quint16 port() const {
    return ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6 &>(storage).sin6_port
                                               : reinterpret_cast<const sockaddr_in &>(storage).sin_port);
  }
};

SystemAddress systemAddress(const ListenAddress &where) {
  SystemAddress result;
  if (where.address.protocol() == QHostAddress::IPv6Protocol) {
    auto &six = reinterpret_cast<sockaddr_in6 &>(result.storage);
    const Q_IPV6ADDR bytes = where.address.toIPv6Address();
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(where.port);
    six.sin6_scope_id = static_cast<quint32>(QNetworkInterface::interfaceIndexFromName(where.address.scopeId()));
    std::memcpy(&six.sin6_addr, &bytes, sizeof bytes);
    result.size = sizeof six;
  } else {
    auto &four = reinterpret_cast<sockaddr_in &>(result.storage);
    four.sin_family = AF_INET;
    four.sin_port = htons(where.port);
    four.sin_addr.s_addr = htonl(where.address.toIPv4Address());
    result.size = sizeof four;
  }
  return result;
}

QString systemText(int error) { return QString::fromLocal8Bit(std::strerror(error)); }

}  // namespace

Result<QString> Listener::useTls(const TlsConfig &tls, Time now) {
  const auto identity = TlsIdentity::read(tls, now);
  if (!identity) return failure(identity.error());
  m_tls = identity->configuration;
  return identity->warning;
}

Descriptor Listener::release() {
  m_readable.reset();
  return std::exchange(m_socket, {});
}

Result<void> Listener::open(const ListenAddress &where, Descriptor socket) {
  m_socket = std::move(socket);
  const auto opened = m_socket.isOpen() ? Result<void>() : bindTo(where);
  if (!opened) {
    m_socket.close();
    return opened;
  }
  SystemAddress bound;
  ::getsockname(m_socket.number(), bound.pointer(), &bound.size);
  m_address = bound.address();
  m_port = bound.port();
  m_readable = std::make_unique<QSocketNotifier>(m_socket.number(), QSocketNotifier::Read);
  connect(m_readable.get(), &QSocketNotifier::activated, this, &Listener::acceptSome);
  return {};
}

Result<void> Listener::bindTo(const ListenAddress &where) {
  SystemAddress address = systemAddress(where);
  m_socket = Descriptor(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!m_socket.isOpen()) return failure(systemText(errno));
  const auto set = [&](int level, int option, int value = 1) {
    return ::setsockopt(m_socket.number(), level, option, &value, sizeof value) == 0;
  };
  // Connections inherit both: what we write is a whole message, and for a client that does not read the kernel holds
  // little: what it gets late is then the newest, not megabytes of the past.
  bool isGood = set(SOL_SOCKET, SO_REUSEADDR) && set(IPPROTO_TCP, TCP_NODELAY) &&
                set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, unsentBytes);
  if (address.storage.ss_family == AF_INET6) isGood = isGood && set(IPPROTO_IPV6, IPV6_V6ONLY);
  isGood = isGood && ::bind(m_socket.number(), address.pointer(), address.size) == 0 &&
           ::listen(m_socket.number(), backlog) == 0;
  if (isGood) return {};
  const int error = errno;
  m_isPortTaken = error == EADDRINUSE;
  return failure(systemText(error) + listenHint(error == EACCES, error == EADDRNOTAVAIL));
}

void Listener::acceptSome() {
  const QPointer<Listener> self = this;  // who takes a connection may stop the gateway
  for (int i = 0; i < acceptedAtOnce && self && acceptOne(); ++i) continue;
}

/// False: there is none to accept now.
bool Listener::acceptOne() {
  SystemAddress peer;
  Descriptor socket(::accept4(m_socket.number(), peer.pointer(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.isOpen()) {
    if (m_tls) {
      m_stream = std::make_unique<TlsStream>(std::move(socket), peer.address(), peer.port(), *m_tls);
    } else {
      m_stream = std::make_unique<PlainStream>(std::move(socket), peer.address(), peer.port());
    }
    Q_EMIT arrived();
    return true;
  }
  const int error = errno;
  if (error == EAGAIN || error == EWOULDBLOCK) return false;
  if (error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM) return true;  // only that one
  m_readable->setEnabled(false);
  Q_EMIT acceptFailed(systemText(error));
  return false;
}

void Listener::resume() {
  if (m_readable) m_readable->setEnabled(true);
}

}  // namespace tagwire::ws
