// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QByteArrayList>
#include <QList>

#include <utility>

namespace tagwire::ws {

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
