// SPDX-License-Identifier: Apache-2.0
#include "response.h"

#include <QDateTime>
#include <QJsonObject>
#include <QLocale>

#include <algorithm>

namespace tagwire::ws {

namespace {

QByteArray httpDate(Time now) {
  const auto moment = QDateTime::fromMSecsSinceEpoch(toMilliseconds(now), Qt::UTC);
  return QLocale::c().toString(moment, QStringLiteral("ddd, dd MMM yyyy HH:mm:ss 'GMT'")).toLatin1();
}

}  // namespace

Response Response::json(int status, const QJsonDocument &document) {
  return {status, "application/json", document.toJson(QJsonDocument::Compact)};
}

QByteArray Response::head(Time now) const {
  QByteArray head =
      "HTTP/1.1 " + QByteArray::number(status) + ' ' + reasonPhrase(status) + "\r\nDate: " + httpDate(now);
  if (!contentType.isEmpty()) head += "\r\nContent-Type: " + contentType;
  head += "\r\nX-Content-Type-Options: nosniff\r\n";
  const bool mayBeKept = std::ranges::any_of(fields, [](const auto &field) { return field.first == "Cache-Control"; });
  if (!mayBeKept) head += "Cache-Control: no-store\r\n";
  for (const auto &[name, value] : fields) head += name + ": " + value + "\r\n";
  return head;
}

QByteArray Response::encode(bool keepAlive, bool isHead, Time now) const {
  QByteArray bytes = head(now);
  bytes.reserve(bytes.size() + 64 + (isHead ? 0 : body.size()));
  if (status != 204 && status != 304) bytes += "Content-Length: " + QByteArray::number(body.size()) + "\r\n";
  bytes += keepAlive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (!isHead) bytes += body;
  return bytes;
}

QByteArray Response::encodeStream(Time now) const { return head(now) + "Connection: close\r\n\r\n" + body; }

Response errorResponse(int status, const QString &text, Time now) {
  return Response::json(status, QJsonDocument(QJsonObject{{QStringLiteral("success"), false},
                                                          {QStringLiteral("error"), text},
                                                          {QStringLiteral("timestamp"), toIso(now)}}));
}

Response errorResponse(const Refusal &refusal, Time now) {
  Response response = errorResponse(refusal.status, refusal.text, now);
  response.fields = refusal.fields;
  return response;
}

QByteArray reasonPhrase(int status) {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

}  // namespace tagwire::ws
