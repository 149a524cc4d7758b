// SPDX-License-Identifier: Apache-2.0
// The least trigger server: takes fixes as fix_clients sends them, knows of each tag whether it was inside its square,
// and tells every client that began a stream of each entry. No JSON parser, no index, no checks.
//
//   fix_raw [--squares 1000] [--tags 1000] [--port 0]
//
// The first line on stdout is {"listening":[port]}. SIGTERM prints one line of JSON and ends.
#include <charconv>
#include <csignal>
#include <set>

#include "fix_walk.h"
#include "modbus_net.h"
#include "raw_handshake.h"

namespace tagwire::bench {
namespace {

double numberBehind(std::string_view text, std::string_view marker) {
  const auto at = text.find(marker);
  double number = 0;
  if (at != std::string_view::npos) {
    std::from_chars(text.data() + at + marker.size(), text.data() + text.size(), number);
  }
  return number;
}

/// Its clients and where their tags are. Owned by main().
class RawServer {
 public:
  RawServer(Loop &loop, const Options &options)
      : m_loop(loop),
        m_listener(listenOn(static_cast<std::uint16_t>(options.number("port", 0, 65535)))),
        m_squares(options.number("squares", 1, 100'000)),
        m_wasInside(static_cast<std::size_t>(options.number("tags", 1, 100'000)), true) {
    m_loop.watch(m_listener.number(), [this] { welcome(); });
  }

  std::uint16_t port() const { return portOf(m_listener); }
  std::int64_t events() const { return m_events; }

 private:
  struct Client {
    explicit Client(Descriptor socket) : stream(std::move(socket)) {}
    Stream stream;
    bool isOpen = false;
  };

  void welcome() {
    Descriptor socket = acceptFrom(m_listener);
    const int id = socket.number();
    if (id < 0) return;
    m_clients.insert_or_assign(id, std::make_unique<Client>(std::move(socket)));
    m_loop.watch(id, [this, id] { hear(id); });
  }

  void hear(int id) {
    Client &client = *m_clients.at(id);
    bool stays = client.stream.receive();
    if (stays && !client.isOpen) stays = greet(client);
    while (stays && client.isOpen && takeFrame(id, client)) continue;
    if (stays) return;
    m_loop.forget(id);
    m_watchers.erase(id);
    m_clients.erase(id);
  }

  static bool greet(Client &client) {
    const auto bytes = client.stream.received();
    const std::string_view request(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    if (request.find("\r\n\r\n") == std::string_view::npos) return true;
    const std::string answer = handshakeAnswer(request);
    client.stream.consume(bytes.size());
    client.isOpen = true;
    return !answer.empty() && send(client, answer);
  }

  static bool send(Client &client, std::string_view text) {
    return client.stream.send({reinterpret_cast<const std::uint8_t *>(text.data()), text.size()});
  }

  /// A mask of zeros is taken for granted.
  bool takeFrame(int id, Client &client) {
    const auto bytes = client.stream.received();
    if (bytes.size() < 2) return false;
    const bool isLong = (bytes[1] & 0x7F) == 126;
    const std::size_t begin = isLong ? 8 : 6;
    if (bytes.size() < begin) return false;
    const std::size_t size = isLong ? static_cast<std::size_t>(bytes[2]) << 8 | bytes[3] : bytes[1] & 0x7FU;
    if (bytes.size() < begin + size) return false;
    take(id, client, {reinterpret_cast<const char *>(bytes.data()) + begin, size});
    client.stream.consume(begin + size);
    return true;
  }

  void take(int id, Client &client, std::string_view text) {
    if (text.find("\"BeginStream\"") != std::string_view::npos) {
      m_watchers.insert(id);
      send(client, framed(R"({"type":"response","reqid":"1","response":"BeginStream"})"));
      return;
    }
    const auto tag = static_cast<std::size_t>(numberBehind(text, "\"ID\":\"T"));
    if (tag >= m_wasInside.size()) return;
    const auto square = static_cast<std::int64_t>(tag) % m_squares;
    const double x = numberBehind(text, "\"X\":") - static_cast<double>(square % squaresInARow) * squarePitch;
    const double y = numberBehind(text, "\"Y\":") - static_cast<double>(square / squaresInARow) * squarePitch;
    const bool isInside = x >= 0 && x <= squareWidth && y >= 0 && y <= squareWidth;
    if (isInside && !m_wasInside[tag]) tell(tag, square, static_cast<std::int64_t>(numberBehind(text, "\"Z\":")));
    m_wasInside[tag] = isInside;
  }

  void tell(std::size_t tag, std::int64_t square, std::int64_t z) {
    ++m_events;
    const std::string id = std::to_string(square + 1);
    const std::string frame =
        framed(R"({"type":"TriggerEvent","trigger_id":)" + id + R"(,"direction":"OnEnter","tag_id":"T)" +
               std::to_string(tag) + R"(","timestamp":"2026-01-01T00:00:00.000Z","trigger_name":"Square )" + id +
               R"(","tag_name":"","zone_id":1,"x":0.0,"y":0.0,"z":)" + std::to_string(z) + "}");
    for (const int each : m_watchers) send(*m_clients.at(each), frame);
  }

  static std::string framed(std::string_view text) {
    std::string frame{static_cast<char>(0x81)};
    if (text.size() < 126) {
      frame += static_cast<char>(text.size());
    } else {
      frame += {static_cast<char>(126), static_cast<char>(text.size() >> 8), static_cast<char>(text.size())};
    }
    return frame.append(text);
  }

  Loop &m_loop;
  Descriptor m_listener;
  std::int64_t m_squares;
  std::vector<bool> m_wasInside;
  std::unordered_map<int, std::unique_ptr<Client>> m_clients;
  std::set<int> m_watchers;
  std::int64_t m_events = 0;
};

}  // namespace
}  // namespace tagwire::bench

int main(int count, char **words) {
  using namespace tagwire::bench;
  const Options options(count, words, {{"squares", "1000"}, {"tags", "1000"}, {"port", "0"}});
  Loop loop;
  RawServer server(loop, options);
  for (const int signal : {SIGTERM, SIGINT}) loop.on(signal, [&] { loop.end(); });
  say("{\"listening\":[" + std::to_string(server.port()) + "]}");
  loop.run();
  say("{\"events\":" + std::to_string(server.events()) + "}");
}
