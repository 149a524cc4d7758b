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

#include "web_client.h"

namespace tagwire::bench {
namespace {

/// What all watchers measured in common.
struct Figures {
  bool isCounting = false;
  std::int64_t sent = 0;
  std::int64_t messages = 0;
  Spread ages;  ///< ms

  void measure(std::string_view text, std::int64_t now) {
    constexpr std::string_view marker = "\"stamp\":";
    const auto at = text.find(marker);
    if (at == std::string_view::npos || !isCounting) return;
    std::int64_t stamp = 0;
    std::from_chars(text.data() + at + marker.size(), text.data() + text.size(), stamp);
    ++messages;
    ages.add(static_cast<double>(now - stamp) / 1e6);
  }
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
  const auto port = static_cast<std::uint16_t>(options.number("port", 1, 65535));
  std::vector<std::unique_ptr<WebClient>> clients;
  for (std::int64_t i = 0; i < devices + watchers; ++i) {
    const std::string &token = tokens[i < devices ? static_cast<std::size_t>(i) + 1 : 0];
    const auto device = i < devices ? i : (i - devices) % devices;
    clients.push_back(
        std::make_unique<WebClient>(loop, port, "/ws/device/dev_" + std::to_string(device), token,
                                    [&](std::string_view text, std::int64_t now) { figures.measure(text, now); }));
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
      WebClient &device = *clients[static_cast<std::size_t>(sent % devices)];
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
