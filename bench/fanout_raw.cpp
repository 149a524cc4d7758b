// SPDX-License-Identifier: Apache-2.0
// The limit of a fan-out: one thread, one epoll, one send() for each client and burst, and nothing else.
//
//   fanout_raw [--clients 100] [--burst 1] [--size 200] [--port 0]
//
// The first line on stdout is {"listening":[port]}. Waits for all clients, then sends as fast as they take it: a burst
// is encoded once and goes to one after the other; a client that is full is waited for. Ends with SIGTERM.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <csignal>

#include "fanout_message.h"
#include "raw_handshake.h"

namespace tagwire::bench {
namespace {

volatile std::sig_atomic_t ends = 0;

std::string frameOf(const std::string &text) {
  std::string frame = "\x81";
  if (text.size() < 126) {
    frame += static_cast<char>(text.size());
  } else {
    frame += '\x7e';
    frame += static_cast<char>(text.size() >> 8);
    frame += static_cast<char>(text.size());
  }
  return frame + text;
}

/// Waits for its head (clients are local) and answers it.
void greet(int socket) {
  std::string head;
  std::array<char, 4096> buffer{};
  while (head.find("\r\n\r\n") == std::string::npos) {
    pollfd waiting{socket, POLLIN, 0};
    ::poll(&waiting, 1, 1000);
    const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (size <= 0) giveUp("a client left");
    head.append(buffer.data(), static_cast<std::size_t>(size));
  }
  const std::string answer = handshakeAnswer(head);
  if (::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(answer.size())) {
    giveUp("can't answer");
  }
}

/// False: the client has left.
bool sendAll(int socket, const std::string &bytes) {
  for (std::size_t at = 0; at < bytes.size() && ends == 0;) {
    const ssize_t sent = ::send(socket, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (sent > 0) {
      at += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      pollfd waiting{socket, POLLOUT, 0};
      ::poll(&waiting, 1, 100);
    } else {
      return false;
    }
  }
  return true;
}

/// As little as a server has to: one look a round at who has left or said something.
void broadcast(const Options &options, std::vector<Descriptor> &clients, int epoll) {
  const auto size = static_cast<std::size_t>(options.number("size", 64, 60'000));
  const std::int64_t burst = options.number("burst", 1, 10'000);
  std::array<epoll_event, 64> events{};
  while (ends == 0 && !clients.empty()) {
    std::string bytes;
    for (std::int64_t i = 0; i < burst; ++i) bytes += frameOf(fanoutMessage(size));
    if (std::erase_if(clients, [&](const Descriptor &each) { return !sendAll(each.number(), bytes); }) > 0) continue;
    ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 0);
  }
}

}  // namespace
}  // namespace tagwire::bench

int main(int count, char **words) {
  using namespace tagwire::bench;
  const Options options(count, words, {{"clients", "100"}, {"burst", "1"}, {"size", "200"}, {"port", "0"}});
  for (const int signal : {SIGTERM, SIGINT}) std::signal(signal, [](int) { ends = 1; });
  const Descriptor listener = listenOn(static_cast<std::uint16_t>(options.number("port", 0, 65535)));
  say("{\"listening\":[" + std::to_string(portOf(listener)) + "]}");
  const Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  std::vector<Descriptor> clients;
  while (ends == 0 && clients.size() < static_cast<std::size_t>(options.number("clients", 1, 60'000))) {
    pollfd waiting{listener.number(), POLLIN, 0};
    ::poll(&waiting, 1, 100);
    Descriptor socket = acceptFrom(listener);
    if (socket.number() < 0) continue;
    greet(socket.number());
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    ::epoll_ctl(epoll.number(), EPOLL_CTL_ADD, socket.number(), &event);
    clients.push_back(std::move(socket));
  }
  broadcast(options, clients, epoll.number());
}
