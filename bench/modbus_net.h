// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// What the programs that measure share: sockets on 127.0.0.1 and one epoll loop, with nothing between them and the
/// kernel, for they are the limit that the others are held against. No Qt.
namespace tagwire::bench {

/// Nanoseconds of CLOCK_MONOTONIC: the same clock for every program of one machine.
std::int64_t monotonic();

/// Prints `what` (and the reason of the last system call) and ends the program with 1.
[[noreturn]] void giveUp(const std::string &what);

/// `--name value` pairs. What is not in `defaults` is refused with a list of what is. Plain value.
class Options {
 public:
  using Defaults = std::map<std::string, std::string>;

  Options(int count, char **words, Defaults defaults);
  const std::string &text(const std::string &name) const { return m_values.at(name); }
  std::int64_t number(const std::string &name, std::int64_t lowest, std::int64_t highest) const;
  /// Numbers with commas between them.
  std::vector<std::uint16_t> ports(const std::string &name) const;

 private:
  Defaults m_values;
};

/// Owns a file descriptor. Moves, does not copy.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : m_number(number) {}
  ~Descriptor();
  Descriptor(Descriptor &&other) noexcept : m_number(std::exchange(other.m_number, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept;
  int number() const { return m_number; }

 private:
  int m_number;
};

/// On 127.0.0.1; port 0: any that is free.
Descriptor listenOn(std::uint16_t port);
std::uint16_t portOf(const Descriptor &socket);
/// Non-blocking and without delay. -1 when nobody is there any more.
Descriptor acceptFrom(const Descriptor &listener);
Descriptor connectTo(std::uint16_t port);

/// Readiness, timers and signals of one thread. Whoever watches forgets what it watched before it goes.
class Loop {
 public:
  using Call = std::function<void()>;

  Loop();
  void watch(int descriptor, Call readable, Call writable = {});
  /// Whether `writable` is to be called too.
  void wantWritable(int descriptor, bool wanted);
  void forget(int descriptor);
  /// At start + n × period, without drift; what was missed meanwhile comes as one call.
  void every(std::int64_t nanoseconds, Call call);
  void on(int signal, Call call);
  /// Until end().
  void run();
  void end() { m_ends = true; }

 private:
  struct Calls {
    Call readable;
    Call writable;
  };

  Descriptor m_epoll;
  std::unordered_map<int, std::shared_ptr<Calls>> m_calls;
  std::vector<Descriptor> m_owned;
  bool m_ends = false;
};

/// A TCP connection: what arrived and is not used up, and what the kernel did not take yet. Owned by its user.
class Stream {
 public:
  explicit Stream(Descriptor socket) : m_socket(std::move(socket)) {}
  int descriptor() const { return m_socket.number(); }
  /// One read; false when the other side is gone.
  bool receive();
  std::span<const std::uint8_t> received() const { return {m_input.data() + m_begin, m_end - m_begin}; }
  void consume(std::size_t bytes);
  /// false when the other side is gone, or leaves more than a bound unread.
  bool send(std::span<const std::uint8_t> bytes);
  bool flush() { return send({}); }
  bool isBlocked() const { return !m_unsent.empty(); }

 private:
  static constexpr std::size_t inputBytes = 256 * 1024;
  static constexpr std::size_t unsentBytes = 4 * 1024 * 1024;

  Descriptor m_socket;
  std::vector<std::uint8_t> m_input = std::vector<std::uint8_t>(inputBytes);
  std::size_t m_begin = 0;
  std::size_t m_end = 0;
  std::vector<std::uint8_t> m_unsent;
};

/// Values of which percentiles are asked. Holds the first million. Plain value.
class Spread {
 public:
  void add(double value);
  void clear() { m_values.clear(); }
  std::size_t count() const { return m_values.size(); }
  /// `part` from 0 to 1; 0 without any value.
  double at(double part) const;
  /// {"p50":…,"p99":…,"max":…}
  std::string json() const;

 private:
  std::vector<double> m_values;
};

/// A line on stdout, at once.
void say(const std::string &line);

}  // namespace tagwire::bench
