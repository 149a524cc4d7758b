// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QCryptographicHash>

#include <string>
#include <string_view>

namespace tagwire::bench {

/// The least answer to the head of a WebSocket upgrade; empty when it brings no key.
inline std::string handshakeAnswer(std::string_view request) {
  constexpr std::string_view field = "Sec-WebSocket-Key: ";
  const auto at = request.find(field);
  if (at == std::string_view::npos) return {};
  const std::string_view key = request.substr(at + field.size(), 24);
  const QByteArray salted = QByteArray(key.data(), static_cast<qsizetype>(key.size())) +
                            QByteArrayLiteral("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         QCryptographicHash::hash(salted, QCryptographicHash::Sha1).toBase64().toStdString() + "\r\n\r\n";
}

}  // namespace tagwire::bench
