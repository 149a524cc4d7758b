// SPDX-License-Identifier: Apache-2.0
#include "hostlookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/eventfd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <thread>

#include "network/descriptor.h"

namespace tagwire::sql {

namespace {

std::atomic_int underWay = 0;

Result<QByteArrayList> lookUp(const QByteArray &host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo *found = nullptr;
  const int code = ::getaddrinfo(host.constData(), nullptr, &hints, &found);
  if (code != 0) {
    return failure(
        QStringLiteral("the host name can't be looked up: %1").arg(QString::fromLocal8Bit(gai_strerror(code))));
  }
  QByteArrayList addresses;
  for (const addrinfo *each = found; each && addresses.size() < HostLookup::mostAddresses; each = each->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0) {
      addresses << QByteArray(text.data());
    }
  }
  ::freeaddrinfo(found);
  if (addresses.isEmpty()) return failure(QStringLiteral("the host name has no address"));
  return addresses;
}

}  // namespace

struct HostLookup::Shared {
  Descriptor done{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  std::mutex mutex;
  Result<QByteArrayList> addresses = failure(QStringLiteral("the host name is not looked up yet"));
};

bool HostLookup::isNeeded(const QString &host) {
  const QByteArray text = host.toUtf8();
  in6_addr address{};
  const bool isAddress =
      ::inet_pton(AF_INET, text.constData(), &address) == 1 || ::inet_pton(AF_INET6, text.constData(), &address) == 1;
  return !isAddress && !text.startsWith('/') && !text.startsWith('@');
}

Result<HostLookup> HostLookup::begin(const QString &host) {
  auto shared = std::make_shared<Shared>();
  if (!shared->done.isOpen()) return failure(qt_error_string(errno));
  if (++underWay > mostAtOnce) {
    --underWay;
    return failure(QStringLiteral("the host name can't be looked up: no name server answers"));
  }
  const auto run = [shared, name = host.toUtf8()] {
    auto addresses = lookUp(name);
    {
      const std::lock_guard lock(shared->mutex);
      shared->addresses = std::move(addresses);
    }
    --underWay;
    const quint64 one = 1;
    [[maybe_unused]] const auto written = ::write(shared->done.number(), &one, sizeof one);
  };
  try {
    std::thread(run).detach();
  } catch (const std::system_error &error) {
    --underWay;
    return failure(QStringLiteral("no thread for the look-up of the host name: %1").arg(QLatin1String(error.what())));
  }
  return HostLookup(shared);
}

int HostLookup::descriptor() const { return m_shared->done.number(); }

Result<QByteArrayList> HostLookup::addresses() const {
  const std::lock_guard lock(m_shared->mutex);
  return m_shared->addresses;
}

}  // namespace tagwire::sql
