// SPDX-License-Identifier: Apache-2.0
// Senders of fixes and one client that takes trigger events, in one epoll loop, speaking rtls-manager. Each fix has its
// own number as Z, which its event brings back; measured is the time from sending the fix to having its event.
//
//   fix_clients --port PORT [--path /ws/Manager1] [--token-file FILE] [--tags 1000] [--squares 1000] [--period-ms 100]
//               [--senders 10] [--warmup-ms 2000] [--seconds 10]
//
// Where the tags are: fix_walk.h. Prints one line of JSON; ends with 1 when somebody was refused or lost.
#include <charconv>
#include <cstdio>
#include <fstream>

#include "fix_walk.h"
#include "web_client.h"

namespace tagwire::bench {
namespace {

/// When each fix was sent, and what came of it.
struct Figures {
  std::vector<std::int64_t> sentAt;
  std::int64_t begins = 0;
  bool isStreaming = false;
  std::int64_t events = 0;
  std::int64_t refused = 0;
  Spread ages;  ///< ms

  void take(std::string_view text, std::int64_t now) {
    if (text.find("\"response\":\"BeginStream\"") != std::string_view::npos) isStreaming = true;
    if (text.find("\"response\":\"Unknown\"") != std::string_view::npos && refused++ == 0) {
      std::fprintf(stderr, "refused: %.*s\n", static_cast<int>(text.size()), text.data());
    }
    constexpr std::string_view marker = "\"z\":";
    const auto at = text.find(marker);
    if (at == std::string_view::npos) return;
    std::size_t fix = 0;
    std::from_chars(text.data() + at + marker.size(), text.data() + text.size(), fix);
    if (fix >= sentAt.size() || sentAt[fix] < begins) return;
    ++events;
    ages.add(static_cast<double>(now - sentAt[fix]) / 1e6);
  }
};

std::string fixText(std::int64_t tag, std::int64_t step, const Place &place, std::size_t number) {
  std::array<char, 256> text{};
  const int size =
      std::snprintf(text.data(), text.size(),
                    R"({"type":"GISData","ID":"T%lld","Type":"Sim","X":%.2f,"Y":%.2f,"Z":%zu,"Bat":100,)"
                    R"("CNF":95.0,"GWID":"BENCH","Sequence":%lld})",
                    static_cast<long long>(tag), place.x, place.y, number, static_cast<long long>(step % 200 + 1));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string beginStream(std::int64_t tags) {
  std::string text = R"({"type":"request","request":"BeginStream","reqid":"1","params":[)";
  for (std::int64_t i = 0; i < tags; ++i) {
    text += (i == 0 ? "" : ",") + (R"({"id":"T)" + std::to_string(i)) + R"(","data":"false"})";
  }
  return text + "]}";
}

}  // namespace
}  // namespace tagwire::bench

int main(int count, char **words) {
  using namespace tagwire::bench;
  const Options options(count, words,
                        {{"port", ""},
                         {"path", "/ws/Manager1"},
                         {"token-file", ""},
                         {"tags", "1000"},
                         {"squares", "1000"},
                         {"period-ms", "100"},
                         {"senders", "10"},
                         {"warmup-ms", "2000"},
                         {"seconds", "10"}});
  const auto tags = options.number("tags", 1, 2000);
  const auto squares = options.number("squares", 1, 100'000);
  const auto senders = options.number("senders", 1, 1000);
  std::string token;
  if (!options.text("token-file").empty()) {
    std::ifstream file(options.text("token-file"));
    std::getline(file, token);
  }
  Loop loop;
  Figures figures;
  const auto take = [&](std::string_view text, std::int64_t now) { figures.take(text, now); };
  const auto port = static_cast<std::uint16_t>(options.number("port", 1, 65535));
  WebClient watcher(loop, port, options.text("path"), token, take);
  std::vector<std::unique_ptr<WebClient>> clients;
  for (std::int64_t i = 0; i < senders; ++i) {
    clients.push_back(std::make_unique<WebClient>(loop, port, options.text("path"), token, take));
  }
  const std::int64_t period = options.number("period-ms", 1, 60'000) * 1'000'000;
  const std::int64_t warmup = options.number("warmup-ms", 0, 600'000) * 1'000'000;
  const std::int64_t lasts = options.number("seconds", 1, 3600) * 1'000'000'000;
  bool hasAsked = false;
  std::int64_t start = 0;
  std::int64_t sent = 0;
  loop.every(1'000'000, [&] {
    if (!hasAsked && watcher.isOpen()) {
      watcher.sendText(1, beginStream(tags));
      hasAsked = true;
    }
    if (!figures.isStreaming) return;
    const std::int64_t now = monotonic();
    if (start == 0) {
      start = now;
      figures.begins = now + warmup;
      figures.sentAt.reserve(static_cast<std::size_t>((warmup + lasts) / period * tags + tags));
    }
    // What is sent in the last tenth of a second has the time to come back.
    if (now >= figures.begins + lasts + 500'000'000) return loop.end();
    if (now >= figures.begins + lasts) return;
    for (const std::int64_t due = (now - start) * tags / period; sent < due; ++sent) {
      const std::int64_t tag = sent % tags;
      const std::int64_t step = sent / tags;
      WebClient &sender = *clients[static_cast<std::size_t>(tag % senders)];
      figures.sentAt.push_back(monotonic());
      if (sender.isOpen())
        sender.sendText(1, fixText(tag, step, placeOf(tag, squares, step), figures.sentAt.size() - 1));
    }
  });
  loop.run();
  say("{\"fixes\":" + std::to_string(sent) + ",\"events\":" + std::to_string(figures.events) +
      ",\"refused\":" + std::to_string(figures.refused) + ",\"ms\":" + figures.ages.json() + "}");
}
