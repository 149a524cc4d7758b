// SPDX-License-Identifier: Apache-2.0
// Devices that push and clients that watch them, in one epoll loop. Each payload holds its CLOCK_MONOTONIC time in
// nanoseconds; measured is how old it is when a watcher has it.
//
//   device_clients --port PORT --tokens FILE [--devices 500] [--watchers 100] [--period-ms 1000] [--bytes 700]
//                  [--warmup-ms 2000] [--seconds 20]
//
// FILE: the watchers' token in the first line, then that of each device, "dev_0" and so on. Device i sends i/devices of
// a period later than the first; watcher i watches device i modulo devices. Prints one line of JSON; ends with 1 when
// somebody was refused or lost.
#include <charconv>
#include <fstream>

#include "modbus_net.h"

namespace tagwire::bench {
namespace {

/// What all watchers measured in common.
struct Figures {
  bool isCounting = false;
  std::int64_t sent = 0;
  std::int64_t messages = 0;
  Spread ages;  ///< ms
};

constexpr std::string_view marker = "\"stamp\":";

/// One WebSocket client; anything that is not a proper server ends the program. Owned by main().
class Client {
 public:
  Client(Loop &loop, const Options &options, std::int64_t device, const std::string &token, Figures &figures)
      : m_figures(figures), m_stream(connectTo(static_cast<std::uint16_t>(options.number("port", 1, 65535)))) {
    send("GET /ws/device/dev_" + std::to_string(device) +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAuthorization: Bearer " + token +
         "\r\nSec-WebSocket-Key: dGFnd2lyZSBiZW5jaG1hcg==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    loop.watch(m_stream.descriptor(), [this] { take(); });
  }

  bool isOpen() const { return m_isOpen; }
  /// The mask is zero: the text stays as it is.
  void sendText(std::uint8_t opcode, std::string_view text) {
    std::string frame{static_cast<char>(0x80 | opcode)};
    if (text.size() < 126) {
      frame += static_cast<char>(0x80 | text.size());
    } else {
      frame += {static_cast<char>(0x80 | 126), static_cast<char>(text.size() >> 8), static_cast<char>(text.size())};
    }
    frame.append(4, '\0');
    send(frame.append(text));
  }

 private:
  void send(std::string_view text) {
    if (!m_stream.send({reinterpret_cast<const std::uint8_t *>(text.data()), text.size()})) {
      giveUp("the server is gone");
    }
  }

  void take() {
    const bool isThere = m_stream.receive();
    const std::int64_t now = monotonic();
    if (!isThere) giveUp("the server hung up");
    if (!m_isOpen && !open()) return;
    for (;;) {
      const auto bytes = m_stream.received();
      if (bytes.size() < 2) return;
      const bool isLong = (bytes[1] & 0x7F) == 126;
      const std::size_t begin = isLong ? 4 : 2;
      if (bytes.size() < begin) return;
      const std::size_t size = isLong ? static_cast<std::size_t>(bytes[2]) << 8 | bytes[3] : bytes[1] & 0x7FU;
      if (bytes.size() < begin + size) return;
      const std::string text(reinterpret_cast<const char *>(bytes.data()) + begin, size);
      const std::uint8_t opcode = bytes[0] & 0xF;
      m_stream.consume(begin + size);
      if (opcode == 9) sendText(10, text);
      if (opcode == 8) giveUp("the server closed: " + text.substr(std::min<std::size_t>(2, text.size())));
      if (opcode == 1) measure(text, now);
    }
  }

  bool open() {
    const auto bytes = m_stream.received();
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return false;
    if (!text.starts_with("HTTP/1.1 101")) giveUp("refused: " + std::string(text.substr(0, text.find('\r'))));
    m_stream.consume(end + 4);
    return m_isOpen = true;
  }

  void measure(std::string_view text, std::int64_t now) {
    const auto at = text.find(marker);
    if (at == std::string_view::npos || !m_figures.isCounting) return;
    std::int64_t stamp = 0;
    std::from_chars(text.data() + at + marker.size(), text.data() + text.size(), stamp);
    ++m_figures.messages;
    m_figures.ages.add(static_cast<double>(now - stamp) / 1e6);
  }

  Figures &m_figures;
  Stream m_stream;
  bool m_isOpen = false;
};

std::string payload(std::int64_t device, std::int64_t bytes) {
  std::string text = "{\"device_id\":\"dev_" + std::to_string(device) + "\",\"stamp\":" + std::to_string(monotonic()) +
                     ",\"battery\":{\"soc\":0.85,\"voltage\":380.5,\"current\":-12.25,\"faults\":[]},"
                     "\"grid\":{\"status\":\"connected\",\"power\":12.5},\"more\":\"";
  const auto left = bytes - static_cast<std::int64_t>(text.size()) - 2;
  return text.append(left > 0 ? static_cast<std::size_t>(left) : 0, 'x') + "\"}";
}

std::vector<std::string> linesOf(const std::string &file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace
}  // namespace tagwire::bench

int main(int count, char **words) {
  using namespace tagwire::bench;
  const Options options(count, words,
                        {{"port", ""},
                         {"tokens", ""},
                         {"devices", "500"},
                         {"watchers", "100"},
                         {"period-ms", "1000"},
                         {"bytes", "700"},
                         {"warmup-ms", "2000"},
                         {"seconds", "20"}});
  const auto devices = options.number("devices", 1, 10'000);
  const auto watchers = options.number("watchers", 0, 10'000);
  const auto tokens = linesOf(options.text("tokens"));
  if (tokens.size() <= static_cast<std::size_t>(devices)) giveUp("--tokens: not one line for each device");
  Loop loop;
  Figures figures;
  std::vector<std::unique_ptr<Client>> clients;
  for (std::int64_t i = 0; i < devices + watchers; ++i) {
    const std::string &token = tokens[i < devices ? static_cast<std::size_t>(i) + 1 : 0];
    clients.push_back(
        std::make_unique<Client>(loop, options, i < devices ? i : (i - devices) % devices, token, figures));
  }
  const std::int64_t period = options.number("period-ms", 1, 60'000) * 1'000'000;
  const std::int64_t start = monotonic();
  const std::int64_t begins = start + options.number("warmup-ms", 0, 600'000) * 1'000'000;
  const std::int64_t ends = begins + options.number("seconds", 1, 3600) * 1'000'000'000;
  const auto bytes = options.number("bytes", 200, 60'000);
  std::int64_t sent = 0;
  loop.every(1'000'000, [&] {
    const std::int64_t now = monotonic();
    figures.isCounting = now >= begins;
    if (now >= ends) return loop.end();
    // Whose turn came since the last time.
    for (const std::int64_t due = (now - start) * devices / period; sent < due; ++sent) {
      Client &device = *clients[static_cast<std::size_t>(sent % devices)];
      if (!device.isOpen()) continue;
      device.sendText(1, payload(sent % devices, bytes));
      figures.sent += figures.isCounting ? 1 : 0;
    }
  });
  loop.run();
  say("{\"devices\":" + std::to_string(devices) + ",\"watchers\":" + std::to_string(watchers) +
      ",\"sent\":" + std::to_string(figures.sent) + ",\"messages\":" + std::to_string(figures.messages) +
      ",\"ms\":" + figures.ages.json() + "}");
}
