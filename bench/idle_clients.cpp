// SPDX-License-Identifier: Apache-2.0
// A crowd of WebSocket clients that stay connected and say nothing (but answer each PING), and one HTTP client beside
// them that sends its next request when the last one was answered.
//
//   idle_clients --port PORT [--path /ws/live] [--idle 10] [--request /healthz] [--warmup-ms 1000] [--seconds 5]
//                [--server PID]
//
// --server: whose CPU time is told for each request. Prints one line of JSON when the requests are over, and holds the
// idle clients until SIGTERM. Ends with 1 when a client was refused or lost, or a request was not answered with 200.
#include <sys/resource.h>
#include <sys/socket.h>

#include <charconv>
#include <csignal>
#include <ctime>

#include "modbus_net.h"

namespace tagwire::bench {
namespace {

std::span<const std::uint8_t> bytesOf(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

std::string_view textOf(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

/// Nanoseconds of CPU that a process has used.
std::int64_t cpuTime(std::int64_t process) {
  clockid_t clock{};
  timespec used{};
  if (process == 0) return 0;
  if (clock_getcpuclockid(static_cast<pid_t>(process), &clock) != 0 || clock_gettime(clock, &used) != 0) {
    giveUp("no CPU time of " + std::to_string(process));
  }
  return used.tv_sec * 1'000'000'000 + used.tv_nsec;
}

void raiseDescriptorLimit(std::int64_t needed) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < static_cast<rlim_t>(needed)) {
    giveUp("only " + std::to_string(limit.rlim_cur) + " descriptors of " + std::to_string(needed));
  }
}

/// Has no buffers of its own: those of a Stream, five thousand times, are over a gigabyte. Owned by Course.
class IdleClient {
 public:
  IdleClient(Loop &loop, const Options &options, std::int64_t &open)
      : m_loop(loop), m_open(open), m_socket(connectTo(static_cast<std::uint16_t>(options.number("port", 1, 65535)))) {
    send("GET " + options.text("path") +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGFnd2lyZSBiZW5jaG1hcg==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    m_loop.watch(m_socket.number(), [this] { take(); });
  }

 private:
  void send(std::string_view text) {
    const ssize_t sent = ::send(m_socket.number(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(text.size())) giveUp("the server is gone");
  }

  void take() {
    std::array<char, 2048> buffer;
    const ssize_t count = ::recv(m_socket.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count <= 0) giveUp("the server hung up on an idle client");
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    if (std::exchange(m_isOpen, true)) {
      // Only small control frames come here, and a PING is due its PONG.
      if (bytes.starts_with('\x89')) send(std::string_view("\x8A\x80\0\0\0\0", 6));
      return;
    }
    if (!bytes.starts_with("HTTP/1.1 101")) giveUp("refused: " + std::string(bytes.substr(0, bytes.find('\r'))));
    ++m_open;
  }

  Loop &m_loop;
  std::int64_t &m_open;
  Descriptor m_socket;
  bool m_isOpen = false;
};

/// One request after the other over one connection. Owned by Course.
class Requester {
 public:
  Requester(Loop &loop, const Options &options)
      : m_request("GET " + options.text("request") + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
        m_stream(connectTo(static_cast<std::uint16_t>(options.number("port", 1, 65535)))) {
    loop.watch(m_stream.descriptor(), [this] { take(); });
  }

  void begin() { ask(); }
  void count() {
    m_times.clear();
    m_answers = 0;
    m_isCounting = true;
  }
  void stop() { m_isOver = true; }
  std::int64_t answers() const { return m_answers; }
  const Spread &times() const { return m_times; }

 private:
  void ask() {
    m_asked = monotonic();
    if (!m_stream.send(bytesOf(m_request))) giveUp("the server is gone");
  }

  void take() {
    if (!m_stream.receive()) giveUp("the server hung up on a request");
    const std::string_view text = textOf(m_stream.received());
    const auto head = text.find("\r\n\r\n");
    if (head == std::string_view::npos) return;
    if (!text.starts_with("HTTP/1.1 200")) giveUp("answered: " + std::string(text.substr(0, text.find('\r'))));
    const std::size_t size = head + 4 + lengthIn(text.substr(0, head));
    if (text.size() < size) return;
    m_stream.consume(size);
    if (m_isCounting && !m_isOver) {
      ++m_answers;
      m_times.add(static_cast<double>(monotonic() - m_asked) / 1e6);
    }
    if (!m_isOver) ask();
  }

  static std::size_t lengthIn(std::string_view head) {
    constexpr std::string_view field = "Content-Length: ";
    const auto at = head.find(field);
    if (at == std::string_view::npos) giveUp("an answer without Content-Length");
    std::size_t length = 0;
    std::from_chars(head.data() + at + field.size(), head.data() + head.size(), length);
    return length;
  }

  std::string m_request;
  Stream m_stream;
  Spread m_times;
  std::int64_t m_asked = 0;
  std::int64_t m_answers = 0;
  bool m_isCounting = false;
  bool m_isOver = false;
};

/// Opens the crowd a hundred at a time (a listener's backlog is not what is measured), then measures. Owned by main().
class Course {
 public:
  Course(Loop &loop, const Options &options)
      : m_loop(loop), m_options(options), m_idle(options.number("idle", 0, 100'000)), m_requester(loop, options) {
    raiseDescriptorLimit(m_idle + 64);
    loop.every(5'000'000, [this] { step(); });
  }

 private:
  static constexpr std::int64_t atOnce = 100;

  std::int64_t ms(const char *name) const { return m_options.number(name, 0, 3'600'000) * 1'000'000; }

  std::int64_t server() const { return m_options.number("server", 0, 1 << 30); }

  void step() {
    if (static_cast<std::int64_t>(m_clients.size()) < m_idle) {
      while (static_cast<std::int64_t>(m_clients.size()) < std::min(m_idle, m_open + atOnce)) {
        m_clients.push_back(std::make_unique<IdleClient>(m_loop, m_options, m_open));
      }
    } else if (m_open == m_idle) {
      measure(monotonic());
    }
  }

  void measure(std::int64_t now) {
    if (m_counts == 0) {
      m_requester.begin();
      m_counts = now + ms("warmup-ms");
    } else if (m_began == 0 && now >= m_counts) {
      m_requester.count();
      m_began = now;
      m_cpu = cpuTime(server());
    } else if (m_began > 0 && !m_isTold && now >= m_began + m_options.number("seconds", 1, 3600) * 1'000'000'000) {
      m_isTold = true;
      m_requester.stop();
      const double seconds = static_cast<double>(now - m_began) / 1e9;
      const auto rate = static_cast<std::int64_t>(static_cast<double>(m_requester.answers()) / seconds);
      const std::int64_t cpu = (cpuTime(server()) - m_cpu) / std::max<std::int64_t>(m_requester.answers(), 1);
      say("{\"idle\":" + std::to_string(m_idle) + ",\"requests_per_s\":" + std::to_string(rate) +
          ",\"cpu_ns_per_request\":" + std::to_string(cpu) + ",\"ms\":" + m_requester.times().json() + "}");
    }
  }

  Loop &m_loop;
  const Options &m_options;
  std::int64_t m_idle;
  std::int64_t m_open = 0;
  std::vector<std::unique_ptr<IdleClient>> m_clients;
  Requester m_requester;
  std::int64_t m_counts = 0;
  std::int64_t m_began = 0;
  std::int64_t m_cpu = 0;
  bool m_isTold = false;
};

}  // namespace
}  // namespace tagwire::bench

int main(int count, char **words) {
  using namespace tagwire::bench;
  const Options options(count, words,
                        {{"port", ""},
                         {"path", "/ws/live"},
                         {"idle", "10"},
                         {"request", "/healthz"},
                         {"server", "0"},
                         {"warmup-ms", "1000"},
                         {"seconds", "5"}});
  Loop loop;
  for (const int signal : {SIGTERM, SIGINT}) loop.on(signal, [&] { loop.end(); });
  Course course(loop, options);
  loop.run();
}
