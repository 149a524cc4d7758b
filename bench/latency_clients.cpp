// SPDX-License-Identifier: Apache-2.0
// WebSocket clients in one epoll loop. Each text message holds a CLOCK_MONOTONIC time in nanoseconds behind --marker;
// measured is how old it is when the message arrives. A time that this client had before (a snapshot) does not count.
//
//   latency_clients --port PORT [--path /] [--clients 1] [--marker '"stamp":'] [--send TEXT] [--warmup-ms 1000]
//                   [--seconds 10]
//
// --send: a text message that each client sends first. Prints one line of JSON; ends with 1 when a client was refused
// or lost.
#include <charconv>
#include <cstring>

#include "modbus_net.h"

namespace tagwire::bench {
namespace {

/// What all clients measured in common.
struct Figures {
  bool isCounting = false;
  std::int64_t messages = 0;
  std::int64_t bytes = 0;
  Spread ages;  ///< ms
};

using Bytes = std::vector<std::uint8_t>;

/// A client's frames are masked; with a mask of zeros the text stays as it is.
Bytes clientFrame(std::uint8_t opcode, std::string_view text) {
  Bytes frame;
  frame.reserve(text.size() + 8);
  frame.push_back(static_cast<std::uint8_t>(0x80 | opcode));
  if (text.size() < 126) {
    frame.push_back(static_cast<std::uint8_t>(0x80 | text.size()));
  } else {
    frame.push_back(0x80 | 126);
    frame.push_back(static_cast<std::uint8_t>(text.size() >> 8));
    frame.push_back(static_cast<std::uint8_t>(text.size()));
  }
  for (int i = 0; i < 4; ++i) frame.push_back(0);
  for (const char each : text) frame.push_back(static_cast<std::uint8_t>(each));
  return frame;
}

/// One subscriber. Anything that is not a proper WebSocket server ends the program. Owned by main().
class Subscriber {
 public:
  Subscriber(Loop &loop, const Options &options, Figures &figures)
      : m_options(options),
        m_figures(figures),
        m_stream(connectTo(static_cast<std::uint16_t>(options.number("port", 1, 65535)))) {
    send("GET " + options.text("path") +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGFnd2lyZSBiZW5jaG1hcg==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    loop.watch(m_stream.descriptor(), [this] { take(); });
  }

 private:
  /// Where a frame's payload begins, and how long it is; begin 0: it is not there as a whole.
  struct Frame {
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  void send(std::string_view text) {
    if (!m_stream.send({reinterpret_cast<const std::uint8_t *>(text.data()), text.size()}))
      giveUp("the server is gone");
  }

  void take() {
    const bool isThere = m_stream.receive();
    const std::int64_t now = monotonic();
    if (!isThere) giveUp("the server hung up");
    if (!m_isOpen && !open()) return;
    while (true) {
      const auto bytes = m_stream.received();
      const Frame frame = frameIn(bytes);
      if (frame.begin == 0) return;
      takeFrame(bytes[0], bytes.subspan(frame.begin, frame.size), now);
      m_stream.consume(frame.begin + frame.size);
    }
  }

  bool open() {
    const auto bytes = m_stream.received();
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return false;
    if (!text.starts_with("HTTP/1.1 101")) giveUp("refused: " + std::string(text.substr(0, text.find('\r'))));
    m_stream.consume(end + 4);
    m_isOpen = true;
    if (!m_options.text("send").empty()) m_stream.send(clientFrame(1, m_options.text("send")));
    return true;
  }

  static Frame frameIn(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < 2) return {};
    const std::size_t code = bytes[1] & 0x7F;
    const std::size_t wide = code == 127 ? 8 : (code == 126 ? 2 : 0);
    if (bytes.size() < 2 + wide) return {};
    std::size_t size = wide == 0 ? code : 0;
    for (std::size_t i = 0; i < wide; ++i) size = size << 8 | bytes[2 + i];
    return bytes.size() < 2 + wide + size ? Frame() : Frame{2 + wide, size};
  }

  void takeFrame(std::uint8_t first, std::span<const std::uint8_t> payload, std::int64_t now) {
    const std::string_view text(reinterpret_cast<const char *>(payload.data()), payload.size());
    if (first == 0x89) m_stream.send(clientFrame(0xA, text));
    if (first == 0x88) giveUp("the server closed: " + std::string(text.substr(std::min<std::size_t>(2, text.size()))));
    if (first == 0x81) measure(text, now);
  }

  void measure(std::string_view text, std::int64_t now) {
    const std::string &marker = m_options.text("marker");
    const auto at = text.find(marker);
    if (at == std::string_view::npos) return;
    std::int64_t stamp = 0;
    std::from_chars(text.data() + at + marker.size(), text.data() + text.size(), stamp);
    if (stamp == std::exchange(m_stamp, stamp) || !m_figures.isCounting) return;
    ++m_figures.messages;
    m_figures.bytes += static_cast<std::int64_t>(text.size());
    m_figures.ages.add(static_cast<double>(now - stamp) / 1e6);
  }

  const Options &m_options;
  Figures &m_figures;
  Stream m_stream;
  bool m_isOpen = false;
  std::int64_t m_stamp = 0;
};

}  // namespace
}  // namespace tagwire::bench

int main(int count, char **words) {
  using namespace tagwire::bench;
  const Options options(count, words,
                        {{"port", ""},
                         {"path", "/"},
                         {"clients", "1"},
                         {"marker", "\"stamp\":"},
                         {"send", ""},
                         {"warmup-ms", "1000"},
                         {"seconds", "10"}});
  Loop loop;
  Figures figures;
  std::vector<std::unique_ptr<Subscriber>> subscribers;
  const auto clients = options.number("clients", 1, 10'000);
  for (std::int64_t i = 0; i < clients; ++i) {
    subscribers.push_back(std::make_unique<Subscriber>(loop, options, figures));
  }
  const std::int64_t begins = monotonic() + options.number("warmup-ms", 0, 600'000) * 1'000'000;
  const std::int64_t ends = begins + options.number("seconds", 1, 3600) * 1'000'000'000;
  loop.every(10'000'000, [&] {
    const std::int64_t now = monotonic();
    figures.isCounting = now >= begins;
    if (now >= ends) loop.end();
  });
  loop.run();
  say("{\"clients\":" + std::to_string(clients) + ",\"messages\":" + std::to_string(figures.messages) +
      ",\"bytes\":" + std::to_string(figures.bytes) + ",\"ms\":" + figures.ages.json() + "}");
}
