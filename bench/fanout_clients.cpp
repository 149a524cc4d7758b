// SPDX-License-Identifier: Apache-2.0
// Many WebSocket subscribers in one epoll loop that count what they get and look no closer at it than a client must.
//
//   fanout_clients --port PORT [--path /] [--clients 100] [--stalled 0] [--warmup-ms 500] [--seconds 3] [--send TEXT]
//                  [--marker '"ts":'] [--hold 0]
//
// Counting begins once all are connected and the warm-up is over. --stalled: so many of the clients never read. Behind
// --marker a message holds a CLOCK_MONOTONIC time in nanoseconds; how old it is, is measured once in 16 messages.
// --hold 1: nothing is expected; says {"connected":N,"seconds":…} and keeps the connections until SIGTERM. Prints one
// line of JSON; ends with 1 when a client that reads was refused or lost.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <charconv>
#include <csignal>
#include <cstring>

#include "modbus_net.h"

namespace tagwire::bench {
namespace {

struct Figures {
  bool isCounting = false;
  std::int64_t messages = 0;
  std::int64_t bytes = 0;
  std::int64_t lost = 0;
  Spread ages;  ///< ms
};

/// Finds the frames in a stream of bytes without keeping it; of a message only its beginning.
class FrameCounter {
 public:
  /// The opcode of the frame that ended within `bytes`, or 0; `bytes` is what is left behind it.
  int next(std::span<const std::uint8_t> &bytes) {
    while (!bytes.empty()) {
      if (m_headSize < m_headDue) {
        takeHead(bytes.front());
        bytes = bytes.subspan(1);
        if (m_headSize < m_headDue || m_left > 0) continue;
      } else {
        const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(m_left, bytes.size()));
        if (m_textSize < m_text.size()) {
          const std::size_t kept = std::min(taken, m_text.size() - m_textSize);
          std::memcpy(m_text.data() + m_textSize, bytes.data(), kept);
          m_textSize += kept;
        }
        m_left -= taken;
        bytes = bytes.subspan(taken);
        if (m_left > 0) continue;
      }
      return end();
    }
    return 0;
  }
  /// Of the frame that ended last.
  std::string_view text() const { return {m_text.data(), m_endedText}; }
  std::uint64_t size() const { return m_endedSize; }

 private:
  void takeHead(std::uint8_t byte) {
    if (m_headSize == 0) {
      m_opcode = byte & 0x0F;
      m_textSize = 0;
    } else if (m_headSize == 1) {
      m_left = byte & 0x7F;
      if (m_left == 126) m_headDue = 4;
      if (m_left == 127) m_headDue = 10;
      if (m_left >= 126) m_left = 0;
    } else {
      m_left = m_left << 8 | byte;
    }
    if (++m_headSize == m_headDue) m_size = m_left;
  }
  int end() {
    m_headSize = 0;
    m_headDue = 2;
    m_endedSize = m_size;
    m_endedText = m_textSize;
    return m_opcode;
  }

