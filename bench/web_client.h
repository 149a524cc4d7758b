// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "modbus_net.h"

namespace tagwire::bench {

/// One WebSocket client; anything that is not a proper server ends the program. Owned by main().
class WebClient {
 public:
  using Take = std::function<void(std::string_view text, std::int64_t now)>;

  /// `token` may be empty; `whoTakes` gets each text message.
  WebClient(Loop &loop, std::uint16_t port, const std::string &path, const std::string &token, Take whoTakes)
      : m_take(std::move(whoTakes)), m_stream(connectTo(port)) {
    send("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
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
      std::size_t size = bytes[1] & 0x7FU;
      const std::size_t begin = size == 127 ? 10 : size == 126 ? 4 : 2;
      if (bytes.size() < begin) return;
      if (begin > 2) size = 0;
      for (std::size_t i = 2; i < begin; ++i) size = size << 8 | bytes[i];
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

}  // namespace tagwire::bench
