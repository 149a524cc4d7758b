// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QJsonDocument>
#include <QString>

#include <functional>
#include <utility>

#include "http/request.h"
#include "timestamp.h"

namespace tagwire::ws {

/// An answer to a request. Plain value.
struct Response {
  int status = 200;
  QByteArray contentType;
  QByteArray body;
  QList<std::pair<QByteArray, QByteArray>> fields = {};

  static Response json(int status, const QJsonDocument &document);
  /// The head and, unless it answers HEAD, the body.
  QByteArray encode(bool keepAlive, bool isHead, Time now) const;
  /// Head and beginning of an answer that goes on until the connection ends.
  QByteArray encodeStream(Time now) const;

 private:
  QByteArray head(Time now) const;
};

/// Takes the one answer to a request, now or later; after the client left it does nothing. Copyable.
using Answer = std::function<void(Response)>;

/// What went wrong before a request could be answered properly. Plain value.
struct Refusal {
  int status = 400;
  QString text;
  QList<std::pair<QByteArray, QByteArray>> fields = {};
};

/// {"success":false,"error":…,"timestamp":…} (R4-11)
Response errorResponse(int status, const QString &text, Time now);
Response errorResponse(const Refusal &refusal, Time now);

/// "Not Found"
QByteArray reasonPhrase(int status);

}  // namespace tagwire::ws
