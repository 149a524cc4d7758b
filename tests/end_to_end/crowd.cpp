// SPDX-License-Identifier: Apache-2.0
#include "crowd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace {

constexpr int fromOneAddress = 5000;

sockaddr_in loopback(quint32 host, quint16 port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
  return address;
}

bool connectFrom(int socket, quint32 host, quint16 port) {
  const sockaddr_in from = loopback(host, 0);
  const sockaddr_in to = loopback(0, port);
  const int on = 1;
  ::setsockopt(socket, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  return ::bind(socket, reinterpret_cast<const sockaddr *>(&from), sizeof from) == 0 &&
         ::connect(socket, reinterpret_cast<const sockaddr *>(&to), sizeof to) == 0;
}

}  // namespace

Crowd::~Crowd() {
  for (const int each : m_sockets) ::close(each);
}

bool Crowd::open(quint16 port, int count, const QByteArray &words) {
  for (int i = 0; i < count; ++i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return false;
    m_sockets.push_back(socket);
    if (!connectFrom(socket, static_cast<quint32>(1 + m_sockets.size() / fromOneAddress), port)) return false;
    const auto size = static_cast<size_t>(words.size());
    if (::send(socket, words.constData(), size, MSG_NOSIGNAL) != static_cast<ssize_t>(size)) return false;
  }
  return true;
}

int Crowd::answered(const QByteArray &beginning) {
  return static_cast<int>(std::count_if(m_sockets.begin(), m_sockets.end(), [&](int socket) {
    std::array<char, 1024> buffer;  // NOLINT: filled by recv
    const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return size > 0 && QByteArray::fromRawData(buffer.data(), size).startsWith(beginning);
  }));
}

int Crowd::closed() const {
  return static_cast<int>(std::count_if(m_sockets.begin(), m_sockets.end(), [](int socket) {
    std::array<char, 1024> buffer;  // NOLINT: filled by recv
    ssize_t size = 0;
    do {
      size = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    } while (size > 0);
    return size == 0 || errno != EAGAIN;
  }));
}

qint64 Crowd::raiseDescriptorLimit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<qint64>(limit.rlim_cur);
}
