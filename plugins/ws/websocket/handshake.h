// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "http/request.h"
#include "http/response.h"

namespace tagwire::ws {

/// What is wrong with the head of an upgrade (RFC 6455, 4.2.1); nothing when it may be accepted.
std::optional<Refusal> handshakeProblem(const Request &request);
/// The answer 101 with Sec-WebSocket-Accept.
QByteArray handshakeAnswer(const Request &request);
/// A close frame, unmasked; `reason` is cut to 123 bytes of whole characters.
QByteArray closeFrame(quint16 code, const QString &reason);
/// A PING or PONG, unmasked; `payload` is at most 125 bytes long.
QByteArray pingFrame();
QByteArray pongFrame(const QByteArray &payload);

}  // namespace tagwire::ws
