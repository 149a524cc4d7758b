// SPDX-License-Identifier: Apache-2.0
#include "fixline.h"

#include <QJsonDocument>

namespace tagwire::rtls {

Result<IncomingFix> fixFromLine(const QByteArray &line, const QTimeZone &zone) {
  const auto message = parseMessage(line);
  if (!message) return failure(message.error());
  const QJsonValue type = message->value(QLatin1String("type"));
  if (!type.isUndefined() && type != QLatin1String("GISData")) {
    return failure(QStringLiteral("type must be \"GISData\", or left out"));
  }
  return fixFromJson(*message, zone);
}

QByteArray refusalLine(const QString &reason) {
  const QJsonObject answer{{QStringLiteral("type"), QStringLiteral("response")},
                           {QStringLiteral("reqid"), QString()},
                           {QStringLiteral("response"), QStringLiteral("Unknown")},
                           {QStringLiteral("message"), reason}};
  return QJsonDocument(answer).toJson(QJsonDocument::Compact) + '\n';
}

}  // namespace tagwire::rtls
