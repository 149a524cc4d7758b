// SPDX-License-Identifier: Apache-2.0
#include "modbus_net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace tagwire::bench {

namespace {

constexpr std::int64_t secondNs = 1'000'000'000;

std::int64_t numberIn(std::string_view text, const std::string &name, std::int64_t lowest, std::int64_t highest) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= lowest && value <= highest) return value;
  std::fprintf(stderr, "--%s %s (allowed: %lld to %lld)\n", name.c_str(), std::string(text).c_str(),
               static_cast<long long>(lowest), static_cast<long long>(highest));
  std::exit(2);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void sendAtOnce(int socket) {
  const int yes = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

Descriptor newSocket(int flags) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (socket.number() < 0) giveUp("socket");
  return socket;
}

}  // namespace

std::int64_t monotonic() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * secondNs + now.tv_nsec;
}

void giveUp(const std::string &what) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

void say(const std::string &line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

Options::Options(int count, char **words, Defaults defaults) : m_values(std::move(defaults)) {
  for (int i = 1; i < count; i += 2) {
    const std::string word = words[i];
    const auto found = word.starts_with("--") ? m_values.find(word.substr(2)) : m_values.end();
    if (found != m_values.end() && i + 1 < count) {
      found->second = words[i + 1];
      continue;
    }
    std::fprintf(stderr, "%s: not understood. Allowed, with what is taken otherwise:\n", word.c_str());
    for (const auto &[name, value] : m_values) std::fprintf(stderr, "  --%s %s\n", name.c_str(), value.c_str());
    std::exit(2);
  }
}

std::int64_t Options::number(const std::string &name, std::int64_t lowest, std::int64_t highest) const {
  return numberIn(text(name), name, lowest, highest);
}

std::vector<std::uint16_t> Options::ports(const std::string &name) const {
  std::vector<std::uint16_t> ports;
  std::string_view rest = text(name);
  while (true) {
    const auto comma = rest.find(',');
    ports.push_back(static_cast<std::uint16_t>(numberIn(rest.substr(0, comma), name, 1, 65535)));
    if (comma == std::string_view::npos) return ports;
    rest.remove_prefix(comma + 1);
  }
}

Descriptor::~Descriptor() {
  if (m_number >= 0) ::close(m_number);
}

Descriptor &Descriptor::operator=(Descriptor &&other) noexcept {
  std::swap(m_number, other.m_number);
  return *this;
}

Descriptor listenOn(std::uint16_t port) {
  Descriptor socket = newSocket(SOCK_NONBLOCK);
  const int yes = 1;
  setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = loopback(port);
  if (bind(socket.number(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 ||
      listen(socket.number(), 1024) != 0) {
    giveUp("can't listen on 127.0.0.1:" + std::to_string(port));
  }
  return socket;
}

std::uint16_t portOf(const Descriptor &socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(socket.number(), reinterpret_cast<sockaddr *>(&address), &size);
  return ntohs(address.sin_port);
}

Descriptor acceptFrom(const Descriptor &listener) {
  Descriptor socket(accept4(listener.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.number() >= 0) sendAtOnce(socket.number());
  return socket;
}

Descriptor connectTo(std::uint16_t port) {
  Descriptor socket = newSocket(0);
  const sockaddr_in address = loopback(port);
  if (connect(socket.number(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
    giveUp("can't connect to 127.0.0.1:" + std::to_string(port));
  }
  sendAtOnce(socket.number());
  return socket;
}

Loop::Loop() : m_epoll(epoll_create1(EPOLL_CLOEXEC)) {
  if (m_epoll.number() < 0) giveUp("epoll");
  std::signal(SIGPIPE, SIG_IGN);
}

void Loop::watch(int descriptor, Call readable, Call writable) {
  m_calls[descriptor] = std::make_shared<Calls>(Calls{std::move(readable), std::move(writable)});
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  if (epoll_ctl(m_epoll.number(), EPOLL_CTL_ADD, descriptor, &event) != 0) giveUp("epoll");
}

void Loop::wantWritable(int descriptor, bool wanted) {
  epoll_event event{};
  // Whoever does not take what it is sent is asked nothing more meanwhile.
  event.events = wanted ? EPOLLOUT : EPOLLIN;
  event.data.fd = descriptor;
  epoll_ctl(m_epoll.number(), EPOLL_CTL_MOD, descriptor, &event);
}

void Loop::forget(int descriptor) {
  epoll_ctl(m_epoll.number(), EPOLL_CTL_DEL, descriptor, nullptr);
  m_calls.erase(descriptor);
}

void Loop::every(std::int64_t nanoseconds, Call call) {
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  const timespec period{nanoseconds / secondNs, nanoseconds % secondNs};
  const itimerspec schedule{period, period};
  if (timer < 0 || timerfd_settime(timer, 0, &schedule, nullptr) != 0) giveUp("timer");
  m_owned.emplace_back(timer);
  watch(timer, [timer, call = std::move(call)] {
    std::uint64_t missed = 0;
    if (read(timer, &missed, sizeof missed) == sizeof missed) call();
  });
}

void Loop::on(int signal, Call call) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  const int source = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (source < 0) giveUp("signalfd");
  m_owned.emplace_back(source);
  watch(source, [source, call = std::move(call)] {
    signalfd_siginfo which{};
    if (read(source, &which, sizeof which) == sizeof which) call();
  });
}

void Loop::run() {
  std::array<epoll_event, 256> events{};
  while (!m_ends) {
    const int count = epoll_wait(m_epoll.number(), events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count && !m_ends; ++i) {
      const auto found = m_calls.find(events[static_cast<std::size_t>(i)].data.fd);
      if (found == m_calls.end()) continue;
      const std::shared_ptr<Calls> calls = found->second;  // it may forget itself
      const bool isWritable = (events[static_cast<std::size_t>(i)].events & EPOLLOUT) != 0;
      if (isWritable && calls->writable) {
        calls->writable();
      } else {
        calls->readable();
      }
    }
  }
}

bool Stream::receive() {
  if (m_begin > 0) {
    std::memmove(m_input.data(), m_input.data() + m_begin, m_end - m_begin);
    m_end -= m_begin;
    m_begin = 0;
  }
  const ssize_t count = recv(m_socket.number(), m_input.data() + m_end, m_input.size() - m_end, MSG_DONTWAIT);
  if (count > 0) m_end += static_cast<std::size_t>(count);
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR) && m_end < m_input.size());
}

void Stream::consume(std::size_t bytes) {
  m_begin += bytes;
  if (m_begin == m_end) m_begin = m_end = 0;
}

bool Stream::send(std::span<const std::uint8_t> bytes) {
  if (!m_unsent.empty()) {
    m_unsent.insert(m_unsent.end(), bytes.begin(), bytes.end());
    bytes = m_unsent;
  }
  ssize_t count = 0;
  if (!bytes.empty()) {
    count = ::send(m_socket.number(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
    count = std::max<ssize_t>(count, 0);
  }
  m_unsent = std::vector<std::uint8_t>(bytes.begin() + count, bytes.end());
  return m_unsent.size() <= unsentBytes;
}

void Spread::add(double value) {
  constexpr std::size_t most = 1'000'000;
  if (m_values.size() < most) m_values.push_back(value);
}

double Spread::at(double part) const {
  if (m_values.empty()) return 0;
  std::vector<double> sorted = m_values;
  const auto place = static_cast<std::ptrdiff_t>(part * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), sorted.begin() + place, sorted.end());
  return sorted[static_cast<std::size_t>(place)];
}

std::string Spread::json() const {
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), R"({"p50":%.4f,"p99":%.4f,"max":%.4f})", at(0.5), at(0.99), at(1));
  return text.data();
}

}  // namespace tagwire::bench
