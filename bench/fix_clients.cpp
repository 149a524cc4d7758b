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
#include "modbus_net.h"

namespace tagwire::bench {
namespace {

/// One WebSocket client; anything that is not a proper server ends the program. Owned by main().
class Client {
 public:
  using Take = std::function<void(std::string_view text, std::int64_t now)>;

  Client(Loop &loop, const Options &options, const std::string &token, Take whoTakes)
      : m_take(std::move(whoTakes)), m_stream(connectTo(static_cast<std::uint16_t>(options.number("port", 1, 65535)))) {
    send("GET " + options.text("path") +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
         (token.empty() ? std::string() : "Authorization: Bearer " + token + "\r\n") +
         "Sec-WebSocket-Key: dGFnd2lyZSBiZW5jaG1hcg==\r\nSec-WebSocket-Version: 13\r\n\r\n");
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
      if (opcode == 1) m_take(text, now);
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

  Take m_take;
  Stream m_stream;
  bool m_isOpen = false;
};

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
  Client watcher(loop, options, token, take);
  std::vector<std::unique_ptr<Client>> clients;
  for (std::int64_t i = 0; i < senders; ++i) {
    clients.push_back(std::make_unique<Client>(loop, options, token, take));
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
      Client &sender = *clients[static_cast<std::size_t>(tag % senders)];
      figures.sentAt.push_back(monotonic());
      if (sender.isOpen())
        sender.sendText(1, fixText(tag, step, placeOf(tag, squares, step), figures.sentAt.size() - 1));
    }
  });
  loop.run();
  say("{\"fixes\":" + std::to_string(sent) + ",\"events\":" + std::to_string(figures.events) +
      ",\"refused\":" + std::to_string(figures.refused) + ",\"ms\":" + figures.ages.json() + "}");
}
