// SPDX-License-Identifier: Apache-2.0
#include "notices.h"

#include <QJsonDocument>
#include <QJsonObject>

#include "protocols/omloxmessage.h"

namespace tagwire::ws {

QByteArray authenticated(ProtocolKind kind, Time now) {
  switch (kind) {
    case ProtocolKind::Live:
      return "{\"op\":\"authenticated\"}";
    case ProtocolKind::RtlsManager:
    case ProtocolKind::RtlsEvents:
    case ProtocolKind::Omlox:
      return {};
    case ProtocolKind::Rooms:
      return "{\"type\":\"authenticated\",\"data\":{},\"timestamp\":\"" + toIso(now, 0).toLatin1() + "\"}";
    default:
      return "{\"type\":\"authenticated\"}";
  }
}

QByteArray complaint(ProtocolKind kind, const QString &text, Time now) {
  const QString type = QStringLiteral("type");
  const QString message = QStringLiteral("message");
  QJsonObject json;
  switch (kind) {
    case ProtocolKind::Live:
      json = {{QStringLiteral("op"), QStringLiteral("error")}, {message, text}};
      break;
    case ProtocolKind::RtlsManager:
    case ProtocolKind::RtlsEvents:
      json = {{type, QStringLiteral("response")},
              {QStringLiteral("reqid"), QString()},
              {QStringLiteral("response"), QStringLiteral("Unknown")},
              {message, text}};
      break;
    case ProtocolKind::Rooms:
      json = {{type, QStringLiteral("error")},
              {QStringLiteral("data"), QJsonObject{{message, text}}},
              {QStringLiteral("timestamp"), toIso(now, 0)}};
      break;
    case ProtocolKind::Omlox:
      return omloxError(omloxInvalidData, text);
    default:
      json = {{type, QStringLiteral("error")}, {message, text}};
      break;
  }
  return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

std::optional<QString> credentialIn(ProtocolKind kind, const QJsonObject &message) {
  const bool isOmlox = kind == ProtocolKind::Omlox;
  const QJsonValue token = isOmlox ? QJsonValue(message)[u"params"][u"token"] : message.value(u"access_token");
  const QLatin1String type(kind == ProtocolKind::Live ? "op" : "type");
  if (!token.isString() || (!isOmlox && message.value(type) != QLatin1String("auth"))) return std::nullopt;
  return token.toString();
}

QByteArray parting(ProtocolKind kind, quint16 code, const QString &reason) {
  if (kind != ProtocolKind::Omlox) return {};
  return omloxError(code == 4401 ? omloxNotAuthenticated : omloxNotAuthorized, reason);
}

}  // namespace tagwire::ws
