// SPDX-License-Identifier: Apache-2.0
#include "handshake.h"

#include <QCryptographicHash>
#include <QtEndian>

namespace tagwire::ws {

namespace {

bool isKey(const QByteArray &text) {
  const auto decoded = QByteArray::fromBase64Encoding(text, QByteArray::AbortOnBase64DecodingErrors);
  return decoded && decoded.decoded.size() == 16 && text.size() == 24;
}

QByteArray controlFrame(char opcode, const QByteArray &payload) {
  QByteArray frame;
  frame.append(static_cast<char>(0x80 | opcode));
  frame.append(static_cast<char>(payload.size()));
  return frame + payload;
}

}  // namespace

std::optional<Refusal> handshakeProblem(const Request &request) {
  const auto bad = [](const char *text) { return Refusal{400, QString::fromLatin1(text)}; };
  if (request.method != "GET") return bad("an upgrade needs GET");
  if (!request.isHttp11) return bad("an upgrade needs HTTP/1.1");
  if (!request.hasToken("upgrade", "websocket")) return bad("Upgrade must name websocket");
  if (!request.hasToken("connection", "upgrade")) return bad("Connection must name Upgrade");
  if (!request.body.isEmpty()) return bad("an upgrade has no body");
  if (request.count("sec-websocket-version") > 1) return bad("more than one Sec-WebSocket-Version");
  if (request.field("sec-websocket-version") != "13") {
    return Refusal{426, QStringLiteral("only WebSocket version 13 is spoken"), {{"Sec-WebSocket-Version", "13"}}};
  }
  if (request.count("sec-websocket-key") != 1 || !isKey(request.field("sec-websocket-key"))) {
    return bad("Sec-WebSocket-Key must be 16 bytes in base64");
  }
  return std::nullopt;
}

QByteArray handshakeAnswer(const Request &request) {
  const QByteArray salted = request.field("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         QCryptographicHash::hash(salted, QCryptographicHash::Sha1).toBase64() + "\r\n\r\n";
}

QByteArray closeFrame(quint16 code, const QString &reason) {
  QByteArray payload(2, '\0');
  qToBigEndian(code, payload.data());
  for (QString text = reason.left(123);; text.chop(1)) {
    const QByteArray bytes = text.toUtf8();
    if (bytes.size() <= 123) return controlFrame(0x8, payload + bytes);
  }
}

QByteArray pingFrame() { return controlFrame(0x9, {}); }

QByteArray pongFrame(const QByteArray &payload) { return controlFrame(0xA, payload); }

}  // namespace tagwire::ws
