// SPDX-License-Identifier: Apache-2.0
// The least gateway: reads the registers of one device and sends every WebSocket client one text frame for each scan,
// {"stamp":…,"v":[…]}: the 64 bits of registers 0 to 3 as a number, and each of the others. Every client gets
// everything; what clients send is not looked at.
//
//   latency_raw --plc PORT [--registers 100] [--period-ms 100] [--port 0]
//
// The first line on stdout is {"listening":[port]}. SIGTERM prints one line of JSON and ends.
#include <charconv>
#include <csignal>

#include "modbus_client.h"
#include "raw_handshake.h"

namespace tagwire::bench {
namespace {

/// One text frame, made anew for each scan in the same memory.
class Message {
 public:
  std::span<const std::uint8_t> encode(const std::vector<std::uint16_t> &values) {
    m_text.assign(R"({"stamp":)");
    std::uint64_t stamp = 0;
    for (std::size_t i = 0; i < 4; ++i) stamp = stamp << 16 | values[i];
    append(stamp);
    m_text += R"(,"v":[)";
    for (std::size_t i = 4; i < values.size(); ++i) {
      if (i > 4) m_text += ',';
      append(values[i]);
    }
    m_text += "]}";
    return frame();
  }

 private:
  void append(std::uint64_t number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    m_text.append(digits.data(), end);
  }

  std::span<const std::uint8_t> frame() {
    const std::size_t size = m_text.size();
    m_frame.assign(1, 0x81);
    if (size < 126) {
      m_frame.push_back(static_cast<std::uint8_t>(size));
    } else {
      m_frame.push_back(size < 65536 ? 126 : 127);
      for (int shift = size < 65536 ? 8 : 56; shift >= 0; shift -= 8) {
        m_frame.push_back(static_cast<std::uint8_t>(size >> shift));
      }
    }
    m_frame.insert(m_frame.end(), m_text.begin(), m_text.end());
    return m_frame;
  }

  std::string m_text;
  std::vector<std::uint8_t> m_frame;
};

/// Its clients, and the frame that all of them get. Owned by main().
class RawGateway {
 public:
  RawGateway(Loop &loop, std::uint16_t port) : m_loop(loop), m_listener(listenOn(port)) {
    m_loop.watch(m_listener.number(), [this] { welcome(); });
  }

  std::uint16_t port() const { return portOf(m_listener); }

  void publish(const std::vector<std::uint16_t> &values) {
    const auto frame = m_message.encode(values);
    std::erase_if(m_clients, [&](const auto &each) {
      Stream &client = *each.second;
      // One that does not read loses its place: the limit has no queues.
      const bool stays = !client.isBlocked() && client.send(frame);
      if (!stays) m_loop.forget(each.first);
      return !stays;
    });
  }

 private:
  void welcome() {
    Descriptor socket = acceptFrom(m_listener);
    const int id = socket.number();
    if (id < 0) return;
    m_strangers.insert_or_assign(id, std::make_unique<Stream>(std::move(socket)));
    m_loop.watch(id, [this, id] { greet(id); });
  }

  void greet(int id) {
    Stream &client = *m_strangers.at(id);
    if (!client.receive()) return drop(m_strangers, id);
    const auto bytes = client.received();
    const std::string_view request(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    if (request.find("\r\n\r\n") == std::string_view::npos) return;
    const std::string answer = handshakeAnswer(request);
    client.consume(bytes.size());
    if (answer.empty() || !client.send({reinterpret_cast<const std::uint8_t *>(answer.data()), answer.size()})) {
      return drop(m_strangers, id);
    }
    m_clients.insert(m_strangers.extract(id));
    m_loop.forget(id);
    m_loop.watch(id, [this, id] { hear(id); });
  }

  void hear(int id) {
    Stream &client = *m_clients.at(id);
    if (!client.receive()) return drop(m_clients, id);
    client.consume(client.received().size());
  }

  using Clients = std::unordered_map<int, std::unique_ptr<Stream>>;

  void drop(Clients &clients, int id) {
    m_loop.forget(id);
    clients.erase(id);
  }

  Loop &m_loop;
  Descriptor m_listener;
  Clients m_strangers;
  Clients m_clients;
  Message m_message;
};

}  // namespace
}  // namespace tagwire::bench

int main(int count, char **words) {
  using namespace tagwire::bench;
  const Options options(count, words, {{"plc", ""}, {"registers", "100"}, {"period-ms", "100"}, {"port", "0"}});
  const auto registers = static_cast<int>(options.number("registers", 4, 65536));
  std::int64_t scans = 0;
  std::int64_t late = 0;
  Loop loop;
  RawGateway gateway(loop, static_cast<std::uint16_t>(options.number("port", 0, 65535)));
  std::unique_ptr<ReadingClient> client;
  client = std::make_unique<ReadingClient>(loop, options.ports("plc").front(), registers, 0, [&] {
    ++scans;
    gateway.publish(client->values());
  });
  loop.every(options.number("period-ms", 1, 3'600'000) * 1'000'000, [&] { late += client->begin() ? 0 : 1; });
  for (const int signal : {SIGTERM, SIGINT}) loop.on(signal, [&] { loop.end(); });
  say("{\"listening\":[" + std::to_string(gateway.port()) + "]}");
  loop.run();
  say("{\"scans\":" + std::to_string(scans) + ",\"late\":" + std::to_string(late) + "}");
}
