// SPDX-License-Identifier: Apache-2.0
#include "remote/remotetrouble.h"

#include <QRegularExpression>

#include "remote/remotemessage.h"

namespace tagwire::rtls {

namespace {

constexpr auto wrongToken = "the token is not taken: have one made there, and put it where `token` refers to";
constexpr auto missingRight =
    "the token lacks a permission: events:read, or positions:read of each tag (which `positions` needs)";

/// What to do about a close code or an HTTP status; empty when there is nothing to say beyond it.
QString advice(int code) {
  switch (code) {
    case 401:
      return QStringLiteral("a token is due: have one made there, and name it in `token`");
    case 4401:
      return QLatin1String(wrongToken);
    case 403:
      return QStringLiteral("either %1; or %2").arg(QLatin1String(wrongToken), QLatin1String(missingRight));
    case 4403:
      return QLatin1String(missingRight);
    case 404:
      return QStringLiteral("there is no such path: look at the path of `endpoint`");
    case 429:
    case 503:
    case 1013:
      return QStringLiteral("the other site has too many clients, or is too busy");
    case 1000:
      return QStringLiteral("the other site ended the stream");
    case 1001:
      return QStringLiteral("the other site is going down");
    case 1008:
      return QStringLiteral("look at the manager's name in `endpoint`: GET /api/v1/rtls/managers lists them there");
    case 1009:
      return QStringLiteral("it does not take requests as long as ours (48 KiB at most): ask for fewer `tags`");
    case 4408:
      return QStringLiteral("our answer to its heartbeat came too late: this machine or the network is too slow");
    default:
      return {};
  }
}

QString joined(const QString &what, const QString &advice) {
  return advice.isEmpty() ? what : what + QStringLiteral("; ") + advice;
}

}  // namespace

QString troubleText(const RemoteEnd &end) {
  if (!end.certificate.isEmpty()) {
    return QStringLiteral("its certificate is not trusted: %1; name its authority's certificate in `ca`")
        .arg(printable(end.certificate));
  }
  if (end.wasOpen && end.closeCode != 0) {
    const QString reason = end.closeReason.isEmpty() ? QString() : u' ' + printable(end.closeReason);
    return joined(QStringLiteral("closed with %1%2").arg(end.closeCode).arg(reason), advice(end.closeCode));
  }
  static const QRegularExpression status(QStringLiteral("http status code: (\\d{3})"));
  const auto match = status.match(end.error);
  if (!match.hasMatch()) return printable(end.error);
  return joined(QStringLiteral("refused with HTTP status %1").arg(match.captured(1)),
                advice(match.captured(1).toInt()));
}

}  // namespace tagwire::rtls