  std::array<char, 128> m_text{};
  std::size_t m_textSize = 0;
  std::size_t m_endedText = 0;
  std::uint64_t m_left = 0;
  std::uint64_t m_size = 0;
  std::uint64_t m_endedSize = 0;
  int m_headSize = 0;
  int m_headDue = 2;
  int m_opcode = 0;
};

struct Client {
  Descriptor socket;
  FrameCounter frames;
  std::string head;  ///< of the answer, as long as it is not whole
  std::int64_t messages = 0;
  bool isOpen = false;
  bool isStalled = false;
  bool isGone = false;
};

/// All clients and their loop. Owned by main().
class Swarm {
 public:
  explicit Swarm(const Options &options)
      : m_options(options),
        m_count(static_cast<std::size_t>(options.number("clients", 1, 60'000))),
        m_stalled(static_cast<std::size_t>(options.number("stalled", 0, 60'000))),
        m_epoll(::epoll_create1(EPOLL_CLOEXEC)) {
    m_clients.reserve(m_count);
  }

  void run() {
    const bool holds = m_options.number("hold", 0, 1) == 1;
    while (m_open < m_count) {
      connectSome();
      turn(50);
    }
    if (holds) {
      say("{\"connected\":" + std::to_string(m_open) +
          ",\"seconds\":" + std::to_string(static_cast<double>(monotonic() - m_started) / 1e9) + "}");
      while (!ends) turn(200);
      return;
    }
    const std::int64_t begins = monotonic() + m_options.number("warmup-ms", 0, 600'000) * 1'000'000;
    while (monotonic() < begins) turn(10);
    m_figures.isCounting = true;
    const std::int64_t began = monotonic();
    const std::int64_t until = began + m_options.number("seconds", 1, 3600) * 1'000'000'000;
    while (monotonic() < until && !ends) turn(10);
    print(static_cast<double>(monotonic() - began) / 1e9);
  }

  bool isWhole() const { return m_figures.lost == 0; }
  static inline volatile std::sig_atomic_t ends = 0;

 private:
  static constexpr std::size_t atOnce = 64;  ///< handshakes under way

  void connectSome() {
    while (m_clients.size() < m_count && m_clients.size() - m_open < atOnce) {
      const std::size_t index = m_clients.size();
      Client &client = m_clients.emplace_back();
      client.isStalled = m_stalled > 0 && index % std::max<std::size_t>(m_count / m_stalled, 1) == 0;
      client.socket = connectTo(static_cast<std::uint16_t>(m_options.number("port", 1, 65535)));
      const std::string request = "GET " + m_options.text("path") +
                                  " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Key: dGFnd2lyZSBiZW5jaG1hcg==\r\nSec-WebSocket-Version: 13\r\n\r\n";
      if (::send(client.socket.number(), request.data(), request.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(request.size())) {
        giveUp("can't connect");
      }
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = index;
      ::epoll_ctl(m_epoll.number(), EPOLL_CTL_ADD, client.socket.number(), &event);
    }
  }

  void turn(int milliseconds) {
    std::array<epoll_event, 256> events{};
    const int count = ::epoll_wait(m_epoll.number(), events.data(), static_cast<int>(events.size()), milliseconds);
    for (int i = 0; i < count; ++i) take(m_clients[events[static_cast<std::size_t>(i)].data.u64]);
  }

  void take(Client &client) {
    const ssize_t size = ::recv(client.socket.number(), m_buffer.data(), m_buffer.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return lose(client);
    std::span<const std::uint8_t> bytes(m_buffer.data(), static_cast<std::size_t>(size));
    if (!client.isOpen && !open(client, bytes)) return;
    const std::int64_t now = monotonic();
    while (const int opcode = client.frames.next(bytes)) takeFrame(client, opcode, now);
  }

  bool open(Client &client, std::span<const std::uint8_t> &bytes) {
    client.head.append(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    const auto end = client.head.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    if (!client.head.starts_with("HTTP/1.1 101")) giveUp("refused: " + client.head.substr(0, client.head.find('\r')));
    bytes = bytes.last(client.head.size() - end - 4);
    client.head = {};
    client.isOpen = true;
    ++m_open;
    if (!m_options.text("send").empty()) send(client, 1, m_options.text("send"));
    if (client.isStalled) ::epoll_ctl(m_epoll.number(), EPOLL_CTL_DEL, client.socket.number(), nullptr);
    return !client.isStalled;
  }

  /// Frames are masked; with a mask of zeros the text stays as it is.
  static void send(Client &client, int opcode, std::string_view text) {
    std::string frame{static_cast<char>(0x80 | opcode),
                      static_cast<char>(0x80 | (text.size() < 126 ? text.size() : 126))};
    if (text.size() >= 126) {
      frame += static_cast<char>(text.size() >> 8);
      frame += static_cast<char>(text.size());
    }
    frame.append(4, '\0').append(text);
    ::send(client.socket.number(), frame.data(), frame.size(), MSG_NOSIGNAL);
  }

  void takeFrame(Client &client, int opcode, std::int64_t now) {
    if (opcode == 9) send(client, 10, client.frames.text());
    if (opcode != 1 || !m_figures.isCounting) return;
    ++client.messages;
    ++m_figures.messages;
    m_figures.bytes += static_cast<std::int64_t>(client.frames.size());
    if (client.messages % 16 == 0) measure(client.frames.text(), now);
  }

  void measure(std::string_view text, std::int64_t now) {
    const std::string &marker = m_options.text("marker");
    const auto at = text.find(marker);
    std::int64_t stamp = 0;
    if (at == std::string_view::npos) return;
    std::from_chars(text.data() + at + marker.size(), text.data() + text.size(), stamp);
    m_figures.ages.add(static_cast<double>(now - stamp) / 1e6);
  }

  void lose(Client &client) {
    ::epoll_ctl(m_epoll.number(), EPOLL_CTL_DEL, client.socket.number(), nullptr);
    if (!std::exchange(client.isGone, true)) ++m_figures.lost;
    if (!client.isOpen) giveUp("the server hung up before it answered");
  }

  void print(double seconds) const {
    std::int64_t least = -1;
    std::int64_t most = 0;
    for (const Client &client : m_clients) {
      if (client.isStalled) continue;
      least = least < 0 ? client.messages : std::min(least, client.messages);
      most = std::max(most, client.messages);
    }
    say("{\"clients\":" + std::to_string(m_count) + ",\"seconds\":" + std::to_string(seconds) +
        ",\"messages\":" + std::to_string(m_figures.messages) + ",\"bytes\":" + std::to_string(m_figures.bytes) +
        ",\"least\":" + std::to_string(least) + ",\"most\":" + std::to_string(most) +
        ",\"lost\":" + std::to_string(m_figures.lost) + ",\"ms\":" + m_figures.ages.json() + "}");
  }

  const Options &m_options;
  std::size_t m_count;
  std::size_t m_stalled;
  Descriptor m_epoll;
  std::vector<Client> m_clients;
  std::size_t m_open = 0;
  Figures m_figures;
  std::int64_t m_started = monotonic();
  std::vector<std::uint8_t> m_buffer = std::vector<std::uint8_t>(256 * 1024);
};

}  // namespace
}  // namespace tagwire::bench

int main(int count, char **words) {
  using namespace tagwire::bench;
  const Options options(count, words,
                        {{"port", ""},
                         {"path", "/"},
                         {"clients", "100"},
                         {"stalled", "0"},
                         {"warmup-ms", "500"},
                         {"seconds", "3"},
                         {"send", ""},
                         {"marker", "\"ts\":"},
                         {"hold", "0"}});
  for (const int signal : {SIGTERM, SIGINT}) std::signal(signal, [](int) { Swarm::ends = 1; });
  Swarm swarm(options);
  swarm.run();
  return swarm.isWhole() ? 0 : 1;
}
