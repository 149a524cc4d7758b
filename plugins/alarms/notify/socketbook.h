// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <set>

#include <sys/socket.h>
#include <unistd.h>

namespace tagwire::alarms {

/// The sockets that libcurl holds open, so that somebody else can end them: libcurl says good-bye to a mail server and
/// waits for the answer, up to two minutes. Thread-safe.
class SocketBook {
 public:
  int open(int family, int type, int protocol) {
    const std::scoped_lock lock(m_mutex);
    const int descriptor = ::socket(family, type | SOCK_CLOEXEC, protocol);
    if (descriptor >= 0) m_open.insert(descriptor);
    return descriptor;
  }
  int close(int descriptor) {
    const std::scoped_lock lock(m_mutex);
    m_open.erase(descriptor);
    return ::close(descriptor);
  }
  /// Whoever waits at one of them is told of its end at once.
  void shutAll() {
    const std::scoped_lock lock(m_mutex);
    for (const int each : m_open) ::shutdown(each, SHUT_RDWR);
  }

 private:
  std::mutex m_mutex;
  std::set<int> m_open;
};

}  // namespace tagwire::alarms
