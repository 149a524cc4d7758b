// SPDX-License-Identifier: Apache-2.0
// One device that pushes values, each of which makes an alarm come or go, and the clients of `alarms` that are told, in
// one epoll loop. Each value has its own number, which the message brings back; measured is the time from sending the
// value to having the message, over all clients.
//
//   alarm_clients --port PORT --token-file FILE [--clients 100] [--points 1000] [--changes 5000] [--warmup-ms 2000]
//                 [--seconds 10]
//
// The token is the device's and the clients'. Point i is field "p<i>" of device "dev"; over 1e9 is an alarm. Prints one
// line of JSON.
#include <charconv>
#include <cstdio>
#include <fstream>

#include "web_client.h"

namespace tagwire::bench {
namespace {

constexpr std::int64_t threshold = 1'000'000'000;

/// When each value was sent, and what came of it.
struct Figures {
  std::vector<std::int64_t> sentAt;
  std::int64_t begins = 0;
  std::int64_t messages = 0;
  std::int64_t snapshots = 0;
  Spread ages;  ///< ms

  void take(std::string_view text, std::int64_t now) {
    if (text.find("\"type\":\"snapshot\"") != std::string_view::npos) ++snapshots;
    if (text.find("\"type\":\"alarm_state\"") == std::string_view::npos) return;
    constexpr std::string_view marker = "\"value\":";
    const auto at = text.find(marker);
    if (at == std::string_view::npos) return;
    std::int64_t value = 0;
    std::from_chars(text.data() + at + marker.size(), text.data() + text.size(), value);
    const auto number = static_cast<std::size_t>(value % threshold);
    if (number >= sentAt.size() || sentAt[number] < begins) return;
    ++messages;
    ages.add(static_cast<double>(now - sentAt[number]) / 1e6);
  }
};

}  // namespace
}  // namespace tagwire::bench

int main(int count, char **words) {
  using namespace tagwire::bench;
  const Options options(count, words,
                        {{"port", ""},
                         {"token-file", ""},
                         {"clients", "100"},
                         {"points", "1000"},
                         {"changes", "5000"},
                         {"warmup-ms", "2000"},
                         {"seconds", "10"}});
  const auto points = options.number("points", 1, 10'000);
  const auto changes = options.number("changes", 1, 1'000'000);
  const auto clients = options.number("clients", 1, 10'000);
  std::string token;
  std::ifstream file(options.text("token-file"));
  std::getline(file, token);
  Loop loop;
  Figures figures;
  const auto port = static_cast<std::uint16_t>(options.number("port", 1, 65535));
  const auto take = [&](std::string_view text, std::int64_t now) { figures.take(text, now); };
  WebClient device(loop, port, "/ws/device/dev", token, [](std::string_view, std::int64_t) {});
  std::vector<std::unique_ptr<WebClient>> watchers;
  for (std::int64_t i = 0; i < clients; ++i) {
    watchers.push_back(std::make_unique<WebClient>(loop, port, "/ws/alarms", token, take));
  }
  const std::int64_t warmup = options.number("warmup-ms", 0, 600'000) * 1'000'000;
  const std::int64_t lasts = options.number("seconds", 1, 3600) * 1'000'000'000;
  std::int64_t start = 0;
  std::int64_t due = 0;  // of those that count
  loop.every(1'000'000, [&] {
    const std::int64_t now = monotonic();
    if (start == 0) {
      if (figures.snapshots < clients || !device.isOpen()) return;
      start = now;
      figures.begins = now + warmup;
    }
    // What is sent last has two seconds to come back.
    if (now >= figures.begins + lasts + 2'000'000'000) return loop.end();
    if (now >= figures.begins + lasts) return;
    const auto target = static_cast<std::size_t>((now - start) / 1000 * changes / 1'000'000);
    std::string text;
    while (figures.sentAt.size() < target) {
      const auto number = static_cast<std::int64_t>(figures.sentAt.size());
      const std::int64_t point = number % points;
      const bool isHigh = number / points % 2 == 0;
      text += ",\"p" + std::to_string(point) + "\":" + std::to_string((isHigh ? threshold : 0) + number);
      figures.sentAt.push_back(now);
      if (now >= figures.begins) ++due;
    }
    if (!text.empty()) device.sendText(1, "{\"device_id\":\"dev\"" + text + "}");
  });
  loop.run();
  say("{\"changes\":" + std::to_string(due) + ",\"messages\":" + std::to_string(figures.messages) +
      ",\"part\":" + std::to_string(static_cast<double>(figures.messages) / static_cast<double>(due * clients)) +
      ",\"ms\":" + figures.ages.json() + "}");
}
