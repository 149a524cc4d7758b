// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QByteArrayList>
#include <QList>

#include <chrono>
#include <utility>

namespace tagwire::ws {

/// What one HTTP client may send. The numbers are those of the design; tests shorten them.
struct HttpLimits {
  int connections = 1024;  ///< that speak HTTP, of all clients together; WebSockets have limits of their own
  int unasked = 256;       ///< of these from one address (IPv6: one /64) that have sent no whole request yet
  qint64 unsentBytes = 64 * 1024 * 1024;  ///< answers that wait for all clients together
  int headBytes = 16 * 1024;
  int fields = 64;
  int bodyBytes = 64 * 1024;
  std::chrono::milliseconds headTime{10'000};  ///< from accept, or from the end of the last answer, to the whole head
  std::chrono::milliseconds bodyTime{30'000};  ///< from the head to the whole body
};

/// One HTTP/1 request, read and checked. Plain value.
struct Request {
  QByteArray method;
  QByteArray target;  ///< origin form, as sent: "/api/v1/points?limit=10"
  bool isHttp11 = true;
  bool keepAlive = true;
  QList<std::pair<QByteArray, QByteArray>> fields;  ///< names in lower case, values trimmed
  QByteArray body;

  /// The first value of a field (name in lower case); null when there is none.
  QByteArray field(const char *name) const;
  /// How often a field was sent.
  int count(const char *name) const;
  /// Whether a comma-separated field holds this token, in any case of letters.
  bool hasToken(const char *name, const char *token) const;
  /// The client asks for a WebSocket, well or badly.
  bool wantsWebSocket() const;
};

}  // namespace tagwire::ws
